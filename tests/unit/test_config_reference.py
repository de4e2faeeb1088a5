"""The reference of the settings is that of the settings there are."""

from __future__ import annotations

from pathlib import Path

from newsletter.config.reading import SECRETS
from newsletter.config.reference import reference
from newsletter.config.shape import all_settings, fields_at

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_the_reference_is_up_to_date() -> None:
    """If not: make docs."""
    assert PAGE.read_text(encoding="utf-8") == reference()


def test_every_setting_and_secret_is_explained() -> None:
    page = reference()
    for path in all_settings():
        meaning = fields_at(path[:-1])[str(path[-1])].description
        assert meaning
        assert f"| `{path[-1]}` |" in page
        assert meaning in page
    assert all(f"| `{name}` |" in page for name in SECRETS)


def test_a_list_that_is_not_empty_by_itself_is_shown() -> None:
    """Whom the server believes without being told to, most of all."""
    assert '| `trusted_proxies` | list of texts | `["127.0.0.1", "::1"]` |' in reference()
