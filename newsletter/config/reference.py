"""The text of docs/reference/settings.md, from the settings themselves; `make docs` writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import time
from typing import Any

from pydantic.fields import FieldInfo

from newsletter.config.lines import Path
from newsletter.config.shape import all_settings, expectation, fields_at, model_at

_KINDS: dict[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    time: "time",
    int | str: "text or whole number",
    tuple[str, ...]: "list of texts",
    tuple[int, ...]: "list of whole numbers",
}

_HEAD = """\
# Settings

The settings stand in `newsletter.toml`, in the folder where `newsletter` is called; another file is
named with `newsletter --config FILE`. `newsletter init` writes one for your blog. Relative paths in
it begin at its own folder. The file is [TOML](https://toml.io), saved as UTF-8.

Each setting can also be given by the environment, or in a file `.env` beside the settings: the name
is `NEWSLETTER_`, the section and the setting, in capitals, with two underscores between them, such
as `NEWSLETTER_DELIVERY__TRANSPORT=smtp`. Lists are given as a whole, in JSON:
`NEWSLETTER_FEEDS='[{"url": "https://blog.example.org/feed/atom/"}]'`. The environment goes before
`.env`, and `.env` before the file. An empty variable counts as not set.

Whatever is wrong is reported at once, each fault with its line or variable; nothing is done then,
and the exit code is 2.
"""

_TAIL = """\
## Secrets

Secrets are never written in `newsletter.toml`; there they are refused. They stand in `.env` beside
it, which only you may read, or in the environment.

| variable | meaning |
|---|---|
| `NEWSLETTER_SECRET_KEY` | Keeps erased addresses as keyed hashes, and signs. `newsletter init` \
makes one; keep a copy of it in a safe place. To change it, write the new one in front of the old \
one, with a comma between them. |
| `SENDGRID_API_KEY` | Lets the newsletter be sent through SendGrid. |
| `SENDGRID_WEBHOOK_PUBLIC_KEY` | Shows that what SendGrid reports really comes from SendGrid. |
| `NEWSLETTER_SMTP_PASSWORD` | The password of the mail server, if it wants one. |
"""


def reference() -> str:
    """The whole page, in Markdown."""
    tables = "\n".join("\n".join(_section(path)) for path in _sections())
    return f"{_HEAD}\n{tables}\n{_TAIL}"


def _sections() -> list[Path]:
    return list(dict.fromkeys(path[:-1] for path in all_settings()))


def _section(path: Path) -> Iterator[str]:
    model = model_at(path)
    name = ".".join(map(str, path))
    yield f"## `[[{name}]]`\n" if name in ("feeds", "topics") else f"## `[{name}]`\n"
    yield f"{model.__doc__ if model else ''}\n"
    yield "| setting | type | default | meaning | what it looks like |"
    yield "|---|---|---|---|---|"
    for setting, info in fields_at(path).items():
        if not model_at((*path, setting)):
            yield _row((*path, setting), info)
    yield ""


def _row(path: Path, info: FieldInfo) -> str:
    kind = _KINDS.get(info.annotation, "one of a few words")
    cells = (f"`{path[-1]}`", kind, _default(info), str(info.description), expectation(path))
    return f"| {' | '.join(_escaped(cell) for cell in cells)} |"


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("<", "\\<")


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.default
    if isinstance(value, time):
        return f'`"{value:%H:%M}"`'
    if isinstance(value, str):
        return f'`"{value}"`' if value else "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple) and value:
        return f"`{json.dumps(value)}`"
    return f"`{value:g}`" if isinstance(value, int | float) else "empty"
