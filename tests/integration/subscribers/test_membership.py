"""One person at a time, and the queries that planning and the commands use."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from newsletter.store.engine import Database
from subscribers import membership
from subscribers.answering import Pace, decide_next
from subscribers.asking import Asking, Rules, ask
from subscribers.errors import AddressError, LeftAlone, SecretKeyError, UnknownSubscriber
from subscribers.model import (
    Choice,
    ConsentKind,
    Filter,
    Form,
    Purpose,
    SubscriptionStatus,
    SuppressionReason,
)
from subscribers.store import people, suppressions, tables
from tests.databases import wait_until_somebody_waits

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SECRETS = ("first secret",)


def add(database: Database, address: str, *topics: str, name: str = "") -> membership.Added:
    with database.begin() as conn:
        return membership.add(
            conn, address, now=NOW, name=name, topics=topics or None, secrets=SECRETS
        )


def test_an_added_person_is_active_with_evidence(database: Database) -> None:
    added = add(database, "Anna@Example.org", "trials", "research", name="Anna Bell")
    assert added.outcome == "added"
    with database.read() as conn:
        dossier = membership.show(conn, "ANNA@example.org")
    assert dossier.subscriber == added.subscriber
    assert added.subscriber.address == "Anna@example.org"
    assert added.subscriber.status is SubscriptionStatus.ACTIVE
    assert added.subscriber.topics == ("research", "trials")
    assert added.subscriber.form is Form.NORMAL
    assert added.subscriber.confirmed_at == NOW
    assert [(c.kind, c.source, c.happened_at) for c in dossier.consents] == [
        (ConsentKind.GIVEN, "command line", NOW)
    ]


def test_adding_again_changes_only_what_is_said(database: Database) -> None:
    first = add(database, "anna@example.org", "trials", name="Anna")
    with database.begin() as conn:
        same = membership.add(conn, "anna@example.org", now=LATER)
        renamed = membership.add(conn, "ANNA@example.org", now=LATER, name="Anna Bell")
        everything = membership.add(conn, "anna@example.org", now=LATER, topics=())
    assert (same.outcome, same.subscriber) == ("unchanged", first.subscriber)
    assert (renamed.outcome, renamed.subscriber.name) == ("updated", "Anna Bell")
    assert renamed.subscriber.topics == ("trials",)
    assert everything.subscriber.topics == ()
    assert everything.subscriber.changed_at == LATER
    with database.read() as conn:
        assert len(membership.show(conn, "anna@example.org").consents) == 1


def test_a_name_typed_with_control_characters_is_kept_as_one_line(database: Database) -> None:
    added = add(database, "anna@example.org", name=" Anna\n\udcffBell\x00 ")
    assert added.subscriber.name == "Anna Bell"


def test_who_left_is_not_added_by_hand(database: Database) -> None:
    add(database, "anna@example.org")
    with database.begin() as conn:
        assert membership.unsubscribe(conn, "anna@example.org", now=NOW)
    with pytest.raises(LeftAlone, match="unsubscribed") as caught:
        add(database, "ANNA@example.org")
    assert "confirming again" in caught.value.mend
    with database.begin() as conn:
        suppressions.suppress(conn, "anna@example.org", SuppressionReason.COMPLAINT, NOW)
    with pytest.raises(LeftAlone, match="reported as spam") as caught:
        add(database, "anna@example.org")
    assert "Signing up does not undo that" in caught.value.mend


@pytest.mark.parametrize("reason", [r for r in SuppressionReason if r.value != "erased"])
def test_who_is_suppressed_is_not_added_by_hand(
    database: Database, reason: SuppressionReason
) -> None:
    with database.begin() as conn:
        suppressions.suppress(conn, "anna@example.org", reason, NOW, "as the provider said")
    with pytest.raises(LeftAlone) as caught:
        add(database, "anna@example.org")
    by_the_admin = "newsletter suppressions remove anna@example.org" in caught.value.mend
    assert by_the_admin is (reason is not SuppressionReason.UNSUBSCRIBED)
    never = reason in (SuppressionReason.COMPLAINT, SuppressionReason.MANUAL)
    assert ("Signing up does not undo that" in caught.value.mend) is never
    with database.read() as conn:
        dossier = membership.show(conn, "anna@example.org")
    assert dossier.subscriber is None
    assert dossier.suppression is not None
    assert (dossier.suppression.reason, dossier.suppression.since) == (reason, NOW)


def test_unsubscribing_twice_is_one_withdrawal(database: Database) -> None:
    add(database, "anna@example.org")
    with database.begin() as conn:
        assert membership.unsubscribe(conn, "Anna@Example.org", now=LATER, source="by letter")
        assert not membership.unsubscribe(conn, "anna@example.org", now=LATER)
        dossier = membership.show(conn, "anna@example.org")
    assert dossier.subscriber is not None
    assert dossier.subscriber.status is SubscriptionStatus.UNSUBSCRIBED
    assert [(c.kind, c.source) for c in dossier.consents] == [
        (ConsentKind.GIVEN, "command line"),
        (ConsentKind.WITHDRAWN, "by letter"),
    ]


def test_erasing_leaves_a_hash_and_no_trace_of_the_address(database: Database) -> None:
    first = add(database, "anna@example.org", name="Anna Bell")
    with database.begin() as conn:
        suppressions.suppress(conn, "anna@example.org", SuppressionReason.HARD_BOUNCE, NOW, "Anna")
        assert membership.erase(conn, "Anna@example.org", now=LATER, secrets=SECRETS)
    with database.begin() as conn:
        assert not membership.erase(conn, "anna@example.org", now=LATER, secrets=SECRETS)
        dossier = membership.show(conn, "anna@example.org", secrets=SECRETS)
        assert dossier.suppression is not None
        assert dossier.suppression.reason is SuppressionReason.ERASED
        for table in tables.metadata.sorted_tables:
            for row in conn.execute(select(table)):
                assert "anna" not in str(row).lower()
        assert conn.execute(select(func.count()).select_from(tables.consent)).scalar_one() == 0
    with pytest.raises(LeftAlone, match="erased"):
        add(database, "anna@example.org")
    assert add(database, "ben@example.org").subscriber.id > first.subscriber.id


def test_who_is_erased_while_her_sign_up_is_answered_is_erased(database: Database) -> None:
    """Answering adds her line; it is under way when she is looked for, and ends before."""
    key, rules = "anna@example.org", Rules()
    asked = Asking(purpose=Purpose.SUBSCRIBE, address=key)
    with database.begin() as conn:
        ask(conn, asked, rules, now=NOW, secrets=SECRETS)

    def erase() -> None:
        with database.begin() as conn:
            membership.erase(conn, key, now=LATER, secrets=SECRETS)

    with ThreadPoolExecutor(1) as pool:
        with database.begin() as conn:
            assert decide_next(conn, rules, Pace(), now=NOW, secrets=SECRETS)
            done = pool.submit(erase)
            wait_until_somebody_waits(database, done)
        done.result()
    with database.read() as conn:
        assert people.find(conn, key) is None


def test_what_barred_an_address_after_it_was_erased_counts_and_is_erased_with_it(
    database: Database,
) -> None:
    """Somebody typed it into the form again, and that mail was reported as spam or came back."""
    key = "anna@example.org"
    add(database, key)
    with database.begin() as conn:
        membership.erase(conn, key, now=NOW, secrets=SECRETS)
        suppressions.suppress(conn, key, SuppressionReason.COMPLAINT, LATER, "sendgrid")
        found = membership.suppression_of(conn, key, secrets=SECRETS)
        assert found is not None
        assert found.reason is SuppressionReason.COMPLAINT
        assert membership.erase(conn, key, now=LATER, secrets=SECRETS)
        bars = conn.execute(select(tables.suppression)).all()
    assert [(bar.address_key, bar.reason) for bar in bars] == [(None, "complaint")]


def test_the_number_of_an_erased_person_is_never_given_again(database: Database) -> None:
    first = add(database, "anna@example.org").subscriber
    with database.begin() as conn:
        membership.erase(conn, "anna@example.org", now=NOW, secrets=SECRETS)
    assert add(database, "ben@example.org").subscriber.id > first.id


def test_erasing_needs_the_secret_and_changes_nothing_without(database: Database) -> None:
    add(database, "anna@example.org")
    with pytest.raises(SecretKeyError), database.begin() as conn:
        membership.erase(conn, "anna@example.org", now=NOW, secrets=())
    with database.read() as conn:
        assert membership.show(conn, "anna@example.org").subscriber is not None


def test_a_suppressed_address_without_a_person_can_be_erased(database: Database) -> None:
    with database.begin() as conn:
        suppressions.suppress(conn, "anna@example.org", SuppressionReason.MANUAL, NOW)
        assert membership.erase(conn, "anna@example.org", now=NOW, secrets=SECRETS)
        assert suppressions.by_address(conn, ["anna@example.org"]) == {}
        assert suppressions.barred(conn, ["anna@example.org"], SECRETS).keys() == {
            "anna@example.org"
        }


def test_the_first_reason_of_a_suppression_stays(database: Database) -> None:
    with database.begin() as conn:
        suppressions.suppress(conn, "anna@example.org", SuppressionReason.COMPLAINT, NOW)
        suppressions.suppress(conn, "anna@example.org", SuppressionReason.HARD_BOUNCE, LATER)
        bar = suppressions.by_address(conn, ["anna@example.org"])["anna@example.org"]
    assert (bar.reason, bar.since) == (SuppressionReason.COMPLAINT, NOW)


def test_nobody_is_unknown_in_silence(database: Database) -> None:
    with database.begin() as conn:
        for act in (
            lambda: membership.show(conn, "anna@example.org"),
            lambda: membership.unsubscribe(conn, "anna@example.org", now=NOW),
            lambda: membership.erase(conn, "anna@example.org", now=NOW, secrets=SECRETS),
        ):
            with pytest.raises(UnknownSubscriber, match=r"anna@example\.org"):
                act()
        with pytest.raises(AddressError):
            membership.show(conn, "anna")


def test_people_are_found_by_status_topic_and_part_of_name_or_address(database: Database) -> None:
    add(database, "anna@example.org", "trials", name="Anna Bell")
    add(database, "ben@example.net", "trials-abroad", name="Ben 100%")
    add(database, "cleo_x@example.org", "research", "trials")
    add(database, "dora@example.org")
    with database.begin() as conn:
        membership.unsubscribe(conn, "dora@example.org", now=NOW)

    def found(wanted: Filter) -> list[str]:
        with database.read() as conn:
            page = people.page(conn, wanted, after=0, limit=10)
            assert people.count(conn, wanted) == len(page)
            return [each.address.split("@")[0] for each in page]

    assert found(Filter()) == ["anna", "ben", "cleo_x", "dora"]
    assert found(Filter(topic="trials")) == ["anna", "cleo_x"]
    assert found(Filter(status=SubscriptionStatus.UNSUBSCRIBED)) == ["dora"]
    assert found(Filter(search="BELL")) == ["anna"]
    assert found(Filter(search="Example.NET")) == ["ben"]
    assert found(Filter(search="%")) == ["ben"]
    assert found(Filter(search="_")) == ["cleo_x"]


def test_pages_follow_each_other_without_gap_or_double(database: Database) -> None:
    for number in range(7):
        add(database, f"reader{number}@example.org")
    seen: list[str] = []
    after = 0
    with database.read() as conn:
        while page := people.page(conn, Filter(), after=after, limit=3):
            seen += [each.address for each in page]
            after = page[-1].id
    assert seen == [f"reader{number}@example.org" for number in range(7)]


def test_choices_are_those_of_active_people_with_their_number(database: Database) -> None:
    add(database, "anna@example.org", "trials", "research")
    add(database, "ben@example.org", "research", "trials")
    add(database, "cleo@example.org")
    add(database, "dora@example.org", "trials")
    with database.begin() as conn:
        membership.unsubscribe(conn, "dora@example.org", now=NOW)
        assert people.active_count(conn) == 3
        assert people.choices(conn) == [
            Choice(topics=("research", "trials"), form=Form.NORMAL, count=2),
            Choice(topics=(), form=Form.NORMAL, count=1),
        ]
