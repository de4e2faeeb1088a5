"""The settings of the web application."""

from __future__ import annotations

from ipaddress import ip_interface, ip_network
from typing import Annotated

from pydantic import AfterValidator, BaseModel

from newsletter.config.checks import Wrong, shown
from newsletter.config.fields import STRICT, Line, setting


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    """What cannot be read would be believed of nobody, without a word: all visitors one network."""
    for each in value:
        try:
            network, given = ip_network(each, strict=False), ip_interface(each)
        except ValueError:
            raise Wrong(f"{shown(each)} is neither an address nor a network") from None
        if given.ip != network.network_address:  # uvicorn wants its first address
            raise Wrong(f"{shown(each)} is no network", f"Did you mean {network}?")
    return value


Networks = Annotated[tuple[str, ...], AfterValidator(_networks)]


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
    trusted_proxies: Networks = setting(
        ("127.0.0.1", "::1"),
        "The web servers in front of it (addresses or networks) that are believed when they say"
        " who asked, and whether by https.",
        'a list of addresses or networks such as ["127.0.0.1", "10.0.0.0/8"]',
        strict=False,
    )
