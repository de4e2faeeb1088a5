"""The mails that answer what a reader asked: what they say, to whom, and that none is lost."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from newsletter.delivery.message import Envelope, Notice
from newsletter.delivery.transports.outbox import Outbox
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.transports.smtp_connection import Server
from newsletter.errors import TransportError, UsageError
from newsletter.pipeline.readers import asking, joining
from newsletter.pipeline.readers.answering import answer_due
from newsletter.pipeline.readers.overdue import unanswered
from newsletter.store.engine import Database
from subscribers.asking import Answer
from subscribers.confirming import Outcome
from subscribers.model import Form, Letter, Purpose, RequestState
from subscribers.store import requests
from tests.delivery_desk import desk as office
from tests.integration.readers.desk import ANNA, SECRETS, TITLE, ReadersDesk, part, token_in
from tests.mailserver import sink


@pytest.fixture
def desk(tmp_path: Path, database: Database) -> ReadersDesk:
    return ReadersDesk(tmp_path, database)


class Broken(Outbox):
    """An outbox that cannot be written for some time."""

    def notify(self, notice: Notice, envelope: Envelope, *, date: datetime) -> None:
        raise TransportError(f"No room for {notice.to}.", "Make room.")


def test_what_an_inbox_shows_of_a_confirmation_tells_nobody_what_it_is_about(
    desk: ReadersDesk,
) -> None:
    desk.sign_up()
    (mail,) = desk.mails()
    assert mail["to"] == ANNA
    assert mail["from"] == "Newsletter <news@example.org>"
    assert mail["subject"] == "Please confirm your e-mail address"
    assert [name for name in mail if name.startswith("List-")] == []
    header = str(mail).partition("\n\n")[0]
    assert TITLE not in header
    shown_first = re.search(r"aria-hidden=\"true\">([^<&]*)", part(mail, "html"))
    assert shown_first is not None
    assert "asked for this mail" in shown_first[1]
    assert TITLE in part(mail, "plain")
    assert TITLE in part(mail, "html")


def test_a_confirmation_says_what_is_agreed_to_word_for_word(desk: ReadersDesk) -> None:
    desk.sign_up()
    (mail,) = desk.mails()
    wording = asking.wording_of(desk.context.settings)
    assert TITLE in wording
    assert wording in " ".join(part(mail, "plain").split())
    joining.confirm(desk.context, token_in(mail))
    assert {line.wording for line in desk.dossier().consents} == {wording}


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("confirm.subject.txt.j2", "{{ letter.nothing }}", "nothing"),
        ("confirm.txt.j2", "{% if %}", "confirm.txt.j2"),
        ("confirm.txt.j2", "Please press the button.", "lost its link"),
        ("confirm.mjml.j2", "<mjml><mj-body></mj-wrong>", "confirm.mjml.j2"),
    ],
)
def test_a_template_that_does_not_work_keeps_nobody_from_joining(
    desk: ReadersDesk, name: str, text: str, why: str
) -> None:
    own = desk.folder / "templates" / "confirm"
    own.mkdir(parents=True)
    (own / name).write_text(text, "utf-8")
    desk.sign_up()
    (mail,) = desk.mails()
    assert joining.confirm(desk.context, token_in(mail)).outcome is Outcome.CONFIRMED
    (said,) = desk.said
    assert why in said
    assert said.endswith("The program's own templates are used for it.")


def test_one_link_is_in_both_parts_and_confirms(desk: ReadersDesk) -> None:
    desk.sign_up(topics=["trials", "nonsense"], form=Form.LARGE)
    (mail,) = desk.mails()
    assert "3 days" in part(mail, "plain")
    assert joining.confirm(desk.context, token_in(mail)).outcome is Outcome.CONFIRMED
    assert (desk.person().topics, desk.person().form) == (("trials",), Form.LARGE)


def test_who_chose_plain_text_gets_no_html_and_who_chose_discreet_no_title(
    desk: ReadersDesk,
) -> None:
    desk.sign_up("ben@example.org", form=Form.PLAIN)
    desk.sign_up("cleo@example.org", form=Form.DISCREET)
    plain, discreet = desk.mails()
    assert part(plain, "html") == ""
    assert token_in(plain)
    assert TITLE not in str(discreet)
    assert TITLE not in part(discreet, "plain") + part(discreet, "html")


def test_an_inbox_that_shows_how_a_plain_mail_begins_tells_nobody_either(
    desk: ReadersDesk,
) -> None:
    """The name comes further down than inboxes show; HTML has a hidden line for them."""
    desk.join(form=Form.PLAIN)
    desk.wait(hours=2)
    desk.sign_up()
    for mail in desk.mails():
        assert part(mail, "html") == ""
        text = " ".join(part(mail, "plain").split())
        assert text.index(TITLE) > 150


def test_who_wants_discreet_mails_gets_letters_from_their_address_too(
    tmp_path: Path, database: Database
) -> None:
    more = '[privacy]\ndiscreet_sender = "The letter <letter@example.net>"\n'
    desk = ReadersDesk(tmp_path, database, more)
    desk.sign_up("ben@example.org")
    desk.sign_up("cleo@example.org", form=Form.DISCREET)
    usual, discreet = desk.mails()
    assert usual["from"] == "Newsletter <news@example.org>"
    assert discreet["from"] == "Newsletter <letter@example.net>"
    assert "letter@example.net" in part(discreet, "plain")
    assert "news@example.org" not in str(discreet)


def test_who_is_on_the_list_gets_her_lasting_links(desk: ReadersDesk) -> None:
    token = desk.join().token
    desk.wait(hours=2)
    assert desk.sign_up() is Answer.TAKEN
    mail = desk.mails()[-1]
    assert mail["subject"] == "You have signed up already"
    for kind in ("plain", "html"):
        assert f"https://news.example.org/unsubscribe/{token}" in part(mail, kind)
        assert f"https://news.example.org/preferences/{token}" in part(mail, kind)
        assert "/confirm/" not in part(mail, kind)


@pytest.mark.parametrize(
    ("purpose", "path"),
    [
        (Purpose.PREFERENCES, "preferences/mailed"),
        (Purpose.FORGET, "forget"),
        (Purpose.DOSSIER, "dossier"),
    ],
)
def test_each_purpose_has_a_link_of_its_own(desk: ReadersDesk, purpose: Purpose, path: str) -> None:
    desk.join()
    token = desk.ask(purpose)
    mail = desk.mails()[-1]
    assert f"https://news.example.org/{path}/{token}" in part(mail, "plain")
    assert TITLE not in str(mail).partition("\n\n")[0]
    for other in Purpose:
        state = joining.look(desk.context, other, token).state.value
        assert state == ("open" if other is purpose else "unknown")


def test_a_link_can_be_asked_for_by_the_lasting_link_and_goes_to_its_owner(
    desk: ReadersDesk,
) -> None:
    token = desk.join().token
    assert asking.ask_for_own_link(desk.context, Purpose.FORGET, token) is Answer.TAKEN
    assert asking.ask_for_own_link(desk.context, Purpose.FORGET, "nobody's") is Answer.TAKEN
    assert desk.answer().sent == 1
    assert desk.mails()[-1]["to"] == ANNA


def test_nobody_signs_up_where_the_settings_forbid_it(tmp_path: Path, database: Database) -> None:
    desk = ReadersDesk(tmp_path, database, "enabled = false\n")
    with pytest.raises(UsageError):
        desk.sign_up()
    desk.answer()
    assert desk.mails() == []


def test_a_mail_that_cannot_go_is_told_of_without_the_address_and_goes_later(
    desk: ReadersDesk,
) -> None:
    asking.sign_up(desk.context, ANNA)
    broken = Broken(desk.outbox, lambda *_: None)
    assert desk.answer(broken).failed == 1
    assert desk.answer().sent == 0
    desk.wait(minutes=1)
    assert desk.answer().sent == 1
    assert len(desk.said) == 1
    assert ANNA not in desk.said[0]
    (asked,) = desk.dossier().requests
    assert (asked.state, asked.letter) == (RequestState.MAILED, Letter.CONFIRM)


def test_many_answers_do_not_hold_up_other_jobs(desk: ReadersDesk) -> None:
    for number in range(3):
        asking.sign_up(desk.context, f"reader{number}@example.org")
    assert answer_due(desk.context, most=2).sent == 2
    with desk.context.database.read() as connection:
        assert requests.waiting(connection, desk.now + timedelta(minutes=1)) == 1
    assert answer_due(desk.context, most=2).sent == 1


def test_the_admin_s_own_template_comes_first(desk: ReadersDesk) -> None:
    own = desk.folder / "templates" / "confirm"
    own.mkdir(parents=True)
    (own / "confirm.subject.txt.j2").write_text("Bitte bestätigen", encoding="utf-8")
    desk.sign_up()
    assert desk.mails()[0]["subject"] == "Bitte bestätigen"


def test_servers_that_answer_at_once_mail_each_reader_once(desk: ReadersDesk) -> None:
    """Two processes on one PostgreSQL, or two threads on a file; each address was typed twice."""
    for number in range(12):
        for _ in range(2):
            asking.sign_up(desk.context, f"reader{number}@example.org")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: answer_due(desk.context), range(4)))
    assert sum(each.sent for each in done) == 12
    assert sorted(mail["to"] for mail in desk.mails()) == sorted(
        f"reader{number}@example.org" for number in range(12)
    )


def test_the_admin_is_told_of_mails_that_wait_or_did_not_go(desk: ReadersDesk) -> None:
    def told() -> list[str]:
        with desk.context.database.read() as connection:
            return unanswered(connection, desk.now)

    asking.sign_up(desk.context, ANNA)
    assert told() == []
    desk.wait(minutes=16)
    (waits,) = told()
    assert waits.startswith("One reader waits")
    broken = Broken(desk.outbox, lambda *_: None)
    for _ in range(30):
        assert desk.answer(broken).failed == 1
        desk.wait(hours=1)
    (lost,) = told()
    assert "is not tried again: No room for (an address) Make room." in lost
    desk.wait(days=31)
    assert told() == []


def test_an_address_that_the_mail_server_refuses_is_tried_once(
    tmp_path: Path, database: Database
) -> None:
    """By a real mail server; the mail to the next reader goes."""
    desk = ReadersDesk(tmp_path, database)
    asking.sign_up(desk.context, ANNA)
    asking.sign_up(desk.context, "ben@example.org")
    with sink() as server:
        server.unknown.add(ANNA)
        here = Server(host="127.0.0.1", port=server.port, name="example.org", timeout=10.0)
        transport = Smtp(here, clock=time.monotonic)
        done = desk.answer(transport)
        transport.close()
    assert (done.sent, done.failed) == (1, 1)
    (arrived,) = server.arrived
    assert arrived.recipients == ["ben@example.org"]
    assert desk.dossier().requests[0].state is RequestState.FAILED
    assert desk.dossier("ben@example.org").requests[0].state is RequestState.MAILED


def test_by_sendgrid_a_mail_goes_at_once_and_is_watched_by_nobody(tmp_path: Path) -> None:
    """Also where editions wait in an undo window."""
    with office(tmp_path, people=1, batch_size=1) as at, at.transport() as transport:
        context = at.context(transport, secrets=SECRETS)
        asking.sign_up(context, ANNA)
        assert answer_due(context).sent == 1
        (message,) = list(at.judge.messages())
        (seen,) = [each for each in at.judge.requests() if each.path == "/v3/mail/send"]
    assert message.email == ANNA
    assert (message.batch_id, message.delivery) == ("", "")
    assert message.send_at <= message.accepted_at
    assert seen.status == 202
