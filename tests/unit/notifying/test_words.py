"""What the mails to the admin say."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.model.delivery import Outcome, Recipients
from newsletter.model.edition import Channel, Edition, EditionState, Period
from newsletter.model.notice import MOST_TRIES, NoticeKind, NoticeRecord, NoticeState
from newsletter.pipeline.collect import FeedReport
from newsletter.pipeline.notifying.telling import parts_of
from newsletter.pipeline.notifying.waiting import Waiting
from newsletter.pipeline.notifying.words import (
    alarm_subject,
    failure,
    handover,
    receipt,
    still,
    without_addresses,
)
from newsletter.pipeline.report import Report

TITLE = "A Slow Kind of Luck"
LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 19, 9, 53, tzinfo=UTC)
MOST = Recipients(accepted=26_900, rejected=80, unknown=8, skipped={"hard_bounce": 12})


def edition(state: EditionState = EditionState.SENT) -> Edition:
    return Edition(
        id=1,
        period=Period(key="2026-W47", scheduled_at=NOW, first_day=date(2026, 11, 16)),
        channel=Channel.REAL,
        state=state,
        nonce="0" * 16,
        note="",
        reasons=(),
        checksum="c",
        previewed_checksum="",
        transport="sendgrid",
        sender="",
        public_url="",
        undo_minutes=0,
        composed_at=NOW,
        frozen_at=NOW,
        planned_at=NOW,
        finished_at=NOW,
    )


def report(outcome: Outcome, **given: Any) -> Report:
    return Report(**{"outcome": outcome, "edition": edition(), "recipients": MOST, **given})


def line(outcome: Outcome, **given: Any) -> str | None:
    found = receipt(report(outcome, **given), "2026-W46")
    return found.line if found else None


@pytest.mark.parametrize(
    ("outcome", "given_", "said"),
    [
        (Outcome.SENT, {}, "2026-W47 is out: 26,900 people"),
        (Outcome.SENT, {"recipients": Recipients(accepted=1)}, "2026-W47 is out: 1 person"),
        (
            Outcome.ALREADY_SENT,
            {"recipients": Recipients(accepted=26_900)},
            "2026-W47 is out: 26,900 people",
        ),
        (
            Outcome.ALREADY_SENT,
            {},
            "2026-W47 is out, but not to everybody: 26,900 of 27,000 people",
        ),
        (Outcome.PARTIAL, {}, "2026-W47 is out, but not to everybody: 26,900 of 27,000 people"),
        (Outcome.HELD, {}, "2026-W47 is held, nobody got anything"),
        (Outcome.PAUSED, {}, "2026-W47 is paused: 26,900 of 27,000 people are through"),
        (Outcome.PAUSED, {"edition": edition(EditionState.CANCELLING)},
         "2026-W47 is not taken back completely yet"),
        (Outcome.CONTINUES, {},
         "2026-W47 goes on by itself: 26,900 of 27,000 people are through"),
        (Outcome.NOTHING_NEW, {"edition": None}, "2026-W46: nothing new, so no mail"),
        (Outcome.FAILED, {"edition": None}, "2026-W46 failed, no feed could be read"),
        (Outcome.NOT_DUE, {"edition": None, "reasons": ("Missed.",)},
         "2026-W46 did not go out in its time"),
        (Outcome.NOT_DUE, {"edition": None}, None),
        (Outcome.CANCELLED, {}, None),
        (Outcome.SCHEDULED, {}, None),
        (Outcome.BUSY, {"edition": None}, None),
        (Outcome.DRY_RUN, {}, None),
    ],
)  # fmt: skip
def test_each_end_of_a_run_has_its_line(
    outcome: Outcome, given_: dict[str, Any], said: str | None
) -> None:
    assert line(outcome, **given_) == said


def test_a_receipt_has_the_reasons_the_numbers_and_the_feeds_that_failed() -> None:
    feeds = (
        FeedReport(url="https://one.example/feed", status="ok"),
        FeedReport(url="https://two.example/feed", status="failed", error="It answered 503."),
    )
    found = receipt(
        report(Outcome.PARTIAL, reasons=("Of 8 people nobody knows.",), feeds=feeds, subject="Hi"),
        "",
    )
    assert found is not None
    text = found.text(TITLE)
    assert text.startswith(
        "2026-W47 is out, but not to everybody: 26,900 of 27,000 people (A Slow Kind of Luck)\n\n"
    )
    assert "- Of 8 people nobody knows." in text
    assert "People: 26,900 handed over, 80 refused, 8 of unknown end, 12 hard bounce." in text
    assert "A feed could not be read. https://two.example/feed: It answered 503." in text
    assert "https://one.example/feed" not in text
    assert "Subject of the mail: Hi" in text


def test_what_is_to_be_typed_names_the_edition() -> None:
    mend = "Look with `newsletter preview`, then `newsletter editions approve EDITION`."
    found = receipt(report(Outcome.HELD, reasons=(mend,)), "")
    assert found is not None
    assert (
        "Look with `newsletter preview 2026-W47`, then `newsletter editions approve 2026-W47`."
        in found.text(TITLE)
    )


def thing(outcome: Outcome, *reasons: str) -> str:
    found = receipt(report(outcome, reasons=reasons), "")
    assert found is not None
    return found.thing


def test_the_same_is_the_same_whatever_the_numbers_in_it() -> None:
    """A clock that is 61 s wrong is no other news an hour later, when it is 75 s wrong."""
    assert thing(Outcome.HELD, "It is 61 s behind.") == thing(Outcome.HELD, "It is 7512 s behind.")
    assert thing(Outcome.HELD, "It is 61 s behind.") != thing(Outcome.HELD, "No subscribers.")
    assert thing(Outcome.HELD, "x") != thing(Outcome.PAUSED, "x")
    assert thing(Outcome.PARTIAL, "x") == thing(Outcome.ALREADY_SENT, "x")


def test_the_window_is_told_in_the_newsletter_s_own_time() -> None:
    found = Waiting(
        people=26_988,
        leaves=NOW + timedelta(hours=2),
        cancel_before=NOW + timedelta(hours=1, minutes=50),
    )
    said = handover("2026-W47", "The subject", found, NOW, LONDON)
    assert said.line == "2026-W47: going to 26,988 people at 11:53, stop it until 11:43"
    text = said.text(TITLE)
    assert (
        "Going to 26,988 people at 11:53; stop it until 11:43 with"
        " `newsletter editions cancel 2026-W47`." in text
    )
    assert "Europe/London" in text
    assert "Thursday, 19\u00a0November 2026" in text
    tokyo = handover("2026-W47", "", found, NOW, ZoneInfo("Asia/Tokyo"))
    assert "at 20:53; stop it until 20:43" in tokyo.text(TITLE)
    moved = Waiting(people=1, leaves=found.leaves + timedelta(minutes=1), cancel_before=None)
    assert handover("2026-W47", "", moved, NOW, LONDON).thing != said.thing


def test_another_day_is_named_and_what_is_too_late_is_said() -> None:
    midnight = NOW.replace(hour=23, minute=30)
    found = Waiting(
        people=2,
        leaves=midnight + timedelta(hours=1),
        cancel_before=midnight + timedelta(minutes=50),
    )
    said = handover("2026-W47", "", found, midnight, LONDON)
    assert "at 00:30 on Friday, 20\u00a0November 2026" in said.line
    late = Waiting(people=2, leaves=found.leaves, cancel_before=None)
    assert "it is too late to stop it" in handover("k", "", late, midnight, LONDON).text(TITLE)


def test_the_next_day_it_says_that_it_still_is_so() -> None:
    said = failure("2026-W47", "The disk is full.")
    assert said.daily
    assert "still is" in still(said).text(TITLE)
    assert "The disk is full." in still(said).text(TITLE)


_LOCAL = st.text(string.ascii_letters + string.digits + ".!#$%&'*+-/=?^_`{|}~", min_size=1)
_DOMAIN = st.from_regex(r"[a-z0-9äöü-]{1,12}(\.[a-z0-9-]{1,8}){1,3}", fullmatch=True)
_ADDRESS = st.builds("{}@{}".format, _LOCAL, _DOMAIN)
_WORDS = st.text(string.ascii_letters + " .,:;()<>[]\"'/?=&\n", max_size=30)


@given(address=_ADDRESS, before=_WORDS, after=_WORDS, sign=st.sampled_from(["@", "%40", "＠"]))
def test_no_subscriber_s_address_is_ever_in_a_notice(
    address: str, before: str, after: str, sign: str
) -> None:
    """Whatever a provider's, a feed's or a database's words bring with them."""
    written = address.replace("@", sign)
    reason = f"{before}{written}{after}"
    held = report(Outcome.HELD, reasons=(reason,), subject="")
    failing = FeedReport(url="https://x.example", status="failed", error=reason)
    made = [
        receipt(held, ""),
        receipt(report(Outcome.SENT, feeds=(failing,)), ""),
        failure("2026-W47", reason),
        still(failure("2026-W47", reason)),
    ]
    texts = [message.text(TITLE) for message in made if message is not None]
    assert len(texts) == 4
    alarm = record(kind=NoticeKind.ALARM, text=reason)
    texts += [*parts_of(alarm, TITLE), alarm_subject(reason, TITLE)]
    for text in texts:
        assert written.lower() not in text.lower()
        assert f"{sign}{address.partition('@')[2]}" not in text


def test_addresses_of_pages_stay_as_they_are() -> None:
    for said in (
        "https://medium.example/feed/@somebody: It answered 503.",
        "Run `newsletter editions cancel 2026-W47`.",
        'Type `newsletter editions note 2026-W47 "Dear all"` @ once.',
    ):
        assert without_addresses(said) == said


def record(**changes: Any) -> NoticeRecord:
    values = {
        "id": 1,
        "kind": NoticeKind.RECEIPT,
        "about": "real:2026-W47:sent",
        "text": "2026-W47 is out (T)\n\n2026-W47 is out.\n",
        "state": NoticeState.DUE,
        "error": "",
        "tries": 0,
        "created_at": NOW,
    }
    return NoticeRecord(**{**values, **changes})


def test_subject_and_body_come_out_as_they_were_noted() -> None:
    assert parts_of(record(), TITLE) == ("2026-W47 is out (T)", "2026-W47 is out.\n")
    text = "Edition 2026-W47: 25 people (batch 3) were mailed twice, or will be. " * 4
    line, body = parts_of(record(kind=NoticeKind.ALARM, text=text), TITLE)
    assert line.startswith("[ALARM] Edition 2026-W47: 25 people (batch 3) were mailed twice")
    assert line.endswith("(A Slow Kind of Luck)")
    assert len(line) < 150
    assert body.strip() == text.strip()


def test_what_failed_is_tried_by_the_next_run_then_less_often_and_then_given_up() -> None:
    """With a timer that calls every hour."""
    hours, tries, tried = 0, 0, []
    while hours < 24 * 14:
        now = NOW + timedelta(hours=hours)
        state = NoticeState.FAILED if tries else NoticeState.DUE
        if record(state=state, tries=tries).may_go(now):
            tried.append(hours)
            tries += 1
        hours += 1
    assert tried == [0, 1, 2, 3, 7, 15]
    assert len(tried) == MOST_TRIES


def test_what_was_sent_is_not_sent_again_and_what_is_due_always_is() -> None:
    later = NOW + timedelta(days=10)
    assert not record(state=NoticeState.SENT).may_go(later)
    assert record(state=NoticeState.DUE).may_go(later)
