"""Parameters in an address that only tell where a reader came from."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus, urlsplit

_TRACKING = re.compile(
    r"(?i)utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|twclid|igshid|yclid"
    r"|mc_[ce]id|mkt_tok|_hsenc|_hsmi|oly_(?:anon|enc)_id|vero_id|wickedid|spm|xtor"
)


def tracking_in(address: str) -> tuple[str, ...]:
    """The names of such parameters in an address."""
    if "?" not in address:
        return ()
    return tuple(_name(piece) for piece in _pieces(address) if _TRACKING.fullmatch(_name(piece)))


def without_tracking(address: str) -> str:
    """The address less these parameters.

    Everything else stays byte for byte: some servers mind the order and the escapes.
    """
    if not tracking_in(address):
        return address
    kept = [piece for piece in _pieces(address) if not _TRACKING.fullmatch(_name(piece))]
    return urlsplit(address)._replace(query="&".join(kept)).geturl()


def _pieces(address: str) -> list[str]:
    try:
        return urlsplit(address).query.split("&")
    except ValueError:  # no address at all
        return []


def _name(piece: str) -> str:
    return unquote_plus(piece.partition("=")[0])
