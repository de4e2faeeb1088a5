"""The mails that are looked at, made by the commands or by the templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from newsletter.demo import blog
from newsletter.editions.render import render
from newsletter.model.edition import Digest, Form, TrialNote
from tests.acceptance.runner import SHARED, WEEK_1, WEEK_2, Desk, Post, atom
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
from tests.webserver import Page, serving

_BLOG = SHARED / "blog"
_SITE = "https://ronnyallan.example"
_OWN_LINKS = "https://news.example.org/u/0123456789abcdef"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The HTML of a mail (variant `all`), and the blog whose pictures it may show."""

    html: str
    host: str

    def picture(self, address: str) -> bytes | None:
        """A picture for an address on the blog's host; None for any other."""
        return next(iter(blog.pictures().values())) if self.owns(address) else None

    def owns(self, address: str) -> bool:
        """Whether it is a picture's address on the blog's host."""
        host = address.partition("://")[2].partition("/")[0]
        own = host == self.host or host.endswith("." + self.host)
        return own and address.partition("?")[0].endswith((".png", ".jpg"))


def demo(folder: Path) -> dict[str, Mail]:
    """The two editions of `newsletter demo`."""
    desk = Desk(folder)
    desk.now = ""
    done = desk.run("demo", "demo")
    assert done.code == 0, done
    return _editions(folder / "demo" / "preview", "demo", "blog.example.org")


def snapshots(folder: Path) -> dict[str, Mail]:
    """The editions of two weeks of a real-shaped blog."""
    if not _BLOG.is_dir():
        pytest.skip("the blog's snapshots are not here: ../shared, seen from the repository")
    desk = Desk(folder)
    with serving() as web:
        desk.settings([web.url("/feed/")])
        settings = folder / "newsletter.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(
            text.replace('website = "https://blog.example.org"', f'website = "{_SITE}"'),
            encoding="utf-8",
        )
        desk.people()
        for now, name in ((WEEK_1, "blog-atom-week1.xml"), (WEEK_2, "blog-atom-week2.xml")):
            desk.now = now
            web.pages["/feed/"] = Page(
                body=(_BLOG / name).read_bytes(), headers={"Content-Type": "application/atom+xml"}
            )
            edition = desk.send()["edition"]
            assert desk.call("preview", edition, "--out", "preview").code == 0
    return _editions(folder / "preview", "blog", "ronnyallan.example")


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
    return {
        "largest": _rendered(digest),
        "largest-large-print": _rendered(replace(digest, form=Form.LARGE)),
    }


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
    return {
        "trials": _rendered(digest),
        "trials-large-print": _rendered(replace(digest, form=Form.LARGE)),
    }


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
    return {"proof": Mail(html=mail.html, host="blog.example.org")}


SAMPLES: Mapping[str, Callable[[Path], dict[str, Mail]]] = {
    "demo-1": demo,
    "demo-2": demo,
    "blog-1": snapshots,
    "blog-2": snapshots,
    "largest": largest,
    "largest-large-print": largest,
    "trials": trials,
    "trials-large-print": trials,
    "proof": proof,
}
"""Each mail, and what makes it (together with others)."""


def _editions(preview: Path, name: str, host: str) -> dict[str, Mail]:
    files = sorted(preview.glob("*/all.html"))
    assert [file.parent.name for file in files] == ["2026-W46", "2026-W47"]
    return {
        f"{name}-{week}": Mail(html=file.read_text(encoding="utf-8"), host=host)
        for week, file in enumerate(files, start=1)
    }


def _rendered(digest: Digest) -> Mail:
    html = render(digest, TAGS).html
    for tag in TAGS.all():
        html = html.replace(tag, _OWN_LINKS)
    return Mail(html=html, host="blog.example.org")
