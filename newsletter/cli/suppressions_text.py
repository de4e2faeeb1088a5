"""What `newsletter suppressions` says to a person."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from newsletter.cli.subscribers_text import people

if TYPE_CHECKING:
    from newsletter.pipeline.pushing import Pushed
    from newsletter.pipeline.suppressions import ListReport, SyncReport
    from subscribers.model import SubscriptionStatus, SuppressedAddress, Suppression

_PAGES: Final = {
    "unsubscribed": "Global Unsubscribes",
    "hard_bounce": "Bounces, or Invalid",
    "complaint": "Spam Reports",
}
"""Where SendGrid's own page has an address, by the reason here; below Suppressions there."""

_ERASED: Final = "(erased)"
_COUNTED: Final = ("suppressed", "unsubscribed", "known", "ignored")


def listed(found: list[SuppressedAddress], total: int, *, more: bool) -> str:
    """A line for each address, and how many there are in all."""
    if not found:
        return "No address is suppressed."
    wide = max(len(each.address or _ERASED) for each in found)
    lines = [
        f"{each.address or _ERASED:<{wide}}  {_why(each.suppression):<12}  "
        f"{each.suppression.since:%Y-%m-%d}  {each.suppression.note}".rstrip()
        for each in found
    ]
    rest = f"; go on with --after {found[-1].id}" if more else ""
    return "\n".join([*lines, f"{addresses(total)} in all{rest}"])


def added(address: str, before: Suppression | None) -> str:
    """What `add` did."""
    if before is None:
        return f"{address} is suppressed: no edition reaches it, and no import brings it back."
    return (
        f"{address} was suppressed before ({_why(before)}, since {before.since:%Y-%m-%d});"
        " nothing was changed."
    )


def risk(address: str, found: Suppression) -> str:
    """What it means to lift a suppression, where that takes more than the admin's wish."""
    if found.reason.value == "complaint":
        return (
            f"A mail to {address} was reported as spam. Another report can bring the mails to all"
            " the others into their spam folders."
        )
    if found.reason.value == "unsubscribed":
        return f"{address} unsubscribed, and nobody but the person may undo that."
    return ""


def removed(
    address: str, lifted: Suppression, status: SubscriptionStatus | None, *, sendgrid: bool
) -> str:
    """What `remove` did, and what is still in the way."""
    lines = [f"{address} is no longer suppressed (it was: {_why(lifted)})."]
    if status is None:
        lines.append("It is not on the list of subscribers, and so gets nothing.")
    elif status.value != "active":
        lines.append(f"Its subscription stays {status.value}, and so it gets nothing.")
    page = _PAGES.get(lifted.reason.value)
    if sendgrid and page:
        lines.append(
            "SendGrid may still have it on a list of its own. Then it drops each mail to it, and"
            " `newsletter suppressions sync` may suppress it again. Delete it there, too:"
            f" Suppressions > {page}."
        )
    return "\n".join(lines)


def sync_json(report: SyncReport, done: Pushed | None) -> dict[str, Any]:
    """The document of `sync --json`; `pushed` is in it where something was to be pushed."""
    names = ("name", "read", *_COUNTED)
    lists = [{n: getattr(each, n) for n in names} for each in report.lists]
    return {"lists": lists, **({} if done is None else {"pushed": asdict(done)})}


def synced(report: SyncReport, done: Pushed | None) -> str:
    """What each list came to, what has changed, and what SendGrid was told."""
    from newsletter.pipeline.pushing import in_words as pushed_in_words

    wide = max(len(_named(each)) for each in report.lists)
    lines = ["SendGrid's lists, as far as they are new since the last time:"]
    lines += [f"  {_named(each):<{wide}}  {_counts(each)}" for each in report.lists]
    told = [] if done is None else [pushed_in_words(done)]
    return "\n".join([*lines, *_changes(report), *told])


def addresses(number: int) -> str:
    """So many addresses, in words."""
    return "1 address" if number == 1 else f"{number:,} addresses"


def _why(bar: Suppression) -> str:
    return bar.reason.value.replace("_", " ")


def _named(each: ListReport) -> str:
    from newsletter.pipeline.suppressions import in_words

    return in_words(each.name)


def _counts(each: ListReport) -> str:
    if not each.read:
        return "nothing"
    parts = [f"{getattr(each, n):,} {n}" for n in _COUNTED if getattr(each, n)]
    return f"{each.read:,} read: {', '.join(parts)}"


def _changes(report: SyncReport) -> list[str]:
    """The same in sentences, with what is left to do."""
    left, barred = report.unsubscribed, report.suppressed
    if left or barred:
        more = "1 more address gets" if barred == 1 else f"{barred:,} more addresses get"
        lines = [f"{people(left)} left the list; {more} no mail from now on."]
    else:
        lines = ["Nothing has changed."]
    rejoined = sum(each.rejoined for each in report.lists)
    if rejoined:
        lines.append(
            f"{people(rejoined)} joined again after leaving at SendGrid, or after a mail had come"
            " back, and stayed on the list. If SendGrid still drops mail to them, delete them"
            " there: Suppressions > Global Unsubscribes, or Bounces."
        )
    return lines
