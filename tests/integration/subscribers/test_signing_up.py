"""Signing up, confirming, coming back: what is mailed, what is written down, who is on the list."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from newsletter.errors import StoreError
from newsletter.store.engine import Database
from subscribers import answering, asking, confirming, links, membership
from subscribers.answering import Trouble
from subscribers.asking import Answer, Asking, Rules
from subscribers.confirming import LinkState, Outcome
from subscribers.errors import AddressError, SecretKeyError
from subscribers.limits import Limit
from subscribers.model import (
    ConsentKind,
    Form,
    Letter,
    Method,
    Purpose,
    RequestState,
    SubscriptionStatus,
    SuppressionReason,
)
from subscribers.store import evidence, pushed, requests, suppressions, tables
from tests.integration.subscribers.reader import NOW, SECRETS, WORDING, Reader

ACTIVE, PENDING = SubscriptionStatus.ACTIVE, SubscriptionStatus.PENDING
GONE = SubscriptionStatus.UNSUBSCRIBED


@pytest.fixture
def anna(database: Database) -> Reader:
    return Reader(database)


def test_who_signs_up_is_pending_until_she_confirms(anna: Reader) -> None:
    assert anna.ask(topics=("trials",), form=Form.LARGE) is Answer.TAKEN
    assert (anna.status, anna.letters) == (PENDING, [Letter.CONFIRM])
    anna.wait(hours=1)
    assert anna.confirm() is Outcome.CONFIRMED
    person = anna.person
    assert person.status is ACTIVE
    assert (person.topics, person.form) == (("trials",), Form.LARGE)
    assert person.confirmed_at == anna.now


def test_the_evidence_tells_what_was_shown_when_and_how(anna: Reader) -> None:
    anna.ask()
    anna.wait(minutes=5)
    anna.confirm()
    asked, given = anna.dossier.consents
    assert (asked.kind, asked.method, asked.happened_at) == (ConsentKind.ASKED, Method.FORM, NOW)
    assert (given.kind, given.method, given.happened_at) == (
        ConsentKind.GIVEN,
        Method.MAILED_LINK,
        anna.now,
    )
    assert asked.source == "https://news.example.org/"
    assert asked.wording == given.wording == WORDING
    assert asked.wording_version == given.wording_version != ""
    assert "2026-11-16 08:00:00" in given.detail


def test_another_wording_is_another_version_and_the_old_one_stays(database: Database) -> None:
    with database.begin() as conn:
        first = evidence.keep_wording(conn, "one", NOW)
        assert evidence.keep_wording(conn, "one", NOW) == first
        assert evidence.keep_wording(conn, "two", NOW) != first
        assert set(conn.execute(select(tables.wording.c.text)).scalars()) == {"one", "two"}


def test_evidence_cannot_be_changed_but_for_where_it_came_from(anna: Reader) -> None:
    anna.join()
    for change in ("kind = 'given'", "happened_at = recorded_at", "wording = ''", "detail = ''"):
        with (
            pytest.raises((DBAPIError, IntegrityError, StoreError), match="never changed"),
            anna.database.begin() as conn,
        ):
            conn.execute(text(f"UPDATE subscriber_consent SET {change}"))
    with anna.database.begin() as conn:
        conn.execute(text("UPDATE subscriber_consent SET network = ''"))


def test_where_it_came_from_is_kept_only_when_the_settings_say_so(anna: Reader) -> None:
    anna.join()
    assert {line.network for line in anna.dossier.consents} == {""}
    ben = Reader(anna.database, "ben@example.org")
    ben.rules = Rules(keep_network=True)
    ben.ask()
    assert [line.network for line in ben.dossier.consents] == ["203.0.113.7"]


def test_confirming_again_changes_nothing(anna: Reader) -> None:
    anna.join()
    before = anna.dossier
    anna.wait(hours=100)
    assert anna.confirm() is Outcome.ALREADY
    assert anna.dossier == before


def test_looking_at_a_link_changes_nothing(anna: Reader) -> None:
    anna.ask()
    before = anna.dossier
    for _ in range(3):
        with anna.database.read() as conn:
            found = confirming.look(
                conn, anna.mails[0][1], Purpose.SUBSCRIBE, now=anna.now, secrets=SECRETS
            )
        assert found.state is LinkState.OPEN
    assert anna.dossier == before


def test_a_link_expires(anna: Reader) -> None:
    anna.ask()
    anna.wait(hours=72)
    assert anna.confirm() is Outcome.EXPIRED
    assert anna.status is PENDING


@pytest.mark.parametrize("change", ["signature", "nonce", "purpose", "long", "accents", "empty"])
def test_a_token_that_is_not_ours_is_unknown(anna: Reader, change: str) -> None:
    anna.ask()
    token = anna.mails[0][1]
    other = {
        "signature": f"{token[:-2]}xx",
        "nonce": f"x{token}",
        "purpose": links.signed(token.partition(".")[0], Purpose.FORGET, SECRETS),
        "long": token * 50,
        "accents": f"é{token}",
        "empty": "",
    }[change]
    anna.mails.append((Letter.CONFIRM, other))
    assert anna.confirm() is Outcome.UNKNOWN
    assert anna.status is PENDING


def test_a_link_signed_with_an_older_key_still_holds(anna: Reader) -> None:
    anna.ask()
    nonce = anna.mails[0][1].partition(".")[0]
    assert links.signed(nonce, Purpose.SUBSCRIBE, SECRETS[1:]) != anna.mails[0][1]
    anna.mails.append((Letter.CONFIRM, links.signed(nonce, Purpose.SUBSCRIBE, SECRETS[1:])))
    assert anna.confirm() is Outcome.CONFIRMED


def test_nothing_is_asked_without_a_secret_key_or_an_address(database: Database) -> None:
    form = Asking(purpose=Purpose.SUBSCRIBE, address="anna@example.org")
    with pytest.raises(SecretKeyError), database.begin() as conn:
        asking.ask(conn, form, Rules(), now=NOW, secrets=())
    nobody = Asking(purpose=Purpose.SUBSCRIBE, address="anna")
    with pytest.raises(AddressError), database.begin() as conn:
        asking.ask(conn, nobody, Rules(), now=NOW, secrets=SECRETS)


def test_who_is_on_the_list_is_told_so_and_nothing_is_changed(anna: Reader) -> None:
    anna.join()
    before = anna.person
    anna.wait(hours=2)
    assert anna.ask(topics=("research",)) is Answer.TAKEN
    assert anna.letters == [Letter.CONFIRM, Letter.ALREADY]
    assert anna.confirm() is Outcome.UNKNOWN
    assert anna.person == before


def test_who_left_comes_back_by_confirming_anew(anna: Reader) -> None:
    token = anna.join().token
    anna.leave()
    anna.wait(hours=2)
    anna.ask()
    assert anna.status is GONE
    assert anna.confirm() is Outcome.CONFIRMED
    assert anna.status is ACTIVE
    assert anna.person.token == token
    kinds = [line.kind.value for line in anna.dossier.consents]
    assert kinds == ["asked", "given", "withdrawn", "asked", "given"]


def test_a_link_from_before_she_left_brings_nobody_back(anna: Reader) -> None:
    anna.join()
    anna.leave()
    assert anna.confirm() is Outcome.OVERTAKEN
    assert anna.status is GONE
    anna.wait(hours=2)
    anna.ask()
    with anna.database.begin() as conn:
        membership.add(conn, "ben@example.org", now=NOW)
    anna.leave()  # she is off the list already: what she asks for now is not overtaken
    assert anna.confirm() is Outcome.CONFIRMED


def test_a_pending_person_who_leaves_is_not_brought_in_by_the_link(anna: Reader) -> None:
    anna.ask()
    anna.leave()
    assert anna.confirm() is Outcome.OVERTAKEN
    assert anna.status is GONE


def test_nor_does_one_of_a_mail_that_was_given_up_and_arrived_after_all(anna: Reader) -> None:
    """As where each answer of the mail server was lost."""
    anna.ask()
    with anna.database.begin() as conn:
        requests.end(conn, anna.dossier.requests[0].id, RequestState.FAILED, reason="no answer")
    anna.wait(hours=2)
    anna.join()
    anna.leave()
    assert anna.confirm(at=0) is Outcome.OVERTAKEN
    assert anna.status is GONE


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.MANUAL])
def test_who_complained_or_was_barred_by_hand_gets_no_mail(
    anna: Reader, reason: SuppressionReason
) -> None:
    with anna.database.begin() as conn:
        suppressions.suppress(conn, anna.address, reason, NOW)
    assert anna.ask() is Answer.TAKEN
    assert (anna.letters, anna.status) == ([], None)
    assert anna.dossier.requests[0].reason == reason.value


def test_a_complaint_after_the_mail_bars_confirming(anna: Reader) -> None:
    anna.ask()
    with anna.database.begin() as conn:
        suppressions.suppress(conn, anna.address, SuppressionReason.COMPLAINT, NOW)
    assert anna.confirm() is Outcome.BARRED
    assert anna.status is PENDING


@pytest.mark.parametrize("reason", [SuppressionReason.HARD_BOUNCE, SuppressionReason.SOFT_BOUNCES])
def test_who_confirms_shows_that_mail_reaches_her_again(
    anna: Reader, reason: SuppressionReason
) -> None:
    anna.join()
    with anna.database.begin() as conn:
        suppressions.suppress(conn, anna.address, reason, NOW)
    anna.wait(days=8)
    anna.ask()
    assert anna.letters[-1] is Letter.CONFIRM
    assert anna.confirm() is Outcome.CONFIRMED
    assert anna.dossier.suppression is None
    anna.wait(hours=2)
    with anna.database.begin() as conn:
        suppressions.suppress(conn, anna.address, reason, anna.now)
    anna.ask()
    assert len(anna.mails) == 2  # mail comes back from her: not again within a week


def test_who_was_erased_comes_back_only_by_confirming(anna: Reader) -> None:
    anna.join()
    with anna.database.begin() as conn:
        membership.erase(conn, anna.address, now=anna.now, secrets=SECRETS)
    assert anna.confirm() is Outcome.UNKNOWN
    anna.ask()
    with anna.database.read() as conn:
        assert suppressions.barred(conn, [anna.address], SECRETS)
    assert anna.confirm() is Outcome.CONFIRMED
    with anna.database.read() as conn:
        assert not suppressions.barred(conn, [anna.address], SECRETS)
    assert anna.status is ACTIVE


def test_who_was_erased_and_complains_of_being_asked_is_asked_no_more(anna: Reader) -> None:
    """Somebody else has typed her address."""
    anna.join()
    with anna.database.begin() as conn:
        membership.erase(conn, anna.address, now=anna.now, secrets=SECRETS)
    anna.wait(hours=2)
    anna.ask()
    before = len(anna.mails)
    with anna.database.begin() as conn:
        suppressions.suppress(conn, anna.address, SuppressionReason.COMPLAINT, anna.now)
    assert anna.confirm() is Outcome.BARRED
    anna.wait(days=2)
    anna.ask()
    assert len(anna.mails) == before


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.MANUAL])
def test_what_only_the_admin_undoes_an_erasure_does_not(
    anna: Reader, reason: SuppressionReason
) -> None:
    """Once erased, she is asked no more than before, and her address is in no table."""
    anna.join()
    for erased in (True, False):
        with anna.database.begin() as conn:
            if erased:
                suppressions.suppress(conn, anna.address, reason, NOW)
            done = membership.erase(conn, anna.address, now=anna.now, secrets=SECRETS)
        assert done is erased
        for table in tables.metadata.sorted_tables:
            with anna.database.read() as conn:
                assert "anna" not in str(conn.execute(select(table)).all()).lower()
    before = len(anna.mails)
    with anna.database.read() as conn:
        bar = suppressions.barred(conn, [anna.address], SECRETS)[anna.address]
    assert (bar.reason, bar.erased) == (reason, True)
    anna.wait(hours=2)
    anna.ask()
    assert len(anna.mails) == before
    with anna.database.begin() as conn:
        membership.lift_suppression(
            conn, anna.address, now=anna.now, reason="by phone", secrets=SECRETS
        )
    anna.wait(hours=2)
    anna.join()
    assert anna.status is ACTIVE


def test_who_is_erased_again_leaves_no_trace_either(anna: Reader) -> None:
    """She was asked to confirm since, did not, and was told of as one to be left alone."""
    for reason in (None, None, SuppressionReason.HARD_BOUNCE):
        anna.ask()
        anna.leave()
        with anna.database.begin() as conn:
            pushed.begin(conn, [anna.address])
            if reason is not None:
                suppressions.suppress(conn, anna.address, reason, anna.now)
            membership.erase(conn, anna.address, now=anna.now, secrets=SECRETS)
            for table in tables.metadata.sorted_tables:
                for row in conn.execute(select(table)):
                    assert "anna" not in str(row).lower()


def test_erasing_deletes_what_was_asked(anna: Reader) -> None:
    anna.join()
    with anna.database.begin() as conn:
        membership.erase(conn, anna.address, now=anna.now, secrets=SECRETS)
        for table in tables.metadata.sorted_tables:
            for row in conn.execute(select(table)):
                assert "anna" not in str(row).lower()


def test_an_address_gets_one_mail_in_a_while_and_few_in_a_day(anna: Reader) -> None:
    for _ in range(10):
        anna.ask()
    assert anna.letters == [Letter.CONFIRM]
    for _ in range(10):
        anna.wait(hours=1)
        anna.ask()
    assert len(anna.mails) == 4
    anna.wait(days=1)
    anna.ask()
    assert len(anna.mails) == 5
    assert anna.dossier.requests[1].reason == "mailed-lately"


def test_a_mail_of_another_kind_need_not_wait(anna: Reader) -> None:
    anna.join()
    for purpose in (Purpose.PREFERENCES, Purpose.DOSSIER, Purpose.FORGET):
        anna.ask(purpose)
    assert anna.letters[1:] == [Letter.PREFERENCES, Letter.DOSSIER, Letter.FORGET]


@pytest.mark.parametrize("purpose", [Purpose.PREFERENCES, Purpose.DOSSIER, Purpose.FORGET])
def test_a_stranger_is_answered_alike_and_gets_no_mail(anna: Reader, purpose: Purpose) -> None:
    assert anna.ask(purpose) is Answer.TAKEN
    assert anna.letters == []


def test_who_fills_in_the_trap_is_answered_alike_and_written_down_nowhere(anna: Reader) -> None:
    assert anna.ask(trap="http://spam.example") is Answer.TAKEN
    with anna.database.read() as conn:
        assert requests.of_address(conn, anna.address) == ()


def test_a_network_that_asks_too_often_is_told_so_and_may_ask_again_later(anna: Reader) -> None:
    anna.rules = Rules(per_network=Limit(most=2))
    names = ("ben", "cleo", "dora")
    answers = [anna.ask(address=f"{name}@example.org") for name in names]
    assert answers == [Answer.TAKEN, Answer.TAKEN, Answer.TOO_MANY]
    assert anna.ask(network="203.0.113.8") is Answer.TAKEN
    anna.wait(minutes=31)
    assert anna.ask(address="dora@example.org") is Answer.TAKEN


def test_an_address_that_is_typed_too_often_is_answered_alike(anna: Reader) -> None:
    anna.rules = Rules(per_address=Limit(most=2))
    networks = [f"203.0.113.{number}" for number in range(5)]
    assert {anna.ask(network=network) for network in networks} == {Answer.TAKEN}
    assert len(anna.dossier.requests) == 2


def test_limits_know_neither_addresses_nor_networks(anna: Reader) -> None:
    anna.ask()
    with anna.database.read() as conn:
        rows = conn.execute(select(tables.bucket)).all()
    assert {row.name for row in rows} == {"network", "address"}
    assert not any("anna" in str(row) or "203.0" in str(row) for row in rows)


def test_a_mail_whose_sender_died_is_sent_by_the_next_one(anna: Reader) -> None:
    anna.ask(address="ben@example.org")
    with anna.database.begin() as conn:
        form = Asking(purpose=Purpose.SUBSCRIBE, address=anna.address)
        asking.ask(conn, form, anna.rules, now=anna.now, secrets=SECRETS)
    with anna.database.begin() as conn:
        lost = answering.decide_next(conn, anna.rules, anna.pace, now=anna.now, secrets=SECRETS)
        assert lost is not None
    anna.deliver()
    assert len(anna.mails) == 1
    anna.now += answering.LEASE
    anna.deliver()
    assert anna.mails[1:] == [
        (Letter.CONFIRM, links.signed(lost.nonce, Purpose.SUBSCRIBE, SECRETS))
    ]


def test_a_link_works_even_if_nobody_noted_that_its_mail_went(anna: Reader) -> None:
    with anna.database.begin() as conn:
        form = Asking(purpose=Purpose.SUBSCRIBE, address=anna.address)
        asking.ask(conn, form, anna.rules, now=anna.now, secrets=SECRETS)
        lost = answering.decide_next(conn, anna.rules, anna.pace, now=anna.now, secrets=SECRETS)
    assert lost is not None
    anna.mails.append((Letter.CONFIRM, links.signed(lost.nonce, lost.purpose, SECRETS)))
    assert anna.confirm() is Outcome.CONFIRMED
    anna.now += answering.LEASE
    anna.deliver()
    assert len(anna.mails) == 1


@pytest.mark.parametrize(
    ("trouble", "most"), [(Trouble.LATER, 30), (Trouble.UNCLEAR, 3), (Trouble.REFUSED, 1)]
)
def test_a_mail_that_cannot_be_handed_over_is_tried_for_a_day_unless_it_may_have_gone(
    anna: Reader, trouble: Trouble, most: int
) -> None:
    tries = 0
    with anna.database.begin() as conn:
        form = Asking(purpose=Purpose.SUBSCRIBE, address=anna.address)
        asking.ask(conn, form, anna.rules, now=anna.now, secrets=SECRETS)
    again = True
    while again:
        with anna.database.begin() as conn:
            due = answering.decide_next(conn, anna.rules, anna.pace, now=anna.now, secrets=SECRETS)
        assert due is not None
        tries += 1
        with anna.database.begin() as conn:
            again = answering.not_sent(conn, due, now=anna.now, error="no server", trouble=trouble)
        anna.wait(hours=1)
    assert tries == most
    assert anna.dossier.requests[0].state is RequestState.FAILED
    assert anna.dossier.requests[0].reason == "no server"
    anna.deliver()
    assert anna.mails == []


def test_a_mail_that_waits_is_not_sent_to_who_complained_meanwhile(anna: Reader) -> None:
    with anna.database.begin() as conn:
        form = Asking(purpose=Purpose.SUBSCRIBE, address=anna.address)
        asking.ask(conn, form, anna.rules, now=anna.now, secrets=SECRETS)
    with anna.database.begin() as conn:
        due = answering.decide_next(conn, anna.rules, anna.pace, now=anna.now, secrets=SECRETS)
        assert due is not None
        assert answering.not_sent(conn, due, now=anna.now, error="no server")
        suppressions.suppress(conn, anna.address, SuppressionReason.COMPLAINT, NOW)
    anna.wait(hours=1)
    anna.deliver()
    assert (anna.mails, anna.dossier.requests[0].reason) == ([], "complaint")


def test_what_was_asked_long_before_the_program_ran_again_is_not_mailed(anna: Reader) -> None:
    with anna.database.begin() as conn:
        form = Asking(purpose=Purpose.SUBSCRIBE, address=anna.address)
        asking.ask(conn, form, anna.rules, now=anna.now, secrets=SECRETS)
    anna.wait(days=4)
    anna.deliver()
    assert (anna.mails, anna.dossier.requests[0].reason) == ([], "too-late")


def test_asking_does_the_same_work_whoever_has_the_address(database: Database) -> None:
    """The same statements, so that not even the time an answer takes tells who is on the list."""
    names = ("new", "pending", "active", "gone", "erased", "bounced", "complained")
    readers = {name: Reader(database, f"{name}@example.org") for name in names}
    readers["pending"].ask()
    for name in names[2:]:
        readers[name].join()
    readers["gone"].leave()
    with database.begin() as conn:
        membership.erase(conn, readers["erased"].address, now=NOW, secrets=SECRETS)
        bars = {"bounced": "hard_bounce", "complained": "complaint"}
        for name, reason in bars.items():
            suppressions.suppress(conn, f"{name}@example.org", SuppressionReason(reason), NOW)
    done: list[str] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _conn, _cursor, statement, *_: done.append(statement),
    )
    work = {}
    for name, reader in readers.items():
        done.clear()
        with database.begin() as conn:
            form = Asking(purpose=Purpose.SUBSCRIBE, address=reader.address, network="203.0.113.7")
            answer = asking.ask(conn, form, reader.rules, now=NOW, secrets=SECRETS)
        assert answer is Answer.TAKEN
        work[name] = tuple(done)
    assert len(set(work.values())) == 1
    assert len(work["new"]) > 4
    assert not any("subscriber_person" in statement for statement in work["new"])
