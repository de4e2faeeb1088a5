"""Why a person was mailed an edition, or was not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.delivery.plan import NOT_DISCREET, NOTHING_FOR_TOPICS, PAUSED
from newsletter.model.account import PersonAccount, PersonDelivery
from newsletter.model.delivery import DeliveryState
from newsletter.model.edition import Edition, EditionState
from newsletter.pipeline.explaining.people import SKIPPED, of_edition
from subscribers.model import (
    Consent,
    ConsentKind,
    Form,
    Subscriber,
    SubscriptionStatus,
    SuppressionReason,
)
from tests.unit.explaining.test_judging import MONDAY, edition

SENT = edition(46, planned_at=MONDAY)


def person(**changes: Any) -> Subscriber:
    early = MONDAY - timedelta(days=30)
    values: dict[str, Any] = {
        "id": 7,
        "address": "ann@example.org",
        "name": "",
        "token": "t",
        "status": SubscriptionStatus.ACTIVE,
        "topics": (),
        "form": Form.NORMAL,
        "created_at": early,
        "confirmed_at": early,
        "changed_at": early,
    }
    return Subscriber(**{**values, **changes})


def consent(kind: ConsentKind, days: int) -> Consent:
    at = MONDAY + timedelta(days=days)
    return Consent(happened_at=at, recorded_at=at, kind=kind, source="web", wording="")


def told(
    state: DeliveryState | None,
    reason: str = "",
    *,
    of: Edition = SENT,
    consents: tuple[Consent, ...] = (),
    **changes: Any,
) -> PersonAccount:
    delivery = None
    if state is not None:
        delivery = PersonDelivery(edition_id=46, id="d", state=state, reason=reason)
    return of_edition(of, delivery, person(**changes), consents, ZoneInfo("Europe/London"))


@pytest.mark.parametrize("state", list(DeliveryState))
def test_every_state_of_the_ledger_has_its_words(state: DeliveryState) -> None:
    account = told(state, "hard_bounce" if state is DeliveryState.SKIPPED else "")
    assert account.outcome == state.value
    assert account.because


@pytest.mark.parametrize("reason", [*SuppressionReason, PAUSED, NOTHING_FOR_TOPICS, NOT_DISCREET])
def test_every_reason_for_skipping_has_its_words(reason: str) -> None:
    account = told(DeliveryState.SKIPPED, reason)
    assert account.code == reason
    assert account.because == SKIPPED[reason]
    assert "_" not in account.because


def test_who_came_later_was_not_on_the_list() -> None:
    account = told(None, created_at=MONDAY + timedelta(days=2))
    assert (account.outcome, account.code) == ("none", "not-listed")
    assert account.because == "not on the list then; added on 11 November 2026"


def test_who_had_left_is_told_when() -> None:
    consents = (consent(ConsentKind.GIVEN, -30), consent(ConsentKind.WITHDRAWN, -3))
    account = told(None, consents=consents, status=SubscriptionStatus.UNSUBSCRIBED)
    assert account.because == "the person had left before, on 6 November 2026"


def test_who_left_afterwards_had_not_left_before() -> None:
    consents = (consent(ConsentKind.GIVEN, -30), consent(ConsentKind.WITHDRAWN, 3))
    assert told(None, consents=consents).code == "unlisted"


def test_who_had_not_confirmed() -> None:
    assert told(None, status=SubscriptionStatus.PENDING).code == "pending"
    later = told(None, confirmed_at=MONDAY + timedelta(days=1))
    assert later.code == "pending"
    assert "only on 10 November 2026" in later.because


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (EditionState.DRAFT, "not-yet"),
        (EditionState.FROZEN, "not-yet"),
        (EditionState.CANCELLED, "not-sent"),
    ],
)
def test_an_edition_that_nobody_got(state: EditionState, code: str) -> None:
    assert told(None, of=edition(46, state)).code == code
