"""The mails that answer what was asked, one after the other, at once and without an undo window.

What was asked is on the disk before. Each mail is noted before it is handed over and after: if the
program dies in between, the next one hands it over again, so that it may come twice but is not
lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from html import escape

from newsletter.config import Settings
from newsletter.delivery.links import links_for, mailed_link
from newsletter.delivery.message import Envelope, Notice, notice_message
from newsletter.delivery.transports.contract import LETTER_FOLDER
from newsletter.editions.letters import LetterMail, LetterText, in_words, render_letter
from newsletter.errors import NewsletterError, RenderError
from newsletter.model.edition import Form
from newsletter.pipeline.context import Context, envelope_of, look_of
from newsletter.pipeline.notifying.words import without_addresses
from newsletter.pipeline.readers.asking import pace_of, rules_of
from subscribers import address as addresses
from subscribers import answering, links
from subscribers.answering import Trouble
from subscribers.model import Letter, Purpose, Request, RequestState, Subscriber
from subscribers.store import evidence, people, requests

MOST_AT_ONCE = 200
"""So many mails one call hands over, so that other jobs have their turn."""

_USUAL: Mapping[Purpose, Letter] = {
    Purpose.SUBSCRIBE: Letter.CONFIRM,
    Purpose.PREFERENCES: Letter.PREFERENCES,
    Purpose.DOSSIER: Letter.DOSSIER,
    Purpose.FORGET: Letter.FORGET,
}
"""The mail that usually answers what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How many mails were handed over, and how many could not be."""

    sent: int = 0
    failed: int = 0


def answer_due(context: Context, *, most: int = MOST_AT_ONCE) -> Answered:
    """Answers what was asked, up to `most` requests; may run beside itself.

    A mail that cannot be handed over is told of and tried again later, and after some tries no
    more. Raises StoreError, and SecretKeyError without a secret key.
    """
    done = Answered()
    for _ in range(most):
        request = _next(context)
        if request is None:
            break
        if request.state is not RequestState.DUE:
            _make_for_nobody(context, request)
            continue
        if _hand_over(context, request):
            done = replace(done, sent=done.sent + 1)
        else:
            done = replace(done, failed=done.failed + 1)
    return done


def _next(context: Context) -> Request | None:
    rules, pace = rules_of(context.settings), pace_of(context.settings)
    now, secrets = context.now(), context.secrets
    with context.database.read() as connection:
        if not requests.is_due(connection, now):
            return None
    with context.database.begin() as connection:
        return answering.decide_next(connection, rules, pace, now=now, secrets=secrets)


def _make_for_nobody(context: Context, request: Request) -> None:
    """Makes the mail that does not go, and throws it away.

    Else who asks for an address, and then watches how busy the server is, could tell by that
    whether the address is known.
    """
    with suppress(NewsletterError):
        notice, envelope = letter_of(context, replace(request, letter=_USUAL[request.purpose]))
        notice_message(envelope, notice, date=context.now())


def _hand_over(context: Context, request: Request) -> bool:
    try:
        notice, envelope = letter_of(context, request)
        context.transport.notify(notice, envelope, date=context.now())
    except NewsletterError as error:
        said = without_addresses(str(error))
        with context.database.begin() as connection:
            again = answering.not_sent(
                connection, request, now=context.now(), error=said, trouble=_trouble(error)
            )
        rest = "it is tried again later" if again else "it is not tried again"
        context.tell(f"Warning: the mail “{request.letter}” did not go, {rest}. {said}")
        return False
    with context.database.begin() as connection:
        answering.sent(connection, request)
    return True


def _trouble(error: NewsletterError) -> Trouble:
    if getattr(error, "refused", False):
        return Trouble.REFUSED
    return Trouble.UNCLEAR if getattr(error, "unclear", False) else Trouble.LATER


def neutral(settings: Settings, form: Form) -> Envelope:
    """The sender of these mails: our address, under a name that tells nobody what it is about.

    Who wants discreet mails gets these from the address of those as well, if it has one.
    """
    envelope = replace(envelope_of(settings), sender_name=settings.signup.sender_name)
    own = settings.privacy.discreet_address if form is Form.DISCREET else ""
    return replace(envelope, sender_address=own, reply_to="") if own else envelope


def letter_of(context: Context, request: Request) -> tuple[Notice, Envelope]:
    """The whole mail for a request, and its sender. Raises RenderError, SecretKeyError.

    A provider that knows of her that she left, or that mail to her came back, would drop it, and
    nobody could come back, or be forgotten.
    """
    assert request.letter is not None
    settings = context.settings
    with context.database.read() as connection:
        person = people.find(connection, addresses.key(request.address))
        wording = evidence.wording_of(connection, request.wording_version)
    token = links.signed(request.nonce, request.purpose, context.secrets)
    given, root = settings.newsletter, settings.newsletter.public_url
    own = links_for(root, "", person.token) if person and request.letter is Letter.ALREADY else None
    form = _form(request, person)
    envelope = neutral(settings, form)
    text = LetterText(
        kind=request.letter.value,
        title=given.title,
        link=mailed_link(root, request.letter, token),
        holds=in_words(rules_of(settings).holds_for(request.purpose)),
        language=given.language,
        direction=given.direction,
        form=form,
        wording=wording,
        preferences=own.preferences if own else "",
        unsubscribe=own.unsubscribe if own else "",
        reply_address=envelope.reply_address,
        postal_address=given.postal_address,
    )
    mail = _written(context, text)
    notice = Notice(
        to=request.address,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        folder=LETTER_FOLDER,
        asked_for=True,
    )
    return notice, envelope


def _written(context: Context, letter: LetterText) -> LetterMail:
    """The letter's words. A template of the admin's own that does not work, or that has lost the
    link, keeps nobody from joining or leaving.
    """
    settings = context.settings
    try:
        mail = render_letter(letter, look_of(settings), own=settings.templates_path())
        if letter.link in mail.text and (not mail.html or escape(letter.link) in mail.html):
            return mail
        said = f"The mail “{mail.subject}” has lost its link by a template of your own."
    except RenderError as error:
        said = f"{error.message} {error.mend}".strip()
    context.tell(f"Warning: {said} The program's own templates are used for it.")
    return render_letter(letter, look_of(settings))


def _form(request: Request, person: Subscriber | None) -> Form:
    """As the person wants mails to look: as chosen just now, or before."""
    if request.letter is Letter.CONFIRM or person is None:
        return Form(request.form.value)
    return Form(person.form.value)
