"""The addresses of a person's own pages; the web application answers at these paths."""

from __future__ import annotations

from newsletter.model.personal import Links
from subscribers.model import Letter

SAMPLE_TOKEN = "sample"
"""Stands for a person's token in previews and tests: its pages exist and change nothing."""


def links_for(
    public_url: str, edition_key: str, token: str = SAMPLE_TOKEN, *, reply_to: str = ""
) -> Links:
    """The links of one person; without a token those of a preview, which are harmless.

    Without pages of our own (`public_url` is "") they are mails to `reply_to`.
    """
    root = public_url.rstrip("/")
    if not root:
        return Links(
            unsubscribe=f"mailto:{reply_to}?subject=Unsubscribe",
            preferences=f"mailto:{reply_to}?subject=Change%20what%20I%20receive",
            view="",
        )
    return Links(
        unsubscribe=f"{root}/unsubscribe/{token}",
        preferences=f"{root}/preferences/{token}",
        view=f"{root}/archive/{edition_key}",
    )


MAILED_PATHS = {
    Letter.CONFIRM: "confirm",
    Letter.PREFERENCES: "preferences/mailed",
    Letter.FORGET: "forget",
    Letter.DOSSIER: "dossier",
}
"""Where the pages behind the links are that are mailed for one purpose; the token follows."""


def mailed_link(public_url: str, letter: Letter, token: str) -> str:
    """The link of a mail that answers what somebody asked for; "" for one that has none."""
    path = MAILED_PATHS.get(letter)
    return f"{public_url.rstrip('/')}/{path}/{token}" if path else ""
