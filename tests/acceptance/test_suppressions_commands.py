"""`newsletter suppressions` as the admin meets it, with SendGrid's stand-in for `sync`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import StandIn, serve
from tests.acceptance.runner import WEEK_2, Desk, Done
from tests.acceptance.terminal import on_a_terminal

NOW = datetime.fromisoformat(WEEK_2)
SECRET = "a secret of the tests, long enough for anything"
ANN, BOB, STRANGER = "ann@example.org", "bob@example.org", "stranger@example.org"
FEEDS = ["https://blog.example.org/feed/atom/"]


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    with serve(tmp_path / "records", Rules(), NOW.timestamp) as running:
        yield running


class Office(Desk):
    """A desk with a secret and a key, at which `suppressions` is called."""

    def settle(self, standin_url: str) -> None:
        """Writes the settings, and adds Ann and Bob."""
        self.now = WEEK_2
        more = (
            '[delivery]\nunsubscribe = "sendgrid"\n'
            f'[delivery.sendgrid]\nbase_url = "{standin_url}"\n'
        )
        self.settings(FEEDS, more=more)
        env = f"SENDGRID_API_KEY={KEY}\nNEWSLETTER_SECRET_KEY={SECRET}\n"
        (self.folder / ".env").write_text(env, encoding="utf-8")
        (self.folder / ".env").chmod(0o600)
        self.people(ANN, BOB)

    def do(self, *arguments: str, code: int = 0, **variables: str) -> Done:
        """Calls `suppressions …`, which must end with this code."""
        done = self.call("suppressions", *arguments, **variables)
        assert done.code == code, done
        return done

    def answer(self, *arguments: str, code: int = 0, **variables: str) -> Any:
        """The document of the same with `--json`; nothing else is printed."""
        done = self.do(*arguments, "--json", code=code, **variables)
        assert done.err == ""
        return done.document

    def status(self, address: str) -> str:
        """How the person's subscription stands."""
        shown = self.call("subscribers", "show", address, "--json").document
        return str(shown["subscriber"]["status"])


@pytest.fixture
def office(tmp_path: Path, standin: StandIn) -> Office:
    (tmp_path / "office").mkdir()
    made = Office(tmp_path / "office")
    made.settle(standin.url)
    return made


def enter(standin: StandIn, name: str, *emails: str) -> None:
    at = (NOW - timedelta(days=3)).timestamp()
    standin.service.book.suppressed.add(name, emails, at, "550 5.1.1 no such user")


# ---- by hand ---------------------------------------------------------------------------------


def test_an_address_is_suppressed_listed_and_let_go(office: Office) -> None:
    assert office.do("list").out == "No address is suppressed.\n"
    assert "no edition reaches it" in office.do("add", "Ann@Example.org", "--note", "asked").out
    assert office.answer("add", ANN) == {"address": ANN, "changed": False, "reason": "manual"}
    assert "was suppressed before (manual" in office.do("add", ANN).out
    (line,) = office.answer("list")
    assert line["since"].startswith("2026-11-16T08:00:0")
    assert line == {
        "id": line["id"], "address": ANN, "reason": "manual", "since": line["since"],
        "note": "asked",
    }  # fmt: skip
    assert office.do("list").out.splitlines() == [
        f"{ANN}  manual        2026-11-16  asked",
        "1 address in all",
    ]
    done = office.do("remove", ANN)
    assert done.out == f"{ANN} is no longer suppressed (it was: manual).\n"
    assert office.answer("list") == []


def test_a_long_list_is_turned_over_page_by_page_and_by_reason(
    office: Office, standin: StandIn
) -> None:
    for number in range(3):
        office.do("add", f"by.hand{number}@example.org")
    enter(standin, "bounces", STRANGER)
    office.do("sync")
    first = office.do("list", "--limit", "2").out.splitlines()
    assert first[-1] == "4 addresses in all; go on with --after 2"
    rest = office.answer("list", "--after", "2")
    assert [each["address"] for each in rest] == ["by.hand2@example.org", STRANGER]
    bounced = office.answer("list", "--reason", "hard_bounce")
    assert [each["address"] for each in bounced] == [STRANGER]
    assert bounced[0]["note"] == "SendGrid: bounces: 550 5.1.1 no such user"


def test_an_erased_address_is_not_shown_and_stays_erased(office: Office) -> None:
    office.call("subscribers", "erase", ANN, "--yes")
    assert [(each["address"], each["reason"]) for each in office.answer("list")] == [
        (None, "erased")
    ]
    assert office.do("list").out.startswith("(erased)  erased")
    assert office.answer("add", ANN)["changed"] is False
    refused = office.do("remove", ANN, "--yes", code=1)
    assert "was erased" in refused.err
    assert "confirming again" in refused.err


@pytest.mark.parametrize(
    ("name", "said"), [("spam_reports", "reported as spam"), ("unsubscribes", "unsubscribed")]
)
def test_what_a_person_did_is_undone_only_when_she_asked(
    office: Office, standin: StandIn, name: str, said: str
) -> None:
    enter(standin, name, STRANGER)
    office.do("sync")
    refused = office.do("remove", STRANGER, code=2)
    assert said in refused.err
    assert "--yes" in refused.err
    error = office.answer("remove", STRANGER, code=2)["error"]
    assert error["code"] == "usage"
    environment = {"NEWSLETTER_NOW": WEEK_2, "COLUMNS": "200"}
    arguments = ("suppressions", "remove", STRANGER)
    told, code = on_a_terminal(office.folder, "n\n", *arguments, **environment)
    assert "Did the person ask" in told
    assert code != 0
    assert len(office.answer("list")) == 1
    answers = "y\nby phone\n" if name == "spam_reports" else "y\n"
    told, code = on_a_terminal(office.folder, answers, *arguments, **environment)
    assert code == 0
    assert "Delete it there, too: Suppressions >" in told
    assert office.answer("list") == []
    office.do("sync", "--all")
    assert office.answer("remove", STRANGER, "--yes", "--reason", "by mail")["changed"] is True


def test_after_a_report_of_spam_a_reason_is_asked_for_and_kept(
    office: Office, standin: StandIn
) -> None:
    enter(standin, "spam_reports", ANN)
    office.do("sync")
    refused = office.do("remove", ANN, "--yes", code=2)
    assert "--reason" in refused.err
    assert len(office.answer("list")) == 1
    office.do("remove", ANN, "--yes", "--reason", "by phone, 3 May")
    told = office.call("subscribers", "show", ANN).out
    assert "suppression lifted: complaint" in told
    assert "by phone, 3 May" in told


def test_removing_says_what_is_still_in_the_way(office: Office, standin: StandIn) -> None:
    enter(standin, "bounces", ANN)
    enter(standin, "unsubscribes", ANN)
    office.do("sync")
    told = office.do("remove", ANN).out
    assert "Its subscription stays unsubscribed" in told
    assert "Suppressions > Bounces, or Invalid." in told
    office.do("add", STRANGER)
    assert "not on the list of subscribers" in office.do("remove", STRANGER).out


# ---- from SendGrid ---------------------------------------------------------------------------


def test_sync_takes_over_what_happened_and_says_it_plainly(
    office: Office, standin: StandIn
) -> None:
    enter(standin, "unsubscribes", ANN)
    enter(standin, "bounces", BOB, STRANGER)
    enter(standin, "blocks", STRANGER)
    assert office.do("sync").out.splitlines() == [
        "SendGrid's lists, as far as they are new since the last time:",
        "  bounces         2 read: 2 suppressed",
        "  blocks          1 read: 1 ignored",
        "  spam reports    nothing",
        "  invalid emails  nothing",
        "  unsubscribes    1 read: 1 unsubscribed",
        "1 person left the list; 2 more addresses get no mail from now on.",
    ]
    assert (office.status(ANN), office.status(BOB)) == ("unsubscribed", "active")
    assert "must not be written to: hard bounce" in office.call("subscribers", "show", BOB).out
    office.do("sync")
    assert office.do("sync").out.splitlines()[-1] == "Nothing has changed."


def test_sync_in_json_is_the_contract(office: Office, standin: StandIn) -> None:
    enter(standin, "unsubscribes", ANN, STRANGER)
    office.do("sync")
    document = office.answer("sync", "--all")
    assert [each["name"] for each in document["lists"]] == [
        "bounces", "blocks", "spam_reports", "invalid_emails", "unsubscribes",
    ]  # fmt: skip
    assert document["lists"][-1] == {
        "name": "unsubscribes", "read": 2, "suppressed": 0, "unsubscribed": 0, "known": 2,
        "ignored": 0,
    }  # fmt: skip
    assert set(document["lists"][0]) == set(document["lists"][-1])
    assert set(document) == {"lists"}


def test_who_joined_again_stays_and_the_admin_hears_what_is_left_to_do(
    office: Office, standin: StandIn
) -> None:
    enter(standin, "unsubscribes", "cid@example.org")
    office.call("subscribers", "add", "cid@example.org")
    told = office.do("sync").out
    assert "1 person joined again" in told
    assert "Suppressions > Global Unsubscribes" in told
    assert office.status("cid@example.org") == "active"


def test_without_a_key_or_with_a_wrong_one_the_mend_is_told(office: Office) -> None:
    wrong = office.do("sync", code=1, SENDGRID_API_KEY="SG.another")
    assert "does not accept the key" in wrong.err
    assert "suppression.read" in wrong.err
    assert "SG.another" not in wrong.said
    (office.folder / ".env").unlink()
    error = office.answer("sync", code=2)["error"]
    assert error["code"] == "settings"
    assert "SENDGRID_API_KEY is not set" in error["message"]


def test_a_rehearsed_clock_never_meets_the_real_sendgrid(office: Office) -> None:
    """Else the lists would count as read up to a day that has not come."""
    refused = office.do(
        "sync", code=2, NEWSLETTER_DELIVERY__SENDGRID__BASE_URL="https://sendgrid.example"
    )
    assert "NEWSLETTER_NOW" in refused.err


def test_a_lost_key_of_erased_addresses_is_told(office: Office, standin: StandIn) -> None:
    office.call("subscribers", "erase", ANN, "--yes")
    enter(standin, "bounces", ANN)
    lost = office.do("sync", code=2, NEWSLETTER_SECRET_KEY="b" * 50)
    assert "secret key" in lost.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("remove", ANN), "is not suppressed"),
        (("remove", "ann"), "must have an @-sign"),
        (("add", "ann"), "must have an @-sign"),
        (("list", "--reason", "boredom"), "hard_bounce"),
    ],
)
def test_wrong_use_is_told_in_words(office: Office, arguments: tuple[str, ...], said: str) -> None:
    assert said in office.do(*arguments, code=2).err
    error = office.answer(*arguments, code=2)["error"]
    assert set(error) == {"code", "message", "mend"}


@pytest.mark.parametrize("name", ["list", "add", "remove", "sync"])
def test_every_command_has_an_example(office: Office, name: str) -> None:
    told = " ".join(office.do(name, "--help").out.split())
    assert f"Example: newsletter suppressions {name}" in told


def test_sync_tells_sendgrid_where_it_is_asked_to(office: Office, standin: StandIn) -> None:
    """And says how many, never who."""
    office.do("add", STRANGER)
    office.call("subscribers", "unsubscribe", ANN)
    assert "SendGrid was told" not in office.do("sync").out
    said = office.do("sync", "--push").out
    assert "SendGrid was told of 2 addresses more that must not be mailed." in said
    assert "@" not in said
    office.do("remove", STRANGER)
    assert office.answer("sync", "--push")["pushed"] == {"told": 0, "refused": 0, "taken_back": 1}
    assert standin.service.book.suppressed.reason(ANN) == "Unsubscribed Address"
    assert standin.service.book.suppressed.reason(STRANGER) == ""
