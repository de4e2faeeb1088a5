"""Leaving by the lasting link in each mail, and whether a mail is on its way all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.pipeline.context import Context
from newsletter.store import on_its_way
from newsletter.store.on_its_way import Coming
from subscribers import leaving
from subscribers.leaving import Left, Outcome
from subscribers.model import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """What became of it. `coming` are editions that were handed over before and still arrive:
    the page says so, as nothing stops them any more.
    """

    outcome: Outcome
    coming: tuple[Coming, ...] = ()


def leave(
    context: Context,
    token: str,
    *,
    method: Method,
    source: str = "",
    reason: str = "",
    network: str = "",
) -> Farewell:
    """Takes the person of a lasting token off the list, for good and at once; may be repeated.

    A token of nobody is no error: whoever asks is told the same. Call `coming` for the page; a mail
    program's POST needs none of it, and is answered sooner without.
    """
    kept = network if context.settings.signup.keep_network_address else ""
    with context.database.begin() as connection:
        left = leaving.leave(
            connection,
            token,
            now=context.now(),
            method=method,
            source=source,
            reason=reason,
            network=kept,
        )
    one_click = method is Method.ONE_CLICK
    return Farewell(outcome=left.outcome, coming=() if one_click else coming(context, left))


def leave_by_one_click(context: Context, tokens: Sequence[str]) -> None:
    """Takes the persons of these lasting tokens off the list, all in one transaction.

    As `leave` does for each; those who come at the same time are written down together.
    """
    now = context.now()
    with context.database.begin() as connection:
        for token in leaving.in_order(connection, tokens):
            leaving.leave(connection, token, now=now, method=Method.ONE_CLICK, source="one-click")


def coming(context: Context, left: Left) -> tuple[Coming, ...]:
    """The editions that still arrive, the newest first."""
    if left.subscriber_id is None:
        return ()
    with context.database.read() as connection:
        return on_its_way.coming(connection, left.subscriber_id, context.channel, now=context.now())
