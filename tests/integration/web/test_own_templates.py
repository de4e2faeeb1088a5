"""Templates of the admin's own on the pages for readers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.webapp import served


def own(folder: Path, name: str, text: str) -> Path:
    file = folder / "templates" / "web" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_they_come_before_ours_also_while_it_is_served(tmp_path: Path) -> None:
    with served(tmp_path) as site:
        assert "My own words" not in site.get("/no-such-page").text
        own(tmp_path, "failure.html.j2", "My own words, {{ heading }}")
        answer = site.get("/no-such-page")
        assert (answer.status, answer.text) == (404, "My own words, There is no such page")


@pytest.mark.parametrize("broken", ["{{ nothing }}", "{% if %}", "{% extends 'no.j2' %}"])
def test_one_that_does_not_work_keeps_nobody_from_the_page(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    """Whoever wants to leave gets our page, and the log says which file is wrong."""
    with served(tmp_path) as site:
        ours = site.get("/unsubscribe/unknown-token")
        file = own(tmp_path, "page.html.j2", broken)
        answer = site.get("/unsubscribe/unknown-token")
        assert (answer.status, answer.text) == (ours.status, ours.text)
    assert f"{file}, line 1" in caplog.text
