"""A mail that is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.demo import blog
from tests.printed import Printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail, and the blog whose pictures it may show.

    `html` and `mjml` are "" where there is none; `message` is the whole of it (RFC 5322).
    """

    html: str
    host: str
    message: bytes
    mjml: str = ""

    @classmethod
    def of(cls, printed: Printed, host: str) -> Mail:
        """The mail of a variant of a blog's edition."""
        return cls(html=printed.html, mjml=printed.mjml, message=printed.message, host=host)

    def picture(self, address: str) -> bytes | None:
        """A picture for an address on the blog's host; None for any other."""
        return next(iter(blog.pictures().values())) if self.owns(address) else None

    def owns(self, address: str) -> bool:
        """Whether the address is on the blog's host."""
        host = address.partition("://")[2].partition("/")[0]
        return host == self.host or host.endswith("." + self.host.removeprefix("www."))
