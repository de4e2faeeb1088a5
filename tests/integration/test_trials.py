"""Trials from posts to the register and back: on both databases, against a register over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from newsletter.config import load
from newsletter.errors import UsageError
from newsletter.model.post import Change, Revision, Weight
from newsletter.model.trial import Attention, ChangeKind
from newsletter.model.trial import Register as Name
from newsletter.pipeline import trials as use_case
from newsletter.pipeline.context import Context
from newsletter.pipeline.trial_lines import (
    changes_since,
    line_of,
    lines_for,
    posts_behind,
    sight_of,
)
from newsletter.pipeline.trials import TrialsReport, check_trials
from newsletter.store import posts
from newsletter.store import trial_records as records
from newsletter.store import trials as store
from newsletter.store.engine import Database
from newsletter.store.trial_tables import trial_record
from newsletter.wiring import fetch_page
from tests.delivery_desk import MovableClock
from tests.integration.store import blog
from tests.register import Register, register_serving, site, study

LINK = '<p>See <a href="https://clinicaltrials.gov/ct2/show/{}">this page</a>.</p>'
ONE, TWO = "NCT00000001", "NCT00000002"
DAY = timedelta(days=1)

SETTINGS = """
[newsletter]
title = "News"
sender = "A <a@example.org>"
website = "https://blog.example.org"
public_url = "https://news.example.org"
timezone = "Europe/London"
[[feeds]]
url = "https://blog.example.org/feed/"
[trials]
base_url = "{url}"
"""


@pytest.fixture
def register() -> Iterator[Register]:
    """A register that knows one study."""
    with register_serving() as found:
        found.keep(study(ONE))
        yield found


class Room:
    """A database with posts, and a register to ask."""

    def __init__(self, database: Database, register: Register, folder: Path) -> None:
        file = folder / "newsletter.toml"
        file.write_text(SETTINGS.format(url=register.url), encoding="utf-8")
        self.clock = MovableClock()
        self.database = database
        self.register = register
        self.context = Context(
            settings=load(file, {}),
            database=database,
            open_transport=_never,
            now=self.clock.now,
            pause=self.clock.move,
            fetch=_never,
            tell=_never,
            progress=_never,
            lists=_never,
            ask_register=lambda url, validators: fetch_page(url, validators, seconds=2),
        )

    def post(self, number: int, *trials: str, published: datetime | None = None) -> int:
        """Adds a post that links to these trials."""
        html = "".join(LINK.format(trial) for trial in trials)
        with self.database.begin() as connection:
            return blog.post(
                connection, number, published=published or self.clock.now(),
                revision=_text(html), now=self.clock.now(),
            )  # fmt: skip

    def revise(self, post_id: int, *trials: str) -> None:
        """Gives a post a new text with these trials."""
        html = "".join(LINK.format(trial) for trial in trials)
        with self.database.begin() as connection:
            number = len(posts.history(connection, post_id)) + 1
            posts.add_revision(
                connection, post_id, _text(html), Change(weight=Weight.MAJOR),
                now=self.clock.now(), number=number,
            )  # fmt: skip

    def check(self, *, anew: bool = True) -> TrialsReport:
        """Searches and asks."""
        return check_trials(self.context, anew=anew)

    def attention(self) -> dict[str, str]:
        """Every known trial with what it is for the admin."""
        with self.database.read() as connection:
            return {each.trial.number: each.attention.value for each in store.listed(connection)}

    def changes(self, since: datetime, *, unattended: bool = False) -> Any:
        """The news since then."""
        with self.database.read() as connection:
            return changes_since(connection, since, self.sight, unattended=unattended)

    def lines(self, *post_ids: int) -> dict[int, list[str]]:
        """The lines of posts."""
        with self.database.read() as connection:
            found = lines_for(connection, post_ids, self.sight)
        return {
            key: [line.text.replace("\u00a0", " ") for line in lines]
            for key, lines in found.items()
        }

    @property
    def sight(self) -> Any:
        """How lines are looked at now."""
        return sight_of(self.context.settings, self.clock.now())

    def update(self, *studies: dict[str, Any]) -> None:
        """A day later the register says this."""
        self.clock.move(DAY.total_seconds())
        self.register.keep(*studies, timestamp=f"{self.clock.now():%Y-%m-%dT09:00:00}")


def _never(*_: object, **__: object) -> Any:
    raise AssertionError("nothing but the database and the register is used")


def _text(html: str) -> Revision:
    return Revision(title="A title", html=html, text=html, text_hash=str(hash(html))[:64])


@pytest.fixture
def room(database: Database, register: Register, tmp_path: Path) -> Room:
    return Room(database, register, tmp_path)


def day_of(moment: datetime) -> str:
    """A day in words."""
    return f"{moment.day} {moment:%B %Y}"


def records_kept(room: Room) -> int:
    """How many versions of records there are."""
    with room.database.read() as connection:
        return connection.execute(select(func.count()).select_from(trial_record)).scalar_one()


def test_a_post_about_a_trial_proposes_it_and_a_list_only_mentions_its_trials(room: Room) -> None:
    """At most three are what a post is about; a later post may be about one of the list."""
    room.post(1, ONE, TWO, "NCT00000003")
    room.post(2, *(f"NCT0000010{number}" for number in range(4)))
    report = room.check()
    assert [trial.number for trial in report.found][:3] == [ONE, TWO, "NCT00000003"]
    found = room.attention()
    assert {found[each] for each in (ONE, TWO, "NCT00000003")} == {"proposed"}
    assert {found[f"NCT0000010{number}"] for number in range(4)} == {"mentioned"}
    room.post(3, "NCT00000101")
    room.check()
    assert room.attention()["NCT00000101"] == "proposed"


def test_what_the_admin_decided_stays(room: Room) -> None:
    """However often posts mention the trial."""
    room.post(1, ONE)
    room.check()
    use_case.set_attention(room.context, ["nct 00000001"], Attention.MUTED)
    post = room.post(2, ONE)
    room.revise(post, ONE, TWO)
    room.check()
    assert room.attention() == {ONE: "muted", TWO: "proposed"}
    use_case.set_attention(room.context, [ONE], Attention.FOLLOWED)
    room.post(3, ONE, *(f"NCT0000010{number}" for number in range(4)))
    room.check()
    assert room.attention()[ONE] == "followed"


def test_the_first_record_is_a_baseline_and_the_next_a_change(room: Room) -> None:
    """Nothing is asked while the register's data are the same, and nothing is kept twice."""
    room.post(1, ONE)
    first = room.check()
    assert (first.status, first.answered, first.changed) == ("ok", 1, ())
    again = room.check()
    assert (again.status, again.asked) == ("unchanged", 0)
    assert room.register.calls == ["/version", "/studies", "/version"]
    room.update(study(ONE, "COMPLETED"))
    changed = room.check().changed
    assert [each.trial.number for each in changed] == [ONE]
    assert [each.kind for each in changed[0].changes] == [ChangeKind.STATUS]
    room.update()
    assert room.check().changed == ()
    assert records_kept(room) == 2


def test_a_timer_that_calls_often_leaves_the_register_alone(room: Room) -> None:
    """For an hour, unless a post brought a trial that was never asked for."""
    room.post(1, ONE)
    room.check(anew=False)
    assert room.check(anew=False).status == "recent"
    room.post(2, TWO)
    assert room.check(anew=False).missing[0].number == TWO
    room.clock.move(3601)
    assert room.check(anew=False).status == "unchanged"


def test_a_register_that_is_down_changes_nothing_but_the_report(room: Room) -> None:
    """What was known stays; the line says since when, once that is long ago."""
    post = room.post(1, ONE)
    room.check()
    room.register.fault = "down"
    room.clock.move(DAY.total_seconds())
    report = room.check()
    assert (report.status, report.waiting) == ("failed", 1)
    said = "ClinicalTrials.gov has trouble on its own side (HTTP 503). Nothing is lost"
    assert report.warnings == (f"{said}: it is asked again at the next run.",)
    day = f"{day_of(room.clock.now() - DAY)}"
    assert room.lines(post)[post][0].endswith(f"; checked {day}.")
    room.clock.move(10 * DAY.total_seconds())
    room.check()
    assert room.lines(post)[post][0].endswith(f"; register not reached since {day}.")
    with room.database.read() as connection:
        assert store.state(connection, Name.CTGOV).failures == 2
    room.register.fault = ""
    room.check()
    assert room.lines(post)[post][0].endswith(f"; checked {day_of(room.clock.now())}.")
    with room.database.read() as connection:
        assert store.state(connection, Name.CTGOV).failures == 0


def test_the_same_data_are_as_fresh_as_the_last_time_the_register_said_so(room: Room) -> None:
    """A check that found nothing new is a check."""
    post = room.post(1, ONE)
    room.check()
    room.clock.move(30 * DAY.total_seconds())
    room.check()
    assert f"checked {day_of(room.clock.now())}" in room.lines(post)[post][0]


def test_what_was_learned_before_the_register_failed_is_kept(room: Room) -> None:
    """The next check asks only for the rest."""
    numbers = [f"NCT{number:08d}" for number in range(1, 151)]
    room.register.keep(*(study(number) for number in numbers))
    room.post(1, *numbers)
    room.register.fault, room.register.faults_after = "page", 2
    report = room.check()
    assert (report.status, report.answered, report.waiting) == ("failed", 100, 50)
    room.register.fault = ""
    assert (room.check().asked, records_kept(room)) == (50, 150)


def test_a_number_without_an_entry_is_asked_for_once_a_month(room: Room) -> None:
    """And its line says that none was found."""
    post = room.post(1, TWO)
    assert [trial.number for trial in room.check().missing] == [TWO]
    assert "No entry of this number was found" in room.lines(post)[post][0]
    room.update(study(ONE))
    assert room.check().asked == 0
    room.clock.move(31 * DAY.total_seconds())
    room.update(study(TWO))
    assert room.check().answered == 1
    assert ": Recruiting." in room.lines(post)[post][0]


def test_news_is_of_followed_trials_only_and_waits_for_approval(room: Room) -> None:
    """An approval is of what was there; the next change needs another one."""
    room.post(1, ONE)
    room.check()
    start = room.clock.now()
    room.update(study(ONE, "SUSPENDED", whyStopped="No drug"))
    room.check()
    assert room.changes(start) == ()
    use_case.set_attention(room.context, [ONE], Attention.FOLLOWED)
    told = room.changes(start)[0]
    assert told.summary == (
        "Status in the register: was Recruiting, is listed as Suspended (may start again)."
        " Reason given by the sponsor in ClinicalTrials.gov: “No drug”."
    )
    assert (told.approved, told.posts) == (False, (1,))
    assert room.changes(start, unattended=True)[0].approved
    use_case.approve(room.context, [ONE])
    assert room.changes(start)[0].approved
    room.update(study(ONE, "TERMINATED", whyStopped="No drug"))
    room.check()
    assert not room.changes(start)[0].approved


def test_news_is_against_what_readers_were_told_last(room: Room) -> None:
    """Two changes are one; what was changed back is none; what was told is over."""
    use_case.set_attention(room.context, [ONE], Attention.FOLLOWED)
    room.check()
    start = room.clock.now()
    room.update(study(ONE, "SUSPENDED"))
    room.check()
    room.update(study(ONE, "COMPLETED"))
    room.check()
    assert "was Recruiting, is listed as Completed" in room.changes(start)[0].summary
    assert room.changes(room.clock.now()) == ()
    room.update(study(ONE, updated="2026-11-20"))
    room.check()
    assert room.changes(start) == ()


def test_details_alone_are_no_news_but_are_there(room: Room) -> None:
    """Under register details, for whoever wants them."""
    use_case.set_attention(room.context, [ONE], Attention.FOLLOWED)
    room.check()
    start = room.clock.now()
    room.update(study(ONE, completionDateStruct={"date": "2027-05"}))
    room.check()
    told = room.changes(start)[0]
    assert told.changes == ()
    assert [detail.text for detail in told.details] == [
        "End: was not given, is listed as May 2027."
    ]


def test_sites_of_a_trial_come_through_the_store(room: Room) -> None:
    """A record is the same when it is read back."""
    use_case.set_attention(room.context, [ONE], Attention.FOLLOWED)
    room.check()
    start = room.clock.now()
    room.update(
        study(ONE, sites=[site("Malmö", "Sweden", "RECRUITING")], others=["2017-000369-54"])
    )
    room.check()
    assert room.changes(start)[0].summary == "Sites newly listed as open: Malmö (Sweden)."
    with room.database.read() as connection:
        known = store.listed(connection)[0]
        newest = records.newest(connection, [known.id])[known.id].record
    assert newest.same_as == ("2017-000369-54",)
    assert newest.sites[0].status == "RECRUITING"


def test_two_numbers_of_one_study_are_one_line_and_one_piece_of_news(room: Room) -> None:
    """The number that was given up, and the one that took its place."""
    room.register.keep(study(ONE, aliases=[TWO]))
    post = room.post(1, TWO, ONE)
    room.check()
    assert [line.split(":")[0] for line in room.lines(post)[post]] == [
        f"ClinicalTrials.gov ({TWO}, listed as {ONE})"
    ]
    use_case.set_attention(room.context, [ONE, TWO], Attention.FOLLOWED)
    start = room.clock.now()
    room.update(study(ONE, "COMPLETED", aliases=[TWO]))
    room.check()
    assert len(room.changes(start)) == 1


def test_every_trial_of_a_post_has_its_line_in_the_order_of_the_text(room: Room) -> None:
    """Also those of registers that are not asked; posts without trials have none."""
    first, none = room.post(1, "ISRCTN70039829", ONE), room.post(2)
    room.check()
    lines = room.lines(first, none)
    assert list(lines) == [first]
    assert [line.split(" (")[0] for line in lines[first]] == [
        "ISRCTN registry",
        "ClinicalTrials.gov",
    ]


def test_a_post_that_no_longer_mentions_a_trial_loses_its_line(room: Room) -> None:
    """And the register is no longer asked for it, unless it is followed."""
    post = room.post(1, ONE)
    room.check()
    room.revise(post, TWO)
    room.update(study(TWO))
    report = room.check()
    assert report.asked == 1
    assert [line.split(":")[0] for line in room.lines(post)[post]] == [
        f"ClinicalTrials.gov ({TWO})"
    ]


def test_posts_that_say_less_than_the_register_are_found(room: Room) -> None:
    """Until the author edits them."""
    post = room.post(1, ONE, published=datetime.fromisoformat("2019-01-16T09:00:00+00:00"))
    room.post(2, ONE)
    done = {"date": "2022-09-01", "type": "ACTUAL"}
    room.register.keep(study(ONE, "COMPLETED", updated="2022-11-08", completionDateStruct=done))
    room.check()
    with room.database.read() as connection:
        behind = posts_behind(connection, room.sight)
    assert [(each.post_id, each.text) for each in behind] == [
        (post, "published 2019; register: Completed since 2022")
    ]
    room.clock.move(1)
    room.revise(post, ONE)
    with room.database.read() as connection:
        assert posts_behind(connection, room.sight) == ()


def test_a_number_of_no_register_is_refused(room: Room) -> None:
    """Before anything is written."""
    with pytest.raises(UsageError, match="'NCT1'"):
        use_case.set_attention(room.context, [ONE, "NCT1"], Attention.FOLLOWED)
    assert room.attention() == {}
    with pytest.raises(UsageError, match="Nothing is known"):
        use_case.approve(room.context, [ONE])


def test_without_a_register_to_ask_posts_are_searched_all_the_same(
    database: Database, register: Register, tmp_path: Path
) -> None:
    """The line says that the entry is not read."""
    room = Room(database, register, tmp_path)
    post = room.post(1, ONE)
    report = check_trials(replace(room.context, ask_register=None))
    assert (report.status, register.calls) == ("off", [])
    assert room.lines(post)[post][0].endswith("The register was not reached yet; see its entry.")
    with database.read() as connection:
        assert line_of(connection, store.listed(connection)[0], room.sight).stale is False
