"""The gates before an edition goes out: what holds it until the admin has said yes.

Pure rules over facts; the pipeline gathers the facts and obeys.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from newsletter.delivery.warmup import AT_ONCE, is_gradual, propose
from newsletter.model.edition import Channel

RECIPIENTS_MAY_DIFFER = 0.2
"""How far the number of recipients may be from the last edition's before somebody should look."""

LEAVING_MUST_HAVE_WORKED = timedelta(days=7)
"""So long ago at the most; else readers may be told that they have left, and be mailed on."""

TYPE_THE_NUMBER_ABOVE = 1000
"""Above this many people a question on the terminal wants their number typed, not just `y`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an edition goes out with; a change of any of it is worth a look."""

    transport: str
    sender: str
    public_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """How unsubscribing on pages of our own was found: `trouble` is what was wrong the last time
    ("" for nothing), `age` how long ago it last worked (None: never).
    """

    trouble: str = ""
    age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFacts:
    """What the gates look at. `last_terms` and `last_people` are None before the first edition of
    the channel; `people` are the active subscribers, `to_mail` those of them a mail goes to.

    `warmup` and `per_day` are the settings; `days_until_next` are the days from this edition to the
    next one; `credits` are those left at the provider, None where that cannot be read; `leaving` is
    None where the provider keeps the page for unsubscribing. `restored`: an older copy of the
    database was put back, and no edition went out since.
    """

    channel: Channel
    people: int
    to_mail: int
    terms: Terms
    last_terms: Terms | None
    last_people: int | None
    approval_required: bool = False
    warmup: tuple[int, ...] = ()
    per_day: int = 0
    days_until_next: int = 7
    credits: int | None = None
    leaving: Leaving | None = None
    restored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A reason to wait. `confirmable`: the admin's yes is enough; else something must be mended."""

    code: str
    message: str
    mend: str
    confirmable: bool = True


def gates(facts: GateFacts) -> tuple[Hold, ...]:
    """All holds that stand before this edition, in the order in which they should be read."""
    holds = [_nobody(facts)]
    if facts.channel is Channel.REAL:
        holds += [_credits(facts), _approval(facts), _restored(facts), _first(facts)]
        holds += [_warm_up(facts), _terms(facts), _numbers(facts), _leaving(facts)]
    return tuple(hold for hold in holds if hold is not None)


def fuse(
    items: int, updated: int, seen: int, *, max_items: int, max_share: float, trials: int = 0
) -> Hold | None:
    """Holds an edition when too much changed at once, as after a move or a change of theme.

    `items` are all posts of the edition, `updated` those known before with a major change, `seen`
    how many known posts the feeds showed; `trials` are its trial updates. The share counts from six
    posts seen.
    """
    release = (
        "Look at it with `newsletter preview`; if all of it is news, `newsletter editions approve"
        " EDITION`; else leave posts out with `newsletter editions drop EDITION POST`."
    )
    if items + trials > max_items:
        what = f"{items} posts and {trials} trial updates" if trials else f"{items} posts"
        return Hold(
            code="fuse-items",
            message=f"{what} would be in it, more than {max_items} ([fuse] max_items).",
            mend=release,
        )
    if seen >= 6 and updated > max_share * seen:
        return Hold(
            code="fuse-share",
            message=f"{updated} of {seen} known posts changed at once"
            f" (more than {max_share:.0%}, [fuse] max_share): perhaps the blog was moved.",
            mend=release,
        )
    return None


def _nobody(facts: GateFacts) -> Hold | None:
    if facts.people > 0:
        return None
    return Hold(
        code="no-subscribers",
        message="There is no active subscriber to send to.",
        mend="Add them with `newsletter subscribers import FILE` or `subscribers add ADDRESS`.",
        confirmable=False,
    )


def _credits(facts: GateFacts) -> Hold | None:
    if facts.credits is None or facts.credits >= facts.to_mail:
        return None
    return Hold(
        code="credits",
        message=f"Your account has credits for {facts.credits:,} more mails, and this edition goes"
        f" to {facts.to_mail:,} people.",
        mend="Buy credits or a larger plan at your provider, or wait until they are renewed; then"
        " run `newsletter send` again. (If your account may go over them, take the right"
        " user.credits.read from the key: then they are not asked for.)",
        confirmable=False,
    )


def _approval(facts: GateFacts) -> Hold | None:
    if not facts.approval_required:
        return None
    return Hold(
        code="approval",
        message="Editions wait for your approval ([schedule] approval).",
        mend="Look at it with `newsletter preview`, then `newsletter editions approve EDITION`.",
    )


def _first(facts: GateFacts) -> Hold | None:
    if facts.last_terms is not None:
        return None
    return Hold(
        code="first-real",
        message=f"This is the first real edition: it goes to {facts.people:,} people.",
        mend="Send yourself one with `newsletter send --to ADDRESS`, then confirm.",
    )


def _restored(facts: GateFacts) -> Hold | None:
    if not facts.restored:
        return None
    return Hold(
        code="restored",
        message="An older copy of the database was put back: what was sent, and who left, after it"
        " was made is not known.",
        mend="See at your provider whether this edition, or one with these posts, went out already,"
        " and bring the list up to date; then confirm.",
    )


def _warm_up(facts: GateFacts) -> Hold | None:
    """A first edition to many people at once, without a plan, or with one that leaves too many."""
    if facts.last_terms is not None or facts.to_mail <= AT_ONCE:
        return None
    if not facts.warmup:
        message = (
            f"{facts.to_mail:,} people at once are many for a sender that is new: mail services"
            " may refuse the mails, or treat them as spam."
        )
    elif not is_gradual(facts.to_mail, facts.warmup, facts.per_day):
        message = (
            f"The plan for warming up ([delivery] warmup) is for {sum(facts.warmup):,} of"
            f" {facts.to_mail:,} people; too many of them are left for the day after it."
        )
    else:
        return None
    return Hold(code="warm-up", message=message, mend=_plan_shown(facts))


def _plan_shown(facts: GateFacts) -> str:
    plan = propose(facts.to_mail, facts.days_until_next)
    right = "A yes without that is right for a domain that has sent as much before."
    if len(plan) == 1:
        return (
            "The next edition is too near for a plan that ends before it: begin with"
            f' `every = "week"` ([schedule]), or with a part of your list. {right}'
        )
    per_day = 0 < facts.per_day < max(plan)
    more = ", and `per_day = 0`, which is in its way" if per_day else ""
    return (
        f"Put the line `warmup = {list(plan)}` under [delivery] in newsletter.toml{more}: then the"
        f" edition goes out over {len(plan)} days, to those first who confirmed last, and ends"
        f" before the next one. {right}"
    )


def _terms(facts: GateFacts) -> Hold | None:
    last, now = facts.last_terms, facts.terms
    if last is None or last == now:
        return None
    changed = [
        f"{name} (was {was or 'empty'}, is {is_ or 'empty'})"
        for name, was, is_ in (
            ("transport", last.transport, now.transport),
            ("sender", last.sender, now.sender),
            ("public_url", last.public_url, now.public_url),
        )
        if was != is_
    ]
    return Hold(
        code="terms-changed",
        message=f"Changed since the last edition: {', '.join(changed)}.",
        mend="If that is what you want, confirm; else set it back in newsletter.toml.",
    )


def _numbers(facts: GateFacts) -> Hold | None:
    last = facts.last_people
    if not last or abs(facts.people - last) <= RECIPIENTS_MAY_DIFFER * last:
        return None
    return Hold(
        code="recipients-differ",
        message=f"It would go to {facts.people:,} people; the last one went to {last:,}.",
        mend="Look at `newsletter subscribers list`; if the number is right, confirm.",
    )


def _leaving(facts: GateFacts) -> Hold | None:
    found = facts.leaving
    if found is None:
        return None
    recent = found.age is not None and found.age <= LEAVING_MUST_HAVE_WORKED
    if recent and not found.trouble:
        return None
    if found.trouble:
        message = f"Readers may not be able to unsubscribe. {found.trouble}"
    elif found.age is None:
        message = "Nobody has tried yet whether readers can unsubscribe."
    else:
        message = f"That readers can unsubscribe was last seen {found.age.days} days ago."
    return Hold(
        code="unsubscribe-unchecked",
        message=message,
        mend="With `newsletter serve` at work, try it with `newsletter doctor --unsubscribe`, then"
        " send again; or confirm.",
    )
