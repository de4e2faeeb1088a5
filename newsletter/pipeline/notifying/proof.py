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
from newsletter.editions.wording import (
    counted_people,
    long_date,
    one_line,
    title_of,
    trial_title,
)
from newsletter.model.edition import DigestItem, Period, TrialUpdate
from newsletter.model.notice import NoticeKind
from newsletter.model.personal import fill_html, fill_text
from newsletter.pipeline.canary import check_before_send
from newsletter.pipeline.collect import FeedReport, collect
from newsletter.pipeline.compose import Composed
from newsletter.pipeline.context import Context, envelope_of, pages_of, schedule_of, tags_of
from newsletter.pipeline.delivering.freezing import undo_minutes
from newsletter.pipeline.gating import active_people, stops_before
from newsletter.pipeline.notifying import telling
from newsletter.pipeline.notifying.words import for_edition, unread, without_addresses
from newsletter.pipeline.pages import compose_checked
from newsletter.pipeline.trial_lines import posts_behind, sight_of
from newsletter.pipeline.trials import check_trials
from newsletter.store import editions as edition_store

MARK = "[PROOF]"

_MOST_LISTED = 8
"""At most so many trials that wait, and posts that were overtaken, are named in one proof."""

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What stands above a proof. All are sentences or titles as plain text.

    `posts` and `trials` have their numbers, for the commands that leave one out; `waiting` are
    trial changes that need a yes, `overtaken` posts that say less than their register does.
    """

    key: str
    empty: bool
    when: str
    undo: str
    holds: tuple[str, ...]
    findings: tuple[str, ...]
    left_out: tuple[str, ...]
    no_room: tuple[str, ...]
    feeds: tuple[str, ...]
    posts: tuple[tuple[str, str], ...]
    waiting: tuple[tuple[str, str], ...] = ()
    more_waiting: int = 0
    overtaken: tuple[str, ...] = ()
    more_overtaken: int = 0


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
    composed = compose_checked(context, period)
    if composed.edition is None and not composed.trials_waiting:
        return
    check_before_send(context)  # what is wrong with unsubscribing can be mended until tomorrow
    mail = _mail(context, composed, period, feeds)
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
    context: Context, composed: Composed, period: Period, feeds: Sequence[FeedReport]
) -> Notice:
    from newsletter.editions.render import render_page  # the template engine takes time to import

    values: dict[str, object] = {"box": _box(context, composed, period, feeds)}
    html, text = _filled(context, composed)
    return Notice(
        to=telling.addressee(context.settings.notify.to),
        subject=f"{MARK} {_shown(composed, period)}",
        text=render_page("notice/proof.txt.j2", {**values, "text": text}),
        html=_above(render_page("notice/proof.html.j2", values), html),
    )


def _shown(composed: Composed, period: Period) -> str:
    if composed.variants:
        return composed.variants[0].subject
    if composed.edition is not None:
        return f"{period.key} cannot be shown"
    return f"{period.key}: trials changed in the register"


def _filled(context: Context, composed: Composed) -> tuple[str, str]:
    """HTML and text of the mail that most people get, with harmless personal links."""
    edition = composed.edition
    if not composed.variants or edition is None:
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


def _box(context: Context, composed: Composed, period: Period, feeds: Sequence[FeedReport]) -> Box:
    people, key = active_people(context), period.key
    found = (f"{f.place}: {f.message} {f.mend}" for f in composed.findings if not f.error)
    findings = (*found, *(f"{feed.url}: {feed.alarm}" for feed in feeds if feed.alarm))
    overtaken = _overtaken(context)
    return Box(
        key=key,
        empty=composed.edition is None,
        when=_when(context, period, people),
        undo=_undo(context),
        holds=_plain(key, _holds(context, composed, people)),
        findings=_plain(key, findings),
        left_out=_titles(composed.trials_left_out, composed.left_out),
        no_room=_titles((), composed.rolled_over),
        feeds=_plain(key, (unread(feed) for feed in feeds if feed.status == "failed")),
        posts=(
            *((str(item.post_id), title_of(item)) for item in composed.items),
            *((each.note.number, trial_title(each.note)) for each in composed.trials),
        ),
        waiting=tuple(
            (news.trial.number, f"{one_line(news.title)}: {one_line(news.summary)}")
            for news in composed.trials_waiting[:_MOST_LISTED]
        ),
        more_waiting=max(0, len(composed.trials_waiting) - _MOST_LISTED),
        overtaken=overtaken[:_MOST_LISTED],
        more_overtaken=max(0, len(overtaken) - _MOST_LISTED),
    )


def _holds(context: Context, composed: Composed, people: int) -> tuple[str, ...]:
    if composed.edition is None:
        return ()
    stops = stops_before(context, composed, people)
    return stops.reasons + tuple(f"{hold.message} {hold.mend}" for hold in stops.confirmable)


def _titles(trials: Sequence[TrialUpdate], items: Sequence[DigestItem]) -> tuple[str, ...]:
    return (*(trial_title(each.note) for each in trials), *map(title_of, items))


def _overtaken(context: Context) -> tuple[str, ...]:
    """The posts that say less of a trial than its register does, those written last first."""
    with context.database.read() as connection:
        found = posts_behind(connection, sight_of(context.settings, context.now()))
    return tuple(
        f"{one_line(each.title)} ({each.trial.number}): {each.text}" for each in reversed(found)
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
