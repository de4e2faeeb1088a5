"""Whether an entry and a known post that share one mark are the same post."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.feeds.fingerprint import is_same_text, is_similar
from newsletter.feeds.marks import date_in, host_of, is_opaque, is_web, normal_address
from newsletter.feeds.normalise import folded
from newsletter.model.post import Identity, KnownPost


@dataclass(frozen=True, slots=True)
class Pair:
    """An entry held against a known post."""

    new: Identity
    title: str
    post: KnownPost

    @property
    def old(self) -> Identity:
        """The marks of the known post."""
        return self.post.identity

    @property
    def same_title(self) -> bool:
        """Whether the titles have the same words, and any."""
        return folded(self.title) == folded(self.post.title) != ""

    @property
    def same_text(self) -> bool:
        """Whether the texts have the same words, and any."""
        return is_same_text(self.new.fingerprint, self.old.fingerprint)

    @property
    def empty(self) -> bool:
        """Whether neither has a title or text to compare."""
        return self.new.fingerprint is None and self.old.fingerprint is None

    @property
    def similar(self) -> bool:
        """Whether the texts are the same, perhaps edited."""
        return is_similar(self.new.fingerprint, self.old.fingerprint)

    @property
    def same_address(self) -> bool:
        """Whether both have the same permalink (no site's front page)."""
        return self.new.address is not None and self.new.address == normal_address(self.post.url)

    @property
    def same_host(self) -> bool:
        """Whether both are of one site, as far as guid or link tell."""
        ours = host_of(self.new.guid) if is_web(self.new.guid) else host_of(self.new.address)
        theirs = host_of(self.old.guid) if is_web(self.old.guid) else ""
        return ours == (theirs or host_of(normal_address(self.post.url)))

    @property
    def dates_differ(self) -> bool:
        """Whether the permalinks carry different dates."""
        ours = date_in(self.new.address) or date_in(self.new.guid)
        theirs = date_in(normal_address(self.post.url)) or date_in(self.old.guid)
        return ours is not None and theirs is not None and ours != theirs

    @property
    def rank(self) -> tuple[bool, bool, bool, bool]:
        """How much more is the same; the higher the better."""
        return (self.same_text, self.same_title, self.same_address, self.similar)

    def is_ruled_out(self) -> bool:
        """Whether the marks say that these are two posts, however alike they look."""
        ours, theirs = self.new.post_number, self.old.post_number
        if ours is not None and theirs is not None and ours != theirs:
            return self.same_host or not self.same_title
        if self.new.guid is None or self.old.guid is None or self.new.guid == self.old.guid:
            return False
        if is_opaque(self.new) or is_opaque(self.old):
            # Some feeds make up a guid at each build: then everything else is the same. So it is
            # after a move to another program, though for the beginning of the permalink.
            moved = self.same_text and self.new.slug is not None and self.new.slug == self.old.slug
            alike = self.same_title and (self.same_address or self.new.address is None or moved)
            return not alike and (ours is None or ours != theirs)
        return self.dates_differ and self.new.slug != self.old.slug


def same_by_guid(pair: Pair) -> bool:
    """The same guid is the same post."""
    return pair.new.guid == pair.old.guid


def same_by_number(pair: Pair) -> bool:
    """The same number on another site is another post, unless more is the same."""
    same_slug = pair.new.slug is not None and pair.new.slug == pair.old.slug
    both_numbered = "?p=" in (pair.new.guid or "") and "?p=" in (pair.old.guid or "")
    same_site = pair.same_host and not both_numbered
    return same_slug or pair.same_title or pair.similar or same_site


def same_by_slug(pair: Pair) -> bool:
    """The same slug is, where the title or text agrees; under another date, where both do."""
    if pair.is_ruled_out():
        return False
    if pair.same_address and pair.new.guid is None and pair.old.guid is None:
        return True
    if pair.dates_differ:
        return pair.same_title and pair.similar
    return pair.same_title or pair.similar or pair.empty


def same_by_address(pair: Pair) -> bool:
    """The same link is, where the title or text agrees."""
    if pair.is_ruled_out():
        return False
    return pair.same_title or pair.similar or pair.empty


def same_by_text(pair: Pair) -> bool:
    """The same title and text are, where nothing speaks against it."""
    if pair.is_ruled_out():
        return False
    untitled = not folded(pair.title) and not folded(pair.post.title)
    return pair.similar and (pair.same_title or untitled)
