"""What is the same for every edition of a newsletter: its name and words, from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from newsletter.model.look import OUR_LOOK, Look


class Images(StrEnum):
    """Which pictures of posts a mail shows. Whoever keeps one sees that the mail was opened."""

    NONE = "none"
    BLOG = "blog"
    """Those on the blog's own host."""
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discretion:
    """How a discreet mail looks from outside. `sender` is a name and an address, "" for that of all
    mails; `subject` is what the subject begins with; `reply_address` may be "".
    """

    sender: str = ""
    subject: str = "Your newsletter"
    reply_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masthead:
    """What stands above and below every edition, from the settings."""

    title: str
    website: str
    language: str
    direction: str
    """`ltr` or `rtl`."""
    timezone: str
    disclaimer: str
    postal_address: str
    reply_address: str
    look: Look = OUR_LOOK
    images: Images = Images.BLOG
    discreet: Discretion = Discretion()
