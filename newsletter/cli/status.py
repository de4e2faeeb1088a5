"""`newsletter status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from newsletter.pipeline.status import Overview


@click.command("status")
@json_option
@pass_app
def command(app: App) -> None:
    """Show feeds, the current edition, the last ones, and what waits for you.

    Reads only: nothing is fetched, nothing changes.
    """
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.status import overview

    with context_of(app) as context:
        seen = overview(context)
        zone = context.settings.newsletter.zone
    next_at = seen.next.scheduled_at.astimezone(zone)
    emit(app, _json(seen), _text(seen, f"{next_at:%A %d %B %Y, %H:%M} ({zone.key})", zone))


def _json(seen: Overview) -> dict[str, Any]:
    from newsletter.cli.wording import recipients_json

    return {
        "channel": seen.channel.value,
        "transport": seen.transport,
        "subscribers": seen.active,
        "period": seen.period.key,
        "next": {"edition": seen.next.key, "scheduled_at": seen.next.scheduled_at},
        "feeds": [
            {
                "url": feed.url,
                "status": feed.status,
                "http_status": feed.http_status,
                "error": feed.error or None,
                "fetched_at": feed.fetched_at,
                "succeeded_at": feed.succeeded_at,
            }
            for feed in seen.feeds
        ],
        "editions": [
            {
                "edition": line.edition.key,
                "state": line.edition.state.value,
                "subject": line.subject,
                "recipients": recipients_json(line.recipients),
                "send_at": line.window.send_at,
                "cancel_before": line.window.cancel_before,
            }
            for line in seen.editions
        ],
        "waiting": list(seen.waiting),
    }


def _text(seen: Overview, next_at: str, zone: ZoneInfo) -> str:
    from newsletter.cli.wording import moment, recipients_text, window_lines

    lines = [
        f"Channel:     {seen.channel.value} (transport {seen.transport})",
        f"Subscribers: {seen.active:,} active",
        f"This period: {seen.period.key}",
        f"Next time:   {next_at}, edition {seen.next.key}",
        "Feeds:" if seen.feeds else "Feeds:       not read yet",
    ]
    lines += [f"  {f.url}: {f.status}, last read {moment(f.succeeded_at)}" for f in seen.feeds]
    lines.append("Editions:" if seen.editions else "Editions:    none yet")
    for line in seen.editions:
        lines.append(f"  {line.edition.key:<11} {line.edition.state.value:<10} {line.subject}")
        if line.recipients.planned:
            lines.append(f"  {'':<11} {recipients_text(line.recipients)}")
        found = line.window
        said = window_lines(line.edition.key, found.send_at, found.cancel_before, zone)
        lines += [f"  {'':<11} {sentence}" for sentence in said]
    lines.append("Waits for you:" if seen.waiting else "Nothing waits for you.")
    lines += [f"  - {sentence}" for sentence in seen.waiting]
    return "\n".join(lines)
