"""What changes of posts weigh under the settings, and posts pinned by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.config import Settings
from newsletter.errors import UsageError
from newsletter.feeds.marks import normal_address, slug_in
from newsletter.feeds.normalise import words
from newsletter.feeds.pins import Patterns, Scale
from newsletter.feeds.weighing import Rules
from newsletter.model.post import KnownPost, Pin
from newsletter.pipeline.context import Context
from newsletter.store import pins as pin_store
from newsletter.store import posts as post_store

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """How a post is pinned. `pinned` is what was set for it alone, None where nothing was."""

    post_id: int
    title: str
    url: str
    pin: Pin
    pinned: Pin | None


def rules_of(settings: Settings) -> Rules:
    """From when on a change is news, by the settings."""
    given = settings.changes
    told = [tuple(words(word)) for word in given.status_words]
    return Rules(
        paragraph_words=given.paragraph_words,
        new_words=given.new_words,
        status_words=frozenset(one[0] for one in told if len(one) == 1),
        status_phrases=frozenset(one for one in told if len(one) > 1),
        quote_length=given.quote_length,
    )


def scale_of(settings: Settings, connection: Connection) -> Scale:
    """What weighs the changes of posts: rules and patterns of the settings, and pinned posts."""
    given = settings.changes
    return Scale(
        rules=rules_of(settings),
        patterns=Patterns(always=given.always, never=given.never, normal=given.normal),
        pins=pin_store.pins(connection),
    )


def weight_of(context: Context, post: str) -> Weighed:
    """How a post is pinned, by its number or address. Raises UsageError where there is none."""
    with context.database.read() as connection:
        return _weighed(context, connection, named_post(connection, post))


def set_weight(context: Context, post: str, pin: Pin) -> Weighed:
    """Pins a post; it counts from the next edition that is composed."""
    with context.database.begin() as connection:
        found = named_post(connection, post)
        pin_store.set_pin(connection, found.id, pin)
        return _weighed(context, connection, found)


def _weighed(context: Context, connection: Connection, found: KnownPost) -> Weighed:
    scale = scale_of(context.settings, connection)
    return Weighed(
        post_id=found.id,
        title=found.title,
        url=found.url,
        pin=scale.pin(found.id, found.url),
        pinned=scale.pins.get(found.id),
    )


def named_post(connection: Connection, wanted: str) -> KnownPost:
    """The post of a number or an address; its slug is enough, for a post that was re-dated."""
    known = post_store.known_posts(connection)
    found = _same(known, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(str(post.id) for post in found)
        raise UsageError(
            f"Several posts could be meant by {wanted}: {numbers}.",
            "Give its number instead; see `newsletter posts list`.",
        )
    if wanted.isdecimal():
        raise UsageError(
            f"There is no post with the number {wanted}.", "See `newsletter posts list`."
        )
    raise UsageError(
        f"No post is known at {wanted}.",
        "See `newsletter posts list`; run `newsletter collect` if the post is new. For posts yet to"
        " come there are always and never under [changes] in newsletter.toml.",
    )


def _same(known: Sequence[KnownPost], wanted: str) -> list[KnownPost]:
    if wanted.isdecimal():
        return [post for post in known if post.id == int(wanted)]
    full = wanted if "://" in wanted else f"https://{wanted}"
    address, slug = normal_address(full), slug_in(normal_address(full))
    by_address = [post for post in known if address and normal_address(post.url) == address]
    return by_address or [post for post in known if slug and post.identity.slug == slug]
