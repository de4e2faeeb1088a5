"""Asks a server for news only (RFC 9110 §13.1), minding how ETags get damaged on the way."""

from __future__ import annotations

import re
from typing import Final

from newsletter.model.feed import Validators

_SUFFIX: Final = re.compile(r"(?:--?|;)(?:gzip|br|df|zstd)(?=\"?$)")


def conditions(validators: Validators) -> dict[str, str]:
    """The headers that ask for news only (RFC 9110 §13.1).

    Apache marks the ETag of a compressed answer (`"…-gzip"`) and hands the mark on to WordPress,
    which then never answers 304: so it is taken off. A proxy that compresses makes a strong ETag
    weak, which WordPress does not know either: `W/` goes where If-Modified-Since stands beside it,
    and stays where the ETag is all there is, as Rails compares it literally.
    """
    headers = {}
    if etag := validators.etag:
        etag = _SUFFIX.sub("", etag)
        headers["If-None-Match"] = etag.removeprefix("W/") if validators.last_modified else etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers
