"""The mails that are looked at, made by the commands or by the templates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsletter.config.signup import WORDING
from newsletter.delivery.message import Envelope, MessageTemplate, Notice, notice_message
from newsletter.editions.letters import LetterText, render_letter
from newsletter.editions.render import render
from newsletter.model.edition import Digest, Form, TrialNote
from newsletter.model.feed import ParsedFeed
from newsletter.model.look import OUR_LOOK
from newsletter.model.personal import Links, fill_html
from tests import wild
from tests.acceptance.runner import SHARED, WEEK_1, WEEK_2, Desk, Post, atom
from tests.browser.mail import Mail
from tests.digests import (
    MASTHEAD,
    PICTURE,
    TAGS,
    a_digest,
    a_line,
    a_note,
    new_post,
    trial_update,
    updated_post,
)
from tests.printed import FORMS, Printed, demo_editions, print_edition, readers
from tests.webserver import Page, serving

Maker = Callable[[Path], dict[str, Mail]]

OTHER_FORMS = tuple(form.value for form in Form if form is not Form.NORMAL)

_BLOG = SHARED / "blog"
_SITE = "https://ronnyallan.example"
_NEWEST = re.compile(rb"<(item|entry)[ >].*?</\1>", re.DOTALL)
_LINKS = Links(
    unsubscribe="https://news.example.org/unsubscribe/0123456789abcdef",
    preferences="https://news.example.org/preferences/0123456789abcdef",
    view="https://news.example.org/archive/2026-W47",
)
_ENVELOPE = Envelope(
    sender_name="Morgan Hale",
    sender_address="news@blog.example.org",
    reply_to=MASTHEAD.reply_address,
    title=MASTHEAD.title,
    language=MASTHEAD.language,
)


def demo(folder: Path) -> dict[str, Mail]:
    """The two editions of the demo, in every variant and form."""
    weeks = {"2026-W46": "demo-1", "2026-W47": "demo-2"}
    return _named(demo_editions(folder), weeks, "blog.example.org")


def snapshots(folder: Path) -> dict[str, Mail]:
    """The editions of two weeks of a real-shaped blog, in every form."""
    if not _BLOG.is_dir():
        pytest.skip("the blog's snapshots are not here: ../shared, seen from the repository")
    desk = Desk(folder)
    editions: list[Printed] = []
    with serving() as web:
        desk.settings([web.url("/feed/")])
        desk.change("website", _SITE)
        readers(desk, FORMS)
        for now, name in ((WEEK_1, "blog-atom-week1.xml"), (WEEK_2, "blog-atom-week2.xml")):
            desk.now = now
            web.pages["/feed/"] = Page(
                body=(_BLOG / name).read_bytes(), headers={"Content-Type": "application/atom+xml"}
            )
            editions += print_edition(desk, desk.send()["edition"])
    weeks = {"2026-W46": "blog-1", "2026-W47": "blog-2"}
    return _named(editions, weeks, "ronnyallan.example")


def of_the_wild(folder: Path, file: str) -> dict[str, Mail]:
    """The edition of a feed that was found in the wild, an hour after its newest post."""
    if not wild.FEEDS.is_dir():
        pytest.skip(wild.ABSENT)
    desk = Desk(folder)
    with serving() as web:
        web.otherwise = Page(body=b"<!doctype html><title>A page of the blog</title>")
        url = web.url("/feed")
        host = _usual_host(wild.read(file, url))
        desk.settings([url], more=wild.ROOMY)
        desk.change("website", f"https://{host}")
        desk.change("language", wild.LANGUAGES.get(file, "en-GB"))
        readers(desk, ["all"])
        desk.now = wild.just_after(file, url).isoformat()
        web.pages["/feed"] = full = wild.page(file)
        if file in wild.QUIET:
            web.pages["/feed"] = replace(full, body=_NEWEST.sub(b"", full.body, count=3))
            assert desk.call("collect").code == 0
            web.pages["/feed"] = full
        (printed,) = print_edition(desk, desk.send()["edition"])
    return {f"wild-{file}": Mail.of(printed, host)}


def largest(_folder: Path) -> dict[str, Mail]:
    """As much as a digest can have: a note, contents, long words, many posts; large print too."""
    long = "Pheochromocytoma-and-paraganglioma-and-gastroenteropancreatic-neuroendocrine"
    digest = a_digest(
        note="Hello **all**,\n\nread [this](https://blog.example.org/this) first:\n\n- one\n- two",
        updated=(updated_post(100, title=f"{long} tumours"), *map(updated_post, range(101, 106))),
        new=(
            new_post(1, image=PICTURE, title=f"A question of {long} care?"),
            new_post(2, image=replace(PICTURE, width=300, alt="A small table with two chairs")),
            new_post(3, excerpt=f"See https://blog.example.org/{'a-long-address/' * 8} for more."),
            *map(new_post, range(4, 11)),
        ),
        masthead=replace(MASTHEAD, title="Living with Neuroendocrine Cancer"),
    )
    return _in_forms("largest", digest, Form)


def trials(_folder: Path) -> dict[str, Mail]:
    """All that is said of trials: beside posts and by themselves, changed or not, few or many."""
    quiet = [TrialNote(line=a_line(f"NCT0000020{number}")) for number in range(1, 4)]
    stopped = (
        "Terminated (stopped early). Reason given by the sponsor: “Slow accrual of patients.”."
    )
    other = a_line(
        label="EU Clinical Trials Register (2017-000369-54)",
        said="Entry not read by this newsletter; see the register.",
        url="https://www.clinicaltrialsregister.eu/ctr-search/search?query=eudract_number:2017",
    )
    digest = a_digest(
        trials=(
            trial_update(),
            trial_update(
                "NCT00000301",
                note=a_note(
                    "NCT00000301", title="", details=(), line=a_line("NCT00000301", said=stopped)
                ),
                posts=(),
            ),
        ),
        updated=(
            updated_post(trials=(a_note(), TrialNote(line=other))),
            updated_post(101, quote_html="", change="", trials=(quiet[0],)),
        ),
        new=(
            new_post(1, image=PICTURE, trials=tuple(quiet), more_trials=27),
            new_post(2, trials=(TrialNote(line=replace(other, url="")),)),
        ),
    )
    return _in_forms("trials", digest, (Form.NORMAL, Form.LARGE))


def proof(folder: Path) -> dict[str, Mail]:
    """A proof for the admin: the box above a mail, with all that can be in it."""
    desk = Desk(folder)
    long = "Gastroenteropancreatic-and-pheochromocytoma-and-paraganglioma-neuroendocrine"
    with serving() as web:
        more = '[notify]\nto = "admin@clinic.example"\n[fuse]\nmax_items = 1\n'
        desk.settings([web.url("/feed/"), web.url("/gone/")], more=more)
        desk.people()
        posts = (Post(number=1, title=f"{long} tumours"), *(
            Post(number=n, title=f"A question of care {n}?") for n in range(2, 9)))  # fmt: skip
        web.pages["/feed/"] = atom(*posts)
        desk.now = "2026-11-09T07:00:00Z"
        assert desk.call("collect").code == 0
        assert desk.call("compose").code == 3
        number = str(desk.call("posts", "list", "--json").document[0]["id"])
        assert desk.call("editions", "drop", "2026-W46", number).code == 0
        assert desk.send("--scheduled")["outcome"] == "not-due"
    (mail,) = [mail for mail in desk.mails("notices") if mail.subject.startswith("[PROOF]")]
    for said in ("wait for you", "Left out by you", "Could not be read", f"{long} tumours"):
        assert said in mail.html
    message = mail.file.read_bytes()
    return {"proof": Mail(html=mail.html, host="blog.example.org", message=message)}


def letters(_folder: Path) -> dict[str, Mail]:
    """The mails that answer who asked for something on a page."""
    return {
        "confirm": _letter("confirm", Form.NORMAL),
        "confirm.large": _letter("confirm", Form.LARGE),
        "already": _letter("already", Form.NORMAL),
    }


SAMPLES: Mapping[str, Maker] = {
    "demo-1": demo,
    "demo-2": demo,
    "blog-1": snapshots,
    "blog-2": snapshots,
    "largest": largest,
    "largest.large": largest,
    "trials": trials,
    "trials.large": trials,
    "proof": proof,
    "confirm": letters,
    "confirm.large": letters,
    "already": letters,
}
"""The mails that are looked at from all sides, and what makes each (together with others)."""

EVERY: Mapping[str, Maker] = {
    **SAMPLES,
    **{
        f"demo-{week}.{rest}": demo
        for week in (1, 2)
        for rest in ("trials", "living", *OTHER_FORMS)
    },
    **{f"blog-{week}.{form}": snapshots for week in (1, 2) for form in OTHER_FORMS},
    **{f"largest.{form}": largest for form in OTHER_FORMS},
    **{f"wild-{file}": partial(of_the_wild, file=file) for file in wild.names()},
}
"""These, every other variant and form, and an edition of each feed of the wild."""


def _named(editions: Iterable[Printed], weeks: Mapping[str, str], host: str) -> dict[str, Mail]:
    """`demo-1` for variant `all`, `demo-1.large`, `demo-1.trials`."""
    named = {}
    for each in editions:
        rest = each.variant.removeprefix("all").removeprefix(".")
        week = weeks[each.edition]
        named[f"{week}.{rest}" if rest else week] = Mail.of(each, host)
    return named


def _in_forms(name: str, digest: Digest, forms: Iterable[Form]) -> dict[str, Mail]:
    return {
        name if form is Form.NORMAL else f"{name}.{form}": _rendered(replace(digest, form=form))
        for form in forms
    }


def _letter(kind: str, form: Form) -> Mail:
    token = "Wm9uZGVyLXRva2VuLTEy.0mJr9UqJb3zQk1YwX8vB2nC4dE6fG7hI8jK9lM0nO1p"
    text = LetterText(
        kind=kind,
        title=MASTHEAD.title,
        link=f"https://news.example.org/confirm/{token}" if kind == "confirm" else "",
        holds="3 days",
        language=MASTHEAD.language,
        direction=MASTHEAD.direction,
        form=form,
        wording=WORDING.replace("{title}", MASTHEAD.title),
        preferences=_LINKS.preferences,
        unsubscribe=_LINKS.unsubscribe,
        reply_address=MASTHEAD.reply_address,
        postal_address=MASTHEAD.postal_address,
    )
    made = render_letter(text, OUR_LOOK)
    notice = Notice(to="ann@example.org", subject=made.subject, text=made.text, html=made.html)
    date = datetime(2026, 11, 16, 8, tzinfo=UTC)
    message = notice_message(_ENVELOPE, notice, date=date)
    return Mail(html=made.html, host="blog.example.org", message=message)


def _usual_host(feed: ParsedFeed) -> str:
    """The host that most posts of a feed link to: where the blog lives."""
    hosts = Counter(urlsplit(entry.link or "").hostname for entry in feed.entries)
    return next((host for host, _ in hosts.most_common() if host), "blog.example.org")


def _rendered(digest: Digest) -> Mail:
    rendered = render(digest, TAGS)
    template = MessageTemplate(_ENVELOPE, rendered, TAGS, nonce="0123456789abcdef")
    message = template.message(
        delivery_id="0123456789abcdef0123456789abcdef",
        address="ann@example.org",
        links=_LINKS,
        date=digest.period.scheduled_at,
    )
    return Mail(
        html=fill_html(rendered.html, TAGS, _LINKS),
        mjml=rendered.mjml,
        message=message,
        host="blog.example.org",
    )
