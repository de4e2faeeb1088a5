"""The settings of the web application."""

from __future__ import annotations

from pydantic import BaseModel

from newsletter.config.fields import STRICT, Line, setting


class WebSettings(BaseModel):
    """Where `newsletter serve` listens, and whom it believes."""

    model_config = STRICT

    host: Line = setting(
        "127.0.0.1",
        "The address `newsletter serve` listens at; 127.0.0.1 can be reached from this computer"
        " only, as by a web server in front of it, and 0.0.0.0 from everywhere.",
        "an address of this computer such as 127.0.0.1 or 0.0.0.0",
    )
    port: int = setting(
        8000,
        "Its port; 0 means that a free one is looked for.",
        "a whole number from 0 to 65535",
        ge=0,
        le=65535,
    )
    trusted_proxies: tuple[str, ...] = setting(
        ("127.0.0.1", "::1"),
        "The web servers in front of it (addresses or networks) that are believed when they say"
        " who asked, and whether by https.",
        'a list of addresses or networks such as ["127.0.0.1", "10.0.0.0/8"]',
        strict=False,
    )
