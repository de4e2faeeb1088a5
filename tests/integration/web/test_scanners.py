"""Programs that guard mailboxes follow every link of every mail; that changes nothing."""

from __future__ import annotations

import http.client
import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.runner import Desk, Post, atom
from tests.integration.web.reader import ANNA, join, newest, sign_up, token_of
from tests.integration.web.tables import contents
from tests.webapp import SECRET, Served, at_work
from tests.webserver import WebServer

SCANNERS = 1000
AT_ONCE = 8


def own_links(site: Served, html: str) -> set[str]:
    """The paths of the links that lead to our pages."""
    found = {unescape(href) for href in re.findall(r'href="([^"#]+)"', html)}
    roots = ("https://news.example.org/", site.origin + "/", "/")
    own = {href for href in found if href.startswith(roots) and not href.startswith("//")}
    return {urlsplit(href).path or "/" for href in own}


@pytest.mark.slow
def test_a_thousand_scanners_that_follow_every_link_change_nothing(
    tmp_path: Path, web: WebServer, migrated_url: str
) -> None:
    """Those of an edition and of the mails that answer what was asked, and those on the pages
    behind them.
    """
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")], more=f'[store]\nurl = "{migrated_url}"\n')
    web.pages["/feed"] = atom(Post(number=2, title="A walk in autumn"))
    with at_work(tmp_path, NEWSLETTER_NOW=desk.now) as site:
        join(site)
        assert desk.call("send", NEWSLETTER_SECRET_KEY=SECRET).code == 0
        (mail,) = desk.mails("2026-W46")
        edition, token = own_links(site, mail.html), token_of(site)
        assert edition == {
            f"/unsubscribe/{token}", f"/preferences/{token}", "/archive/2026-W46"
        }  # fmt: skip
        others = _other_links(site, edition)
        assert {path.split("/")[1] for path in others} >= {"confirm", "forget", "dossier"}
        before = contents(site)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            share = SCANNERS // AT_ONCE
            statuses = pool.map(lambda _: _follow(site, edition, others, share), range(AT_ONCE))
            assert set().union(*statuses) <= {200, 404, 405}
        assert contents(site) == before


def _other_links(site: Served, edition: set[str]) -> set[str]:
    """Those in each kind of letter, and on the pages that all these links lead to."""
    sign_up(site, "bob@example.org")
    letters = {newest(site, "bob@example.org").link}
    for purpose in ("preferences", "dossier", "forget"):
        site.post(f"/preferences/{token_of(site)}/mail", purpose=purpose)
        letters.add(newest(site, ANNA).link)
    behind = {link for path in edition | letters for link in own_links(site, site.get(path).text)}
    return (letters | behind) - edition


def _follow(site: Served, edition: set[str], others: set[str], scanners: int) -> set[int]:
    """So many scanners, one after the other; now and then one is thorough."""
    connection = http.client.HTTPConnection(urlsplit(site.origin).netloc, timeout=60)
    seen = set()
    for number in range(scanners):
        thorough = number % 25 == 0
        for path in sorted(edition | others if thorough else edition):
            if thorough:
                seen.add(_ask(connection, "HEAD", path))
            seen.add(_ask(connection, "GET", path))
    connection.close()
    return seen


def _ask(connection: http.client.HTTPConnection, method: str, path: str) -> int:
    connection.request(method, path)
    response = connection.getresponse()
    response.read()
    return response.status
