"""The proof: the next edition as it stands, mailed to the admin before it goes out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from newsletter.delivery.links import links_for
from newsletter.delivery.message import Notice
from newsletter.delivery.states import OPEN_DRAFT
from newsletter.delivery.window import CANCEL_MARGIN
from newsletter.editions.period import next_period
from newsletter.editions.wording import long_date, title_of
from newsletter.model.edition import Edition, Period
from newsletter.model.notice import NoticeKind
from newsletter.model.personal import fill_html, fill_text
from newsletter.pipeline.collect import FeedReport, collect
from newsletter.pipeline.compose import Composed, compose
from newsletter.pipeline.context import Context, envelope_of, pages_of, schedule_of, tags_of
from newsletter.pipeline.delivering.freezing import undo_minutes
from newsletter.pipeline.gating import active_people, stops_before
from newsletter.pipeline.notifying import telling
from newsletter.pipeline.notifying.words import (
    counted_people,
    for_edition,
    unread,
    without_addresses,
)
from newsletter.pipeline.trials import check_trials
from newsletter.store import editions as edition_store

MARK = "[PROOF]"

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What stands above a proof. All are sentences or titles as plain text.

    `posts` have their numbers, for the command that leaves one out.
    """

    key: str
    when: str
    undo: str
    holds: tuple[str, ...]
    findings: tuple[str, ...]
    left_out: tuple[str, ...]
    no_room: tuple[str, ...]
    feeds: tuple[str, ...]
    posts: tuple[tuple[int, str], ...]


def proof(context: Context) -> None:
    """Mails the next edition to the admin, once, when its time is near and there is any news.

    It is made as the real run will make it. Not for one that was approved or taken back: that was
    looked at. The caller holds the run lock. Raises StoreError.
    """
    period = next_period(schedule_of(context.settings), context.now())
    if not _is_near(context, period) or _is_settled(context, period):
        return
    about = f"{context.channel}:{period.key}"
    before = telling.known(context, NoticeKind.PROOF, about)
    if before is not None and not before.may_go(context.now()):
        return
    feeds = collect(context)
    check_trials(context)
    composed = compose(context, period)
    if composed.edition is None:
        return
    mail = _mail(context, composed, composed.edition, feeds)
    text = f"{mail.subject}\n\n{mail.text}"
    telling.send(context, telling.noted(context, NoticeKind.PROOF, about, text), mail)


def _is_near(context: Context, period: Period) -> bool:
    hours = context.settings.notify.proof_hours
    return hours > 0 and context.now() >= period.scheduled_at - timedelta(hours=hours)


def _is_settled(context: Context, period: Period) -> bool:
    with context.database.read() as connection:
        found = edition_store.find(connection, period.key, context.channel)
    return found is not None and found.state not in OPEN_DRAFT


def _mail(
    context: Context, composed: Composed, edition: Edition, feeds: Sequence[FeedReport]
) -> Notice:
    from newsletter.editions.render import render_page  # the template engine takes time to import

    values: dict[str, object] = {"box": _box(context, composed, edition, feeds)}
    html, text = _filled(context, composed, edition)
    shown = composed.variants[0].subject if composed.variants else f"{edition.key} cannot be shown"
    return Notice(
        to=telling.addressee(context.settings.notify.to),
        subject=f"{MARK} {shown}",
        text=render_page("notice/proof.txt.j2", {**values, "text": text}),
        html=_above(render_page("notice/proof.html.j2", values), html),
    )


def _filled(context: Context, composed: Composed, edition: Edition) -> tuple[str, str]:
    """HTML and text of the mail that most people get, with harmless personal links."""
    if not composed.variants:
        return "", ""
    rendered = composed.variants[0]
    tags = tags_of(context.settings, edition.nonce)
    links = links_for(
        pages_of(context.settings),
        edition.key,
        reply_to=envelope_of(context.settings).reply_address,
    )
    return fill_html(rendered.html, tags, links), fill_text(rendered.text, tags, links)


def _above(box: str, html: str) -> str:
    """The mail with the box at the top of its body; the box alone where there is no mail."""
    body = _BODY.search(html)
    if body is None:
        return f'<!doctype html><html lang="en"><body>{box}{html}</body></html>'
    return html[: body.end()] + box + html[body.end() :]


def _box(
    context: Context, composed: Composed, edition: Edition, feeds: Sequence[FeedReport]
) -> Box:
    people = active_people(context)
    stops = stops_before(context, composed, people)
    holds = stops.reasons + tuple(f"{hold.message} {hold.mend}" for hold in stops.confirmable)
    findings = (f"{f.place}: {f.message} {f.mend}" for f in composed.findings if not f.error)
    return Box(
        key=edition.key,
        when=_when(context, edition.period, people),
        undo=_undo(context),
        holds=_plain(edition.key, holds),
        findings=_plain(edition.key, findings),
        left_out=tuple(map(title_of, composed.left_out)),
        no_room=tuple(map(title_of, composed.rolled_over)),
        feeds=_plain(edition.key, (unread(feed) for feed in feeds if feed.status == "failed")),
        posts=tuple((item.post_id, title_of(item)) for item in composed.items),
    )


def _when(context: Context, period: Period, people: int) -> str:
    zone = context.settings.newsletter.zone
    at = period.scheduled_at.astimezone(zone)
    day = f"{at:%A}, {long_date(at.date())}, at {at:%H:%M} ({zone.key})"
    return f"{day}, to {counted_people(people)}"


def _undo(context: Context) -> str:
    """What can still be done after that; "" where a mail that is out is out."""
    minutes = undo_minutes(context, scheduled=True)
    if not minutes:
        return ""
    margin = int(CANCEL_MARGIN.total_seconds() // 60)
    return (
        f"The mails then wait for {minutes} minutes at the provider. Until {margin} minutes before"
        " they leave, all of them can be taken back; another mail will tell you the times."
    )


def _plain(key: str, said: Iterable[str]) -> tuple[str, ...]:
    return tuple(for_edition(key, without_addresses(each)) for each in said)
