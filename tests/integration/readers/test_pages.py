"""What the pages behind links do: choosing, leaving, seeing what is held, being forgotten."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.pipeline.readers import choosing, joining, leaving
from newsletter.store.engine import Database
from subscribers import membership
from subscribers.confirming import LinkState, Outcome
from subscribers.errors import LeftAlone
from subscribers.leaving import Outcome as Leaving
from subscribers.model import ConsentKind, Form, Method, Purpose, SubscriptionStatus
from tests.integration.readers.desk import ANNA, SECRETS, ReadersDesk, keeping_network

GONE = SubscriptionStatus.UNSUBSCRIBED


@pytest.fixture
def desk(tmp_path: Path, database: Database) -> ReadersDesk:
    return ReadersDesk(tmp_path, database)


def test_the_page_behind_a_lasting_link_names_neither_address_nor_topics(
    desk: ReadersDesk,
) -> None:
    person = desk.join(topics=["trials"])
    seen = choosing.by_lasting_link(desk.context, person.token)
    assert seen is not None
    assert (seen.address, seen.topics) == ("a***@e***.org", None)
    assert choosing.by_lasting_link(desk.context, "nobody's") is None


def test_form_and_pause_are_changed_by_the_lasting_link(desk: ReadersDesk) -> None:
    token = desk.join().token
    desk.wait(days=1)
    seen = choosing.choose_by_lasting_link(
        desk.context, token, form=Form.LARGE, pause_weeks=4, source="preferences page"
    )
    assert seen is not None
    assert (seen.form, seen.paused_until) == (Form.LARGE, desk.now + timedelta(weeks=4))
    line = desk.dossier().consents[-1]
    assert (line.kind, line.method) == (ConsentKind.CHANGED, Method.PERSONAL_LINK)
    assert line.detail == "form: normal → large; paused until 2026-12-15 08:00 UTC"
    ended = choosing.choose_by_lasting_link(desk.context, token, pause_weeks=0)
    assert ended is not None
    assert ended.paused_until is None
    assert desk.dossier().consents[-1].detail == "pause ended"


def test_a_pause_that_is_over_is_none(desk: ReadersDesk) -> None:
    token = desk.join().token
    choosing.choose_by_lasting_link(desk.context, token, pause_weeks=1)
    desk.wait(weeks=1)
    seen = choosing.by_lasting_link(desk.context, token)
    assert seen is not None
    assert seen.paused_until is None


def test_what_is_chosen_again_is_no_new_evidence(desk: ReadersDesk) -> None:
    token = desk.join().token
    before = desk.dossier()
    choosing.choose_by_lasting_link(desk.context, token, form=Form.NORMAL)
    assert desk.dossier() == before


def test_topics_are_seen_and_changed_by_a_mailed_link_until_it_expires(desk: ReadersDesk) -> None:
    desk.join(topics=["trials"])
    token = desk.ask(Purpose.PREFERENCES)
    seen = choosing.by_mailed_link(desk.context, token)
    assert seen is not None
    assert (seen.address, seen.topics) == (ANNA, ("trials",))
    for topics in (("living", "nonsense"), ()):
        after = choosing.choose_by_mailed_link(desk.context, token, topics=topics)
        assert after is not None
        assert after.topics == tuple(topic for topic in topics if topic != "nonsense")
    assert desk.dossier().consents[-1].detail == "topics: living → everything"
    desk.wait(hours=24)
    assert choosing.by_mailed_link(desk.context, token) is None
    assert choosing.choose_by_mailed_link(desk.context, token, topics=("trials",)) is None
    assert desk.person().topics == ()


def test_who_left_chooses_nothing(desk: ReadersDesk) -> None:
    token = desk.join().token
    leaving.leave(desk.context, token, method=Method.ONE_CLICK)
    before = desk.dossier()
    seen = choosing.choose_by_lasting_link(desk.context, token, form=Form.LARGE)
    assert seen is not None
    assert (seen.status, seen.form) == (GONE, Form.NORMAL)
    assert desk.dossier() == before


def test_leaving_is_for_good_and_may_be_repeated(desk: ReadersDesk) -> None:
    token = desk.join().token
    first = leaving.leave(desk.context, token, method=Method.ONE_CLICK, source="mail program")
    again = leaving.leave(desk.context, token, method=Method.PERSONAL_LINK)
    assert (first.outcome, again.outcome) == (Leaving.LEFT, Leaving.ALREADY)
    assert desk.person().status is GONE
    (line,) = [c for c in desk.dossier().consents if c.kind is ConsentKind.WITHDRAWN]
    assert (line.method, line.source, line.detail) == (Method.ONE_CLICK, "mail program", "")


def test_one_reason_may_be_given_also_afterwards(desk: ReadersDesk) -> None:
    token = desk.join().token
    leaving.leave(desk.context, token, method=Method.ONE_CLICK)
    for reason in ("too many\nmails", "another"):
        leaving.leave(desk.context, token, method=Method.PERSONAL_LINK, reason=reason)
    details = [line.detail for line in desk.dossier().consents]
    assert details[-2:] == ["", "reason: too many mails"]


def test_a_token_of_nobody_is_answered_alike_and_changes_nothing(desk: ReadersDesk) -> None:
    token = desk.join().token
    with desk.context.database.begin() as connection:
        membership.erase(connection, ANNA, now=desk.now, secrets=SECRETS)
    for unknown in (token, "sample", "", "x" * 5000, "é\u2028"):
        left = leaving.leave(desk.context, unknown, method=Method.ONE_CLICK)
        assert left.outcome is Leaving.UNKNOWN


def test_networks_are_kept_only_by_wish(desk: ReadersDesk) -> None:
    token = desk.join(network="203.0.113.7").token
    choosing.choose_by_lasting_link(desk.context, token, form=Form.LARGE, network="203.0.113.7")
    assert {line.network for line in desk.dossier().consents} == {""}
    with keeping_network(desk):
        leaving.leave(desk.context, token, method=Method.ONE_CLICK, network="203.0.113.7")
    assert desk.dossier().consents[-1].network == "203.0.113.7"


def test_a_person_sees_all_that_is_held_about_her(desk: ReadersDesk) -> None:
    desk.join(topics=["trials"])
    token = desk.ask(Purpose.DOSSIER)
    told = joining.dossier(desk.context, token)
    assert told is not None
    assert json.loads(json.dumps(told)) == told
    assert told["subscriber"]["address"] == ANNA
    assert [each["what"] for each in told["consents"]] == ["asked", "given"]
    assert "rare disease" in told["consents"][1]["shown"]
    assert [each["what"] for each in told["requests"]] == ["subscribe", "dossier"]
    assert joining.dossier(desk.context, token) == told
    desk.wait(hours=24)
    assert joining.dossier(desk.context, token) is None


def test_who_is_forgotten_is_gone_and_no_list_brings_her_back(desk: ReadersDesk) -> None:
    desk.join()
    token = desk.ask(Purpose.FORGET)
    assert joining.look(desk.context, Purpose.FORGET, token).state is LinkState.OPEN
    assert joining.forget(desk.context, token)
    assert not joining.forget(desk.context, token)
    assert joining.look(desk.context, Purpose.FORGET, token).state is LinkState.UNKNOWN
    held = desk.dossier()
    assert (held.subscriber, held.consents, held.requests) == (None, (), ())
    with pytest.raises(LeftAlone), desk.context.database.begin() as connection:
        membership.add(connection, ANNA, now=desk.now, secrets=SECRETS)
    assert desk.join().status is SubscriptionStatus.ACTIVE


def test_a_link_for_one_thing_does_no_other(desk: ReadersDesk) -> None:
    desk.join()
    token = desk.ask(Purpose.PREFERENCES)
    assert not joining.forget(desk.context, token)
    assert joining.dossier(desk.context, token) is None
    assert joining.confirm(desk.context, token).outcome is Outcome.UNKNOWN
