"""`newsletter suppressions`: the addresses that must not be written to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from newsletter.cli import suppressions_text as text
from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, interactive, json_option, say

if TYPE_CHECKING:
    from newsletter.wiring import Wiring
    from subscribers.model import SuppressedAddress, Suppression

REASONS = ("unsubscribed", "hard_bounce", "soft_bounces", "complaint", "manual", "erased")
"""As in `subscribers.model.SuppressionReason`, which is imported only when it is needed."""


@click.group(name="suppressions", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Addresses that must not be written to, whatever the list of subscribers says.

    Mail to them came back, was reported as spam, or is not wanted. No import and no edition
    reaches them. With SendGrid, `sync` takes over what happened there.

    Example: newsletter suppressions sync
    """


@command.command(name="list")
@click.option("--reason", type=click.Choice(REASONS), help="Only those suppressed for this.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="How many addresses to show at most.",
)
@click.option(
    "--after",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    help="Go on after the suppression of this number.",
)
@json_option
@pass_app
def list_(app: App, reason: str | None, limit: int, after: int) -> None:
    """List the suppressed addresses, in the order in which they came.

    An erased address is not shown: only a code is left of it.

    Example: newsletter suppressions list --reason hard_bounce
    """
    from subscribers.model import SuppressionReason
    from subscribers.store import suppressions

    wanted = None if reason is None else SuppressionReason(reason)
    with app.wiring().read() as conn:
        found = suppressions.page(conn, wanted, after=after, limit=limit + 1)
        total = suppressions.count(conn, wanted)
    found, more = found[:limit], len(found) > limit
    emit(app, [_plain(each) for each in found], text.listed(found, total, more=more))


@command.command()
@click.argument("address")
@click.option("--note", default="", help="Why, for yourself.")
@json_option
@pass_app
def add(app: App, address: str, note: str) -> None:
    """Suppress one address by hand, whether or not it is on the list.

    A subscription stays as it is, but no edition reaches it. To take a person off the list, use
    `newsletter subscribers unsubscribe`.

    Example: newsletter suppressions add info@example.org --note "asked by phone, 3 May"
    """
    from subscribers import membership
    from subscribers.model import SuppressionReason

    wiring = app.wiring()
    with wiring.begin() as conn:
        before = membership.suppress(
            conn, address, now=wiring.now(), note=note, secrets=wiring.secret_keys()
        )
    reason = SuppressionReason.MANUAL if before is None else before.reason
    data = {"address": address, "changed": before is None, "reason": reason.value}
    emit(app, data, text.added(address, before))


@command.command()
@click.argument("address")
@click.option("--reason", default="", help="How the person asked for it, as evidence.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_app
def remove(app: App, address: str, *, reason: str, yes: bool) -> None:
    """Let one address be written to again. An erased one stays erased.

    Somebody who unsubscribed, or who reported a mail as spam, must have asked for it: the command
    asks whether she did, or wants --yes. After a report it also wants to know how she asked
    (--reason), and writes that down. A subscription stays as it is.

    SendGrid keeps lists of its own and drops mail to an address until it is deleted there, too.

    Example: newsletter suppressions remove anna@example.org --reason "by phone, 3 May"
    """
    from subscribers import membership

    wiring = app.wiring()
    secrets = wiring.secret_keys()
    with wiring.read() as conn:
        found = membership.suppression_of(conn, address, secrets=secrets)
    if found is not None:
        reason = _asked(app, address, found, reason, yes=yes)
    with wiring.begin() as conn:
        lifted = membership.lift_suppression(
            conn, address, now=wiring.now(), reason=reason, secrets=secrets
        )
        status = membership.status_of(conn, address)
    data = {"address": address, "changed": True, "reason": lifted.reason.value}
    emit(app, data, text.removed(address, lifted, status, sendgrid=_uses_sendgrid(wiring, lifted)))


def _asked(app: App, address: str, found: Suppression, reason: str, *, yes: bool) -> str:
    """Whether the person wants it, where that matters, and how she said so; the reason.

    Raises UsageError where nobody can answer, and Abort for a no.
    """
    from newsletter.errors import UsageError

    risk = text.risk(address, found)
    needs_reason = found.reason.value == "complaint" and not reason.strip()
    if not risk or (yes and not needs_reason):
        return reason
    if not interactive(app) or (yes and needs_reason):
        how = ' and --reason "how she asked"' if needs_reason else ""
        raise UsageError(risk, f"If the person asked to be written to again, add --yes{how}.")
    click.confirm(f"{risk} Did the person ask to be written to again?", abort=True)
    return str(click.prompt("How did she ask for it")) if needs_reason else reason


def _uses_sendgrid(wiring: Wiring, lifted: Suppression) -> bool:
    """Whether SendGrid may have the address on a list, too."""
    from newsletter.pipeline.suppressions import came_from_provider

    return wiring.settings.delivery.transport == "sendgrid" or came_from_provider(lifted)


@command.command()
@click.option("--all", "whole", is_flag=True, help="Read the lists from their beginning again.")
@click.option("--push", is_flag=True, help="Tell SendGrid as well who must not be mailed here.")
@json_option
@pass_app
def sync(app: App, *, whole: bool, push: bool) -> None:
    """Take over who unsubscribed, complained or bounced at SendGrid.

    Global unsubscribes end the subscription. Bounces, invalid addresses and spam reports suppress
    the address, also one that is on no list of yours, so that no import brings it in. Blocks are
    only counted. Nothing is changed at SendGrid without --push.

    Only what came since the last time is read, with a day of overlap; --all is for after you have
    changed to another account. It can be run at any time and as often as you like, and needs
    SENDGRID_API_KEY with the right to read suppressions.

    With unsubscribe = "sendgrid", `newsletter send` does this by itself.

    --push, or `push = true` under [suppressions], then puts the addresses that unsubscribed here or
    must not be mailed on SendGrid's list of global unsubscribes, but for those that came from
    there; and takes off who may be mailed again, of those that it put there. So whatever else you
    send with this account does not reach them. The key needs full access to Suppressions.

    Example: newsletter suppressions sync
    """
    from newsletter.pipeline import pushing
    from newsletter.pipeline import suppressions as use_case

    wiring = app.wiring()
    lists = wiring.lists()
    report = use_case.sync(
        wiring.database(),
        lists,
        now=wiring.now(),
        pause=wiring.pause,
        tell=say,
        secrets=wiring.secret_keys(),
        whole=whole,
    )
    done = None
    if push or wiring.settings.suppressions.push:
        done = pushing.push(wiring.database(), lists, now=wiring.now(), pause=wiring.pause)
    emit(app, text.sync_json(report, done), text.synced(report, done))


def _plain(each: SuppressedAddress) -> dict[str, Any]:
    bar = each.suppression
    return {
        "id": each.id,
        "address": each.address,
        "reason": bar.reason.value,
        "since": bar.since,
        "note": bar.note,
    }
