"""The addresses of a person's own pages; the web application answers at these paths."""

from __future__ import annotations

from newsletter.model.personal import Links

SAMPLE_TOKEN = "sample"
"""Stands for a person's token in previews and tests: its pages exist and change nothing."""


def links_for(public_url: str, edition_key: str, token: str = SAMPLE_TOKEN) -> Links:
    """The links of one person; without a token those of a preview, which are harmless."""
    root = public_url.rstrip("/")
    return Links(
        unsubscribe=f"{root}/unsubscribe/{token}",
        preferences=f"{root}/preferences/{token}",
        view=f"{root}/archive/{edition_key}",
    )
