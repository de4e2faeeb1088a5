"""What comes back: whether SendGrid's reports are heard, and whether readers can leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from newsletter.delivery.gates import LEAVING_MUST_HAVE_WORKED
from newsletter.errors import SettingsError
from newsletter.events.verify import Verifier
from newsletter.model.remark import Remark, fine, problem, warning
from newsletter.pipeline.context import pages_of
from newsletter.pipeline.examination.storage import opened
from newsletter.pipeline.examination.surroundings import Surroundings
from newsletter.store import posted_events, unsubscribe_checks

LONG = timedelta(hours=1)
"""Reports that wait for longer than that wait for nobody."""

_HOW = "docs/how-to/hear-back-from-sendgrid.md says how."
_TRY = "With `newsletter serve` at work, run `newsletter doctor --unsubscribe`."


def webhook(around: Surroundings) -> Iterator[Remark]:
    """Whether reports can be believed, and are absorbed."""
    keys = around.settings.secrets.webhook_keys
    root = around.settings.newsletter.public_url
    if not keys:
        found = (
            "SENDGRID_WEBHOOK_PUBLIC_KEY is not set: what SendGrid reports of bounces and"
            " complaints is refused, and known only after `newsletter suppressions sync`."
        )
        yield warning("webhook", found, f"Set up the signed Event Webhook; {_HOW}")
    else:
        yield from _keys(keys, f"{root}/webhooks/sendgrid")
    yield from _waiting(around)


def _keys(keys: tuple[str, ...], url: str) -> Iterator[Remark]:
    try:
        Verifier(keys)
    except SettingsError as error:
        yield problem("webhook", error.message, error.mend)
        return
    known = "one key" if len(keys) == 1 else f"{len(keys)} keys"
    yield fine("webhook", f"SendGrid's reports are believed with {known}; they come to {url}.")


def _waiting(around: Surroundings) -> Iterator[Remark]:
    with opened(around) as database:
        if database is None:
            return
        with database.read() as connection:
            found = posted_events.waiting(connection)
    if found.aside:
        said = f"{found.aside:,} posts of events could not be absorbed, and were set aside."
        yield warning("webhook", said, "Try them once more with `newsletter db absorb`.")
    if found.since is not None and around.now() - found.since > LONG:
        said = f"{found.events:,} events wait to be absorbed, since {found.since:%d %B, %H:%M} UTC."
        yield warning("webhook", said, "See that `newsletter serve` is running; or run `newsletter"
                      " db absorb`.")  # fmt: skip


def leaving(around: Surroundings) -> Iterator[Remark]:
    """How unsubscribing was found the last time; trying it is `--unsubscribe`'s."""
    root = pages_of(around.settings)
    with opened(around) as database:
        if database is None:
            return
        with database.read() as connection:
            last = unsubscribe_checks.last(connection, root)
    if last is None:
        yield warning("unsubscribe", "Nobody has tried yet whether readers can unsubscribe.", _TRY)
    elif not last.passed:
        yield problem("unsubscribe", f"The last time: {last.found}", _TRY)
    elif around.now() - last.checked_at > LEAVING_MUST_HAVE_WORKED:
        days = (around.now() - last.checked_at).days
        found = f"That readers can unsubscribe was last seen {days} days ago."
        yield warning("unsubscribe", found, _TRY)
    else:
        yield fine("unsubscribe", f"Readers could unsubscribe on {last.checked_at:%d %B %Y}.")
