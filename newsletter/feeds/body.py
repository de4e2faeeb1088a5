"""Puts a response's body together from its pieces, decompressed, within a limit.

The limit is on what comes out: a few kilobytes of gzip can hold gigabytes.
"""

from __future__ import annotations

import zlib
from typing import Final, Protocol

from newsletter.feeds import answers

_GZIP: Final = b"\x1f\x8b"
_UNASKED: Final = frozenset({"br", "zstd", "compress", "x-compress"})


class _Inflate(Protocol):
    """What zlib's decompression objects have; their class has no public name."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class Body:
    """Collects pieces as they were sent; `whole` gives the body.

    Raises FeedError: `too-large` as soon as the limit (bytes, decompressed) is passed, `encoding`
    if it cannot be decompressed, `cut-short` if the compressed stream has no end.
    """

    def __init__(self, url: str, content_encoding: str, limit: int) -> None:
        self._url = url
        self._limit = limit
        self._coding = content_encoding.strip().lower()
        self._first = b""
        self._inflate: _Inflate | None = None
        self._started = False
        self._plain = bytearray()
        if self._coding in _UNASKED:
            raise answers.wrong_encoding(url, self._coding)

    def add(self, piece: bytes) -> None:
        """Takes the next piece off the wire."""
        if not self._started:
            self._first += piece
            if len(self._first) < len(_GZIP):
                return
            piece = self._first
            self._start(piece)
        self._take(piece)

    def whole(self) -> bytes:
        """The body, once all pieces are in."""
        if not self._started:
            self._take(self._first)
        if self._inflate is not None and not self._inflate.eof:
            raise answers.cut_short(self._url)
        return bytes(self._plain)

    def _start(self, first: bytes) -> None:
        """Decides by the first bytes whether it is gzip (RFC 1952 §2.3.1).

        Headers claim it falsely, or forget to (a feed.xml.gz). Deflate has no mark, so that there
        the header is believed.
        """
        self._started = True
        if first.startswith(_GZIP):
            self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif self._coding == "deflate":
            self._inflate = _deflate(first)

    def _take(self, piece: bytes) -> None:
        if self._inflate is None:
            self._plain += piece
        else:
            self._decompress(self._inflate, piece)
        if len(self._plain) > self._limit:
            raise answers.too_large(self._url, self._limit)

    def _decompress(self, inflate: _Inflate, piece: bytes) -> None:
        while piece and len(self._plain) <= self._limit:
            if inflate.eof:
                if not piece.startswith(_GZIP):
                    return  # padding behind the end
                inflate = self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
            try:
                self._plain += inflate.decompress(piece, self._limit + 1 - len(self._plain))
            except zlib.error as error:
                raise answers.wrong_encoding(self._url, self._coding or "gzip") from error
            piece = inflate.unused_data if inflate.eof else inflate.unconsumed_tail


def _deflate(first: bytes) -> _Inflate:
    """RFC 9110 §8.4.1.2 means the zlib format; some servers send bare deflate."""
    try:
        zlib.decompressobj().decompress(first, 1)
    except zlib.error:
        return zlib.decompressobj(-zlib.MAX_WBITS)
    return zlib.decompressobj()
