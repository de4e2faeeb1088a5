"""A reader asks for something by a form: to join, or for a link that is mailed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from newsletter.config import Settings
from newsletter.errors import UsageError
from newsletter.pipeline.context import Context
from subscribers import answering, asking
from subscribers.asking import Answer, Asking, Rules
from subscribers.limits import Limit
from subscribers.model import Form, Purpose
from subscribers.store import people

_SOURCE = "sign-up page"


def sign_up(
    context: Context,
    address: str,
    *,
    topics: Collection[str] = (),
    form: Form = Form.NORMAL,
    source: str = _SOURCE,
    network: str = "",
    trap: str = "",
) -> Answer:
    """Somebody wants the newsletter at an address, as typed; topics that are none are left out.

    The answer is the same, and takes the same time, whoever has the address. `source` is the page
    with the form; `network` is where it came from; `trap` is the field that people do not see. The
    mail goes afterwards: see `answering`. Raises AddressError, UsageError when nobody can sign up.
    """
    settings = context.settings
    if not settings.signup.enabled:
        raise UsageError("Nobody can sign up here at present.", "Write to us instead.")
    known = [topic.key for topic in settings.topics]
    asked = Asking(
        purpose=Purpose.SUBSCRIBE,
        address=address,
        topics=tuple(key for key in known if key in topics),
        form=form,
        wording=wording_of(settings),
        source=source,
        network=network,
        trap=trap,
    )
    return _ask(context, asked)


def ask_for_link(
    context: Context, purpose: Purpose, address: str, *, network: str = "", trap: str = ""
) -> Answer:
    """Somebody wants a link mailed to an address, as typed; the same answer whoever has it.

    Raises AddressError.
    """
    asked = Asking(purpose=purpose, address=address, network=network, trap=trap)
    return _ask(context, asked)


def ask_for_own_link(
    context: Context, purpose: Purpose, token: str, *, network: str = ""
) -> Answer:
    """The same from a page behind somebody's lasting link: the mail goes to her own address.

    For a token of nobody the answer is the same, too.
    """
    with context.database.read() as connection:
        person = people.by_token(connection, token)
    if person is None:
        return Answer.TAKEN
    asked = Asking(purpose=purpose, address=person.address, network=network)
    return _ask(context, asked)


def wording_of(settings: Settings) -> str:
    """What people agree to, word for word: to be shown beside the form."""
    return settings.signup.wording.replace("{title}", settings.newsletter.title)


def rules_of(settings: Settings) -> Rules:
    """How often may be asked, and how long links hold."""
    given = settings.signup
    return Rules(
        per_network=Limit(most=given.per_network),
        per_address=Limit(most=given.per_address),
        confirm_within=timedelta(hours=given.confirm_hours),
        use_within=timedelta(hours=given.link_hours),
        keep_network=given.keep_network_address,
    )


def pace_of(settings: Settings) -> answering.Pace:
    """How often an address is mailed."""
    given = settings.signup
    again = timedelta(minutes=given.again_minutes)
    return answering.Pace(again=again, per_day=given.mails_per_day)


def _ask(context: Context, asked: Asking) -> Answer:
    with context.database.begin() as connection:
        return asking.ask(
            connection,
            asked,
            rules_of(context.settings),
            now=context.now(),
            secrets=context.secrets,
        )
