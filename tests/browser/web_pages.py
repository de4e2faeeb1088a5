"""Every page that the web application can answer with, from a newsletter that really sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.standin.rules import KEY
from subscribers import membership
from subscribers.model import Purpose
from tests.acceptance.runner import Post, atom
from tests.acceptance.world import EDITION, World, world_of
from tests.integration.web.reader import ANNA, mailed_link, sign_up, token_of, wait_for_answers
from tests.webapp import Answer, Served, at_work, served
from tests.webserver import WebServer, serving

BOB, CID, DORA = "bob@example.org", "cid@example.org", "dora@example.org"
TOPICS = """\
[[topics]]
key = "trials"
title = "Clinical trials"
categories = ["Trials"]
[[topics]]
key = "living"
title = "Living well"
categories = ["Living"]
"""


@dataclass(frozen=True, kw_only=True)
class Pages:
    """The pages by name, and the server that they came from."""

    site: Served
    html: Mapping[str, str]


@contextmanager
def all_pages(folder: Path) -> Iterator[Pages]:
    """Two editions are sent, one of them is removed, and readers do all that can be done."""
    empty = _empty(folder / "empty")
    with serving() as web, world_of(folder, web, people=1) as world:
        variables = _two_editions(world, web)
        with at_work(folder, **variables) as site:
            answers = {**empty, **_public(site), **_joining(site), **_own(site), **_going(site)}
            answers |= _late(site)
            world.said(
                "archive",
                "hide",
                "2026-W47",
                "--post",
                "https://blog.example.org/what-to-ask-before-a-scan/",
            )
            answers["edition-less"] = site.get("/archive/2026-W47")
            yield Pages(site=site, html={name: answer.text for name, answer in answers.items()})


def _empty(folder: Path) -> dict[str, Answer]:
    """Before the first edition, where nobody may sign up, and with a database that is broken."""
    with served(folder, more="[signup]\nenabled = false\n") as site:
        found = {
            "home-closed": site.get("/"),
            "embed-closed": site.get("/embed"),
            "archive-empty": site.get("/archive/"),
        }
        site.wiring.database().engine.dispose()
        for file in folder.glob("newsletter.db*"):
            file.unlink()
        (folder / "newsletter.db").write_text("no database " * 1000, encoding="utf-8")
        found["our-fault"] = site.get("/")
        found["our-fault-personal"] = site.get("/unsubscribe/a-token")
    assert [found[name].status for name in found] == [200, 200, 200, 503, 503]
    return found


def _two_editions(world: World, web: WebServer) -> dict[str, str]:
    """Sends them; the environment of a server for the same newsletter."""
    world.desk.settings([web.url("/feed")], more=TOPICS)
    world.settings(undo_minutes=0)
    world.json("send", "--yes")
    world.later(days=7)
    web.pages["/feed"] = atom(
        Post(number=5, title="What to ask before a scan", published="2026-11-14T09:00:00Z"),
        Post(number=6, title="Tea & <remedies>", published="2026-11-13T09:00:00Z"),
    )
    world.json("send", "--yes")
    assert world.call("archive", "hide", EDITION).code == 0
    return {**world.variables, "SENDGRID_API_KEY": KEY, "NEWSLETTER_NOW": world.desk.now}


def _public(site: Served) -> dict[str, Answer]:
    found = {
        "home": site.get("/"),
        "embed": site.get("/embed"),
        "link": site.get("/link"),
        "link-wrong": site.post("/link", email="anna"),
        "archive": site.get("/archive/"),
        "edition": site.get("/archive/2026-W47"),
        "edition-removed": site.get(f"/archive/{EDITION}"),
        "not-found": site.get("/no-such-page"),
        "wrong-method": site.ask("PUT", "/"),
        "too-much": site.post("/subscribe", email="x" * 100_000),
        "unsubscribe-sample": site.get("/unsubscribe/sample"),
        "preferences-sample": site.get("/preferences/sample"),
        "left-sample": site.post("/unsubscribe/sample", page="1"),
    }
    failed = [found[name].status for name in ("not-found", "wrong-method", "too-much")]
    assert failed == [404, 405, 413]
    return found


def _joining(site: Served) -> dict[str, Answer]:
    found = {
        "sign-up-wrong": sign_up(site, "anna@", topics="trials", form="large"),
        "sign-up-again": site.post("/subscribe", email=ANNA, topics="trials"),
        "asked": sign_up(site, topics="trials"),
        "asked-link": site.post("/link", email="nobody@example.org"),
        "confirm-unknown": site.get("/confirm/nothing"),
    }
    link = mailed_link(site, Purpose.SUBSCRIBE)
    found |= {
        "confirm": site.get(link),
        "confirmed": site.post(link),
        "confirm-already": site.post(link),
    }
    sign_up(site, DORA)
    for address in (BOB, CID):
        sign_up(site, address)
        site.post(mailed_link(site, Purpose.SUBSCRIBE, address))
    return found


def _own(site: Served) -> dict[str, Answer]:
    """Anna's pages."""
    lasting = f"/preferences/{token_of(site)}"
    site.post(f"{lasting}/mail", purpose="preferences")
    site.post(f"{lasting}/mail", purpose="dossier")
    wait_for_answers(site)
    mailed = mailed_link(site, Purpose.PREFERENCES)
    return {
        "choices": site.get(lasting),
        "choices-saved": site.post(lasting, form="large", pause="4"),
        "all-choices": site.get(mailed),
        "all-choices-saved": site.post(mailed, topics="living", form="plain"),
        "dossier": site.get(mailed_link(site, Purpose.DOSSIER)),
        "stale": site.get("/dossier/nothing"),
    }


def _going(site: Served) -> dict[str, Answer]:
    """Bob leaves, Cid is forgotten, and somebody asks too often."""
    leave = f"/unsubscribe/{token_of(site, BOB)}"
    site.post("/link", email=BOB, purpose="preferences")
    site.post("/link", email=CID, purpose="forget")
    choose = mailed_link(site, Purpose.PREFERENCES, BOB)
    forget = mailed_link(site, Purpose.FORGET, CID)
    found = {
        "unsubscribe": site.get(leave),
        "left": site.post(leave, page="1"),
        "left-thanks": site.post(leave, page="1", reason="too-often"),
        "left-before": site.get(leave),
        "confirm-overtaken": site.get(mailed_link(site, Purpose.SUBSCRIBE, BOB)),
        "all-choices-left": site.get(choose),
        "choices-left": site.get(leave.replace("unsubscribe", "preferences")),
        "left-unknown": site.post("/unsubscribe/nobody", page="1"),
        "forget": site.get(forget),
        "forgotten": site.post(forget),
    }
    for number in range(20):
        found["too-often"] = sign_up(site, f"reader{number}@example.net")
    assert found["too-often"].status == 429
    assert found["confirm-overtaken"].status == 410
    return found


def _late(site: Served) -> dict[str, Answer]:
    """A link is too old, one is of an address that was barred, and a mail was on its way."""
    link = mailed_link(site, Purpose.SUBSCRIBE, DORA)
    with site.wiring.database().begin() as connection:
        secrets = site.wiring.secret_keys()
        membership.suppress(connection, DORA, now=site.wiring.now(), secrets=secrets)
    barred = site.post(link)
    with site.wiring.database().begin() as connection:
        connection.exec_driver_sql("UPDATE subscriber_request SET expires_at = asked_at")
    reader = f"/unsubscribe/{token_of(site, 'reader0@example.org')}"
    found = {
        "confirm-barred": barred,
        "confirm-expired": site.get(link),
        "left-coming": site.post(reader, page="1"),
    }
    assert [answer.status for answer in found.values()] == [403, 410, 200]
    assert "may still arrive" in found["left-coming"].text
    return found
