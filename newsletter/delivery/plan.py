"""Who of the list gets an edition, and who is skipped and why: the rules as values.

`newsletter.store.planning` runs the same rules inside the database for a million people; a test
keeps the two alike. They are looked at again for each batch, just before it is submitted.
"""

from __future__ import annotations

from collections.abc import Collection

from subscribers.model import Form, SubscriptionStatus, SuppressionReason

NOTHING_FOR_TOPICS = "nothing-for-topics"
"""Skipped, because the edition has nothing for the topics the person chose."""

NOT_DISCREET = "not-discreet"
"""Skipped, because the person wants discreet mails, and the edition was frozen without such a form.
"""

PAUSED = "paused"
"""Skipped, because the person wants no edition for a while."""


def is_candidate(status: SubscriptionStatus) -> bool:
    """Whether the ledger gets a line for a person: only active subscriptions are planned."""
    return status is SubscriptionStatus.ACTIVE


def variant_of_late_choice(form: Form, variants: Collection[str]) -> str | None:
    """What somebody gets who has chosen topics or form anew since the edition was composed, as
    nobody had then: everything, in that form if there is one, else in the normal one. But who wants
    mails that nobody else can read from outside gets no other: None.
    """
    wanted = f"all.{form}"
    if wanted in variants:
        return wanted
    return None if form is Form.DISCREET else "all"


def skip_at_planning(
    suppression: SuppressionReason | None,
    *,
    paused: bool,
    has_variant: bool,
    late_choice: bool = False,
) -> str | None:
    """Why an active person is skipped, or None. A suppression counts first, then a pause.
    `late_choice`: see `variant_of_late_choice`.

    A pause is looked at now only: one that begins after an edition is planned is for the next one.
    """
    if suppression is not None:
        return suppression.value
    if paused:
        return PAUSED
    if has_variant:
        return None
    return NOT_DISCREET if late_choice else NOTHING_FOR_TOPICS


def skip_at_submission(
    status: SubscriptionStatus | None, suppression: SuppressionReason | None
) -> str | None:
    """Why a planned person is skipped after all; no status means that the person was erased."""
    if status is None:
        return SuppressionReason.ERASED.value
    if suppression is not None:
        return suppression.value
    if status is not SubscriptionStatus.ACTIVE:
        return SuppressionReason.UNSUBSCRIBED.value
    return None
