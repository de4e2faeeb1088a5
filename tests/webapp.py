"""The web application on loopback, over real HTTP, as a browser or a mail provider meets it."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from newsletter.cli.serve import listening, server_for
from newsletter.config import load
from newsletter.wiring import Wiring

SETTINGS = """\
[newsletter]
title = "A Slow Kind of Luck"
sender = "Morgan Hale <news@blog.example.org>"
reply_to = "morgan@blog.example.org"
postal_address = "Morgan Hale, PO Box 1, Exampleton, EX1 1AA, United Kingdom"
website = "https://blog.example.org"
public_url = "https://news.example.org"
language = "en-GB"
timezone = "Europe/London"
disclaimer = "I am a patient, not a doctor."
[[feeds]]
url = "https://blog.example.org/feed/"
[[topics]]
key = "trials"
title = "Clinical trials"
categories = ["Trials"]
[[topics]]
key = "living"
title = "Living well"
categories = ["Living"]
"""
"""What a newsletter with two topics needs; tests add to it or replace a line."""

SECRET = "a-secret-key-that-is-long-enough-for-everything"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back. Header names are lower-case."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server at work, and what it works on."""

    origin: str
    wiring: Wiring

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own; nothing is followed."""
        connection = http.client.HTTPConnection(urlsplit(self.origin).netloc, timeout=60)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            text = response.read().decode()
            return Answer(status=response.status, headers=found, text=text)
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """Asks for a page."""
        return self.ask("GET", path, headers={n.replace("_", "-"): v for n, v in headers.items()})

    def post(self, path: str, /, headers: Mapping[str, str] | None = None, **form: str) -> Answer:
        """Sends a form, as a browser does."""
        kind = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.ask("POST", path, urlencode(form).encode(), kind)


@contextmanager
def served(
    folder: Path,
    *,
    database_url: str = "",
    settings: str = SETTINGS,
    more: str = "",
    **variables: str,
) -> Iterator[Served]:
    """A server in a thread of this process, its settings in `folder`; stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    store = f'[store]\nurl = "{database_url}"\n' if database_url else ""
    file = folder / "newsletter.toml"
    file.write_text(f"{settings}\n{store}\n{more}", encoding="utf-8")
    with at_work(folder, **variables) as found:
        yield found


@contextmanager
def at_work(folder: Path, **variables: str) -> Iterator[Served]:
    """A server in a thread of this process, for the settings that are in `folder`."""
    environ = {"NEWSLETTER_SECRET_KEY": SECRET, **variables}
    wiring = Wiring(load(folder / "newsletter.toml", environ), environ)
    try:
        with _running(wiring) as origin:
            yield Served(origin=origin, wiring=wiring)
    finally:
        wiring.close()


@contextmanager
def _running(wiring: Wiring) -> Iterator[str]:
    with listening("127.0.0.1", 0) as at:
        server = server_for(wiring)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [at]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{at.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def environment(**variables: str) -> dict[str, str]:
    """What a server in a process of its own finds in its environment."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NEWSLETTER_", "SENDGRID_"))
    }
    return {**kept, "PYTHONUTF8": "1", "NEWSLETTER_SECRET_KEY": SECRET, **variables}
