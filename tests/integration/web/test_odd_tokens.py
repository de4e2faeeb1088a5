"""Whatever is put in the place of a token, every route says the same, and nothing is changed.

NEWSLETTER_TOKENS sets how many tokens are tried, and SEED which ones.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import string
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import event

from subscribers.model import Purpose
from tests.integration.web.reader import (
    ANNA,
    join,
    mailed_link,
    sign_up,
    token_of,
    wait_for_answers,
)
from tests.integration.web.tables import contents
from tests.webapp import Served, served

TOKENS = int(os.environ.get("NEWSLETTER_TOKENS", "40"))
SEED = int(os.environ.get("SEED", "1"))
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

ROUTES = {
    ("GET", "/confirm/{}", b""): 404,
    ("POST", "/confirm/{}", b""): 404,
    ("GET", "/preferences/{}", b""): 404,
    ("POST", "/preferences/{}", b"form=large&pause=4"): 404,
    ("POST", "/preferences/{}/mail", b"purpose=forget"): 200,
    ("GET", "/preferences/mailed/{}", b""): 404,
    ("POST", "/preferences/mailed/{}", b"topics=trials"): 404,
    ("GET", "/forget/{}", b""): 404,
    ("POST", "/forget/{}", b""): 404,
    ("GET", "/dossier/{}", b""): 404,
    ("POST", "/dossier/{}", b""): 404,
    ("GET", "/unsubscribe/{}", b""): 200,
    ("POST", "/unsubscribe/{}", b"List-Unsubscribe=One-Click"): 200,
    ("POST", "/unsubscribe/{}", b"page=1&reason=too-often"): 200,
}
"""Each route with a token, and what it answers when that is nobody's."""

_LETTERS = string.ascii_letters + string.digits + "-_.~"


@pytest.fixture
def site(tmp_path: Path, migrated_url: str) -> Iterator[Served]:
    """A server, Anna on the list, and an open link of each kind."""
    with served(tmp_path, database_url=migrated_url) as found:
        join(found)
        for purpose in ("preferences", "dossier", "forget"):
            found.post(f"/preferences/{token_of(found)}/mail", purpose=purpose)
        found.post("/link", email="bob@example.org")
        wait_for_answers(found)
        yield found


def test_odd_tokens_change_nothing_and_are_all_answered_alike(site: Served) -> None:
    """Random ones, and real ones with a slip in them."""
    real = [token_of(site)] + [
        mailed_link(site, purpose).rpartition("/")[2]
        for purpose in (Purpose.PREFERENCES, Purpose.DOSSIER, Purpose.FORGET)
    ]
    before = contents(site)
    connection = http.client.HTTPConnection(urlsplit(site.origin).netloc, timeout=60)
    answers: dict[tuple[str, str, bytes], set[tuple[int, str]]] = {route: set() for route in ROUTES}
    chance = random.Random(SEED)
    for number, token in enumerate(_odd_tokens(chance, real, TOKENS)):
        for place, route in enumerate(ROUTES):
            if TOKENS <= 1000 or (number + place) % len(ROUTES) == 0:
                answers[route].add(_ask(connection, route, token))
    connection.close()
    for route, found in answers.items():
        assert {status for status, _ in found} == {ROUTES[route]}, route
        assert len(found) == 1, route
    assert contents(site) == before


def _odd_tokens(chance: random.Random, real: list[str], count: int) -> Iterator[str]:
    made = 0
    while made < count:
        token = chance.choice(_KINDS)(chance, chance.choice(real))
        if token and token not in real and token != "sample":
            made += 1
            yield token


def _random(chance: random.Random, _real: str) -> str:
    return "".join(chance.choices(_LETTERS, k=chance.randint(1, 80)))


def _one_other(chance: random.Random, real: str) -> str:
    place = chance.randrange(len(real))
    return real[:place] + chance.choice(_LETTERS) + real[place + 1 :]


def _cut(chance: random.Random, real: str) -> str:
    return real[: chance.randrange(1, len(real))]


def _longer(chance: random.Random, real: str) -> str:
    return real + "".join(chance.choices(_LETTERS, k=chance.choice((1, 5, 3000))))


def _other_case(_chance: random.Random, real: str) -> str:
    return real.swapcase()


def _turned(_chance: random.Random, real: str) -> str:
    return real[::-1]


def _strange(chance: random.Random, real: str) -> str:
    odd = (
        "\0",
        "'",
        '"',
        "<b>",
        " ",
        "é",
        "\u202e",
        "\ud7ff",
        "%",
        "&",
        "=",
        ";",
        "\\",
        "🙂",
        "{{",
    )
    place = chance.randrange(len(real))
    return real[:place] + chance.choice(odd) + real[place:]


_KINDS = (_random, _one_other, _cut, _longer, _other_case, _turned, _strange)


def _ask(
    connection: http.client.HTTPConnection, route: tuple[str, str, bytes], token: str
) -> tuple[int, str]:
    """The status, and the text without the token that was asked for."""
    method, path, body = route
    connection.request(method, path.format(quote(token, safe="")), body or None, FORM)
    response = connection.getresponse()
    text = response.read().decode()
    for shown in (token, "-"):
        text = text.replace(f"/{shown}&quot;", "/").replace(f'/{shown}"', '/"')
        text = text.replace(f'/{shown}/mail"', '/mail"')
    assert ANNA not in text
    return response.status, text


@pytest.mark.parametrize("path", ["/subscribe", "/link"])
def test_known_and_unknown_addresses_take_the_same_way(site: Served, path: str) -> None:
    """The same statements in the same order, so that no clock can tell them apart."""
    statements: list[str] = []
    engine = site.wiring.database().engine
    mark = re.search(r'name="shown" value="(\w+)"', site.get("/").text)
    assert mark is not None

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        if threading.current_thread().name.startswith("AnyIO"):  # those that make pages
            statements.append(statement)

    def asked(address: str) -> list[str]:
        statements.clear()
        answer = site.post(path, email=address, shown=mark[1], purpose="forget")
        assert answer.status == 200
        return list(statements)

    event.listen(engine, "before_cursor_execute", note)
    asked("warm.up@example.org")
    known, unknown = asked(ANNA), asked("somebody.else@example.org")
    event.remove(engine, "before_cursor_execute", note)
    assert len(known) > 3
    assert [statement for statement in known if "subscriber_person" in statement] == []
    assert known == unknown


def test_the_server_is_as_busy_with_an_address_that_it_does_not_know(site: Served) -> None:
    """A mail is made for it as well, or the next visitor's wait would tell that none was."""
    made: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        if threading.current_thread().name == "letters":  # what makes the mails
            made.append(statement)

    def makes_a_mail(address: str) -> bool:
        made.clear()
        assert site.post("/link", email=address, purpose="forget").status == 200
        deadline = time.monotonic() + 20
        while not any("FROM subscriber_wording" in statement for statement in made):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    engine = site.wiring.database().engine
    event.listen(engine, "before_cursor_execute", note)
    known, unknown = "carla@example.org", "nobody@example.org"
    sign_up(site, known)
    wait_for_answers(site)
    assert makes_a_mail(known)
    assert makes_a_mail(unknown)
    event.remove(engine, "before_cursor_execute", note)
