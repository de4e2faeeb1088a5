"""Where the files that ship with the package are: templates and migrations.

In a wheel they lie in the package; in an editable install and in a checkout `templates/` lies
beside it, and `importlib.resources` would not find it there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def templates_dir() -> Path:
    """The folder of our own templates (`digest/`, `partials/`, …)."""
    for candidate in (_PACKAGE / "templates", _PACKAGE.parent / "templates"):
        if (candidate / "digest").is_dir():
            return candidate
    raise RuntimeError("the templates are missing from this installation; install it again")
