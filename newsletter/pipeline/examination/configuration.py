"""Settings and secrets: what is not there though a real send needs it, and what others may read."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.model.remark import Remark, fine, grave, problem
from newsletter.pipeline.examination.surroundings import Surroundings

SHORTEST_KEY = 32
"""Characters that NEWSLETTER_SECRET_KEY should have at least."""


def settings(around: Surroundings) -> Iterator[Remark]:
    """That they were read, and what a real send still needs of them."""
    given = around.settings.newsletter
    yield fine("settings", f"{around.settings.path.name} was read; transport {around.transport}.")
    if not given.postal_address.strip():
        yield grave(
            "settings",
            "There is no postal address; nothing is really sent without one.",
            "Set `postal_address` under [newsletter]; a post office box will do.",
            real=around.real,
        )
    yield fine("settings", f"Answers of readers go to {given.reply_address}.")
    if around.settings.delivery.unsubscribe == "own":
        yield _public_url(given.public_url, real=around.real)


def _public_url(url: str, *, real: bool) -> Remark:
    if urlsplit(url).scheme == "https":
        return fine("settings", f"Readers unsubscribe at {url}.")
    found = f"public_url ({url}) is on this computer, where no reader can unsubscribe."
    return grave("settings", found, "Set it to the https address where readers reach your pages.",
                 real=real)  # fmt: skip


def secrets(around: Surroundings) -> Iterator[Remark]:
    """The key that keeps erased people as hashes, and who may read the file of the secrets."""
    keys = [key.get_secret_value() for key in around.settings.secrets.keys]
    mend = (
        "Set NEWSLETTER_SECRET_KEY in .env to a random one, such as what"
        ' `python -c "import secrets; print(secrets.token_hex(32))"` prints.'
    )
    if not keys:
        yield grave("secrets", "NEWSLETTER_SECRET_KEY is not set.", mend, real=around.real)
    elif len(keys[0]) < SHORTEST_KEY:
        found = f"NEWSLETTER_SECRET_KEY has {len(keys[0])} characters, fewer than {SHORTEST_KEY}."
        keep = " Keep the old one behind a comma, so that nobody who was erased comes back."
        yield grave("secrets", found, mend + keep, real=around.real)
    else:
        yield fine("secrets", "NEWSLETTER_SECRET_KEY is set, and long enough.")
    yield from readable_by_others("secrets", around.settings.folder / ".env")


def readable_by_others(check: str, path: Path) -> Iterator[Remark]:
    """A problem when a file is there and not its owner's only; nothing where there are no modes."""
    if os.name != "posix" or not path.exists():
        return
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        found = f"{path.name} can be read by others on this computer."
        yield problem(check, found, f"chmod 600 {shlex.quote(str(path))}")
