"""`newsletter explain …`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from newsletter.model.account import PersonAccount, PostAccount
    from newsletter.pipeline.explaining.people import ExplainedPerson
    from newsletter.pipeline.explaining.posts import Explained

_edition = click.option("--edition", help="Tell of this edition only, such as 2026-W47.")


@click.group("explain")
def command() -> None:
    """Why a post was in an edition, or was not; why a person was mailed, or was not.

    Reads only: nothing is fetched, nothing changes. It speaks of the channel the settings have now,
    rehearsal or real.
    """


@command.command("post")
@click.argument("post", metavar="URL")
@_edition
@json_option
@pass_app
def post(app: App, post: str, edition: str | None) -> None:
    """Tell why a post was in an edition, or was not, and what would be with it now.

    URL is the post's address, or its number from `newsletter posts list`. What is said of older
    editions is found out anew from the post's history, by the settings of today.

    \b
        in 2026-W47 because it changed: New section of 14 November 2026.
        not in 2026-W46: the change of 9 November is minor: 1 letter in 1 paragraph.
    """  # noqa: D301 - click wants the character itself
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.explaining.posts import explain_post

    with context_of(app) as context:
        found = explain_post(context, post, edition=edition)
    emit(app, _post_json(found), _post_text(found))


@command.command("subscriber")
@click.argument("email")
@_edition
@json_option
@pass_app
def subscriber(app: App, email: str, edition: str | None) -> None:
    """Tell why a person was mailed an edition, or was not, and what was reported of it since.

    Example: newsletter explain subscriber anna@example.org
    """
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.explaining.people import explain_person

    with context_of(app) as context:
        found = explain_person(context, email, edition=edition)
        zone = context.settings.newsletter.zone
    emit(app, _person_json(email, found), _person_text(email, found, zone))


def _post_json(found: Explained) -> dict[str, Any]:
    document = {
        "id": found.post.id,
        "title": found.post.title,
        "url": found.post.url,
        "weight": found.pin.value,
        "editions": [_account_json(account) for account in found.editions],
        "next": None,
    }
    if found.next is not None:
        document["next"] = {**_account_json(found.next), "edition": found.next_key, "state": None}
    return document


def _account_json(account: PostAccount) -> dict[str, Any]:
    return {
        "edition": account.edition_key,
        "state": account.state,
        "included": account.included,
        "code": account.code,
        "because": account.because,
    }


def _post_text(found: Explained) -> str:
    lines = [found.post.title, found.post.url]
    if found.next is not None:
        would = f"would be in {found.next_key} because" if found.next.included else (
            f"would not be in {found.next_key}:"
        )  # fmt: skip
        lines.append(_sentence(f"{would} {found.next.because}"))
    lines += [_sentence(f"{_placed(each)} {each.because}") for each in found.editions]
    return "\n".join(lines)


def _placed(account: PostAccount) -> str:
    key, state = account.edition_key, account.state
    if not account.included:
        return f"not in {key}:"
    if state == "cancelled":
        return f"in {key}, which was cancelled so that readers were not told, because"
    if state in ("draft", "held"):
        return f"in {key}, which is {'a draft' if state == 'draft' else 'held'}, because"
    return f"in {key} because"


def _person_json(email: str, found: ExplainedPerson) -> dict[str, Any]:
    person, bar = found.dossier.subscriber, found.dossier.suppression
    return {
        "address": email,
        "status": person.status.value if person else None,
        "suppression": asdict(bar) if bar else None,
        "editions": [
            {
                "edition": each.edition_key,
                "state": each.state,
                "outcome": each.outcome,
                "code": each.code,
                "because": each.because,
                "reports": [
                    {"kind": event.kind.value, "at": event.at, "reason": event.reason}
                    for event in each.events
                ],
            }
            for each in found.editions
        ],
    }


def _person_text(email: str, found: ExplainedPerson, zone: ZoneInfo) -> str:
    person, bar = found.dossier.subscriber, found.dossier.suppression
    lines = [f"{email} is {person.status.value if person else 'not on the list'}."]
    if bar is not None:
        reason = bar.reason.value.replace("_", " ")
        lines.append(f"It must not be written to: {reason}, since {bar.since:%Y-%m-%d}.")
    if person is not None and not found.editions:
        lines.append("There is no edition yet.")
    for each in found.editions:
        lines.append(_sentence(f"{each.edition_key}: {_got(each)}{each.because}"))
        lines += [f"    reported {_report(event, zone)}" for event in each.events]
    return "\n".join(lines)


def _got(account: PersonAccount) -> str:
    return "" if account.outcome in ("accepted", "unknown", "planned") else "not mailed: "


def _report(event: Any, zone: ZoneInfo) -> str:
    from newsletter.cli.wording import local

    return f"{local(event.at, zone)}: {event.kind.value}" + (
        f" ({event.reason})" if event.reason else ""
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
