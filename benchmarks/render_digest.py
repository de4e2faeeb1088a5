"""How long it takes to make a digest of ten posts: Jinja2, MJML, HTML and text, and the gate.

The floor is the MJML engine alone on the same document. All run in turn in one process, warm;
the first render, which compiles the templates, is shown apart. Then every variant of an edition
for readers who want each set of four topics in each form, laid out as `newsletter compose` does.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path

from newsletter.config import load
from newsletter.demo.blog import settings_for
from newsletter.editions.check import check
from newsletter.editions.mjml import mjml_to_html
from newsletter.editions.render import render
from newsletter.model.edition import (
    Channel,
    Digest,
    DigestItem,
    Edition,
    EditionState,
    Form,
    ItemKind,
    Masthead,
    Period,
    Tags,
)
from newsletter.model.post import Image
from newsletter.pipeline.context import Context
from newsletter.pipeline.layout import Entries, lay_out
from newsletter.wiring import Wiring
from subscribers.model import Choice

TARGET_MS = 15.0
TARGET_SHARE = 0.5
TARGET_ALL_MS = 1000.0
VARIANTS = 64
TOPICS = ("trials", "living", "scans", "diet")
UNWANTED = "news"
"""A topic that nobody chose: whoever takes all there are gets the variant `all`."""
SENTENCE = "The days are short now, and so is my battery; one third of each day stays empty. "


def item(number: int, kind: ItemKind) -> DigestItem:
    updated = kind is ItemKind.UPDATED
    return DigestItem(
        post_id=number,
        revision_id=number,
        kind=kind,
        title=f"A post with a title of the usual length, number {number}",
        url=f"https://blog.example.org/2026/11/post-{number}/",
        published=datetime(2026, 11, number, 9, tzinfo=UTC),
        updated=datetime(2026, 11, 14, 9, tzinfo=UTC),
        excerpt=SENTENCE * 3,
        image=Image(url="https://blog.example.org/p.png", alt="A path", width=1152, height=576),
        reading_minutes=4,
        change="New section of 14 November 2026." if updated else "",
        quote_html=f"<h3>Update</h3><p>{SENTENCE * 4}</p>" if updated else "",
        quote_text=f"Update\n{SENTENCE * 4}" if updated else "",
    )


def ten_posts() -> Digest:
    masthead = Masthead(
        title="A Slow Kind of Luck",
        website="https://blog.example.org",
        language="en-GB",
        direction="ltr",
        timezone="Europe/London",
        disclaimer="I am a patient, not a doctor.",
        postal_address="PO Box 1, Exampleton",
        reply_address="morgan@blog.example.org",
    )
    period = Period(
        key="2026-W47",
        scheduled_at=datetime(2026, 11, 16, 7, 30, tzinfo=UTC),
        first_day=date(2026, 11, 16),
    )
    return Digest(
        period=period,
        masthead=masthead,
        variant="all",
        form=Form.NORMAL,
        note="Hello **all**,\n\nthis week starts with [the trial](https://blog.example.org/t).",
        updated=tuple(item(number, ItemKind.UPDATED) for number in range(1, 4)),
        new=tuple(item(number, ItemKind.NEW) for number in range(4, 11)),
    )


def every_choice() -> list[Choice]:
    """Readers who want every set of four topics in every form: 64 variants."""
    sets = [chosen for size in range(5) for chosen in combinations(TOPICS, size)]
    return [Choice(topics=chosen, form=form, count=1) for chosen in sets for form in Form]


def settings() -> str:
    """Settings with the four topics; nothing is fetched from the feed."""
    topics = "".join(
        f'[[topics]]\nkey = "{t}"\ntitle = "{t}"\ncategories = ["{t}"]\n'
        for t in (*TOPICS, UNWANTED)
    )
    return settings_for("http://127.0.0.1/feed/").partition("[[topics]]")[0] + topics


def laid_out(context: Context, digest: Digest) -> int:
    """Makes and checks the variants as `newsletter compose` does, and gives their number."""
    posts = tuple(
        replace(post, topics=(TOPICS[number % 4],))
        for number, post in enumerate((*digest.updated, *digest.new))
    )
    layout = lay_out(context, a_draft(digest.period), Entries(items=posts), every_choice())
    assert not [finding for finding in layout.findings if finding.error]
    return len(layout.variants)


@contextmanager
def a_context() -> Iterator[Context]:
    """What the use cases are given, in a folder of its own."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "newsletter.toml"
        file.write_text(settings(), encoding="utf-8")
        wiring = Wiring(load(file, {}), {})
        try:
            yield wiring.context(tell=lambda _line: None, progress=lambda _advance: None)
        finally:
            wiring.close()


def a_draft(period: Period) -> Edition:
    return Edition(
        id=1,
        period=period,
        channel=Channel.REHEARSAL,
        state=EditionState.DRAFT,
        nonce="0123abcd",
        note="Hello **all**,\n\nthis week starts with [the trial](https://blog.example.org/t).",
        reasons=(),
        checksum="",
        previewed_checksum="",
        transport="outbox",
        sender="",
        public_url="",
        undo_minutes=0,
        composed_at=None,
        frozen_at=None,
        planned_at=None,
        finished_at=None,
    )


def milliseconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def calm(values: list[float], block: int = 20) -> float:
    """The lowest median of a block of runs: what the work takes while nothing else runs."""
    blocks = [values[start : start + block] for start in range(0, len(values), block)]
    return min(statistics.median(part) for part in blocks)


def main() -> int:
    """Prints minimum and median of each, and the ratios; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    runs = parser.parse_args().runs
    digest, tags = ten_posts(), Tags.of("0123abcd")
    first = milliseconds(lambda: render(digest, tags))
    rendered = render(digest, tags)
    print(f"ten posts, {len(rendered.html.encode()):,} bytes of HTML; first render {first:.1f} ms")
    work: dict[str, Callable[[], object]] = {
        "render": lambda: render(digest, tags),
        "MJML alone": lambda: mjml_to_html(rendered.mjml, about="the digest"),
        "gate": lambda: check(rendered, tags, digest.masthead),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(runs):
        for name, act in work.items():
            times[name].append(milliseconds(act))
    for name, values in times.items():
        print(f"{name:<12} min {min(values):6.2f} ms   median {statistics.median(values):6.2f} ms")
    one = verdict_on_one({name: calm(values) for name, values in times.items()})
    return 0 if one and all_variants(digest, max(3, runs // 30)) else 1


def verdict_on_one(calmest: dict[str, float]) -> bool:
    """Says what one variant takes; the calmest twenty runs of each part count."""
    floor, gate = calmest["MJML alone"], calmest["gate"]
    whole = calmest["render"] + gate
    share = gate / whole
    print(
        f"ratio to the MJML engine alone: {whole / floor:.1f} (rendered and checked in "
        f"{whole:.2f} ms, target {TARGET_MS:.0f} ms)"
    )
    print(f"ratio of the gate to the whole: {share:.2f} (target {TARGET_SHARE})")
    return whole < TARGET_MS and share < TARGET_SHARE


def all_variants(digest: Digest, runs: int) -> bool:
    """Says what every variant of an edition takes together; the quickest run counts."""
    with a_context() as context:
        number = laid_out(context, digest)
        quickest = min(milliseconds(lambda: laid_out(context, digest)) for _ in range(runs))
    print(
        f"ratio of {number} variants to their target: {quickest / TARGET_ALL_MS:.2f} "
        f"({quickest:.0f} ms, target {TARGET_ALL_MS:.0f} ms)"
    )
    return number == VARIANTS and quickest < TARGET_ALL_MS


if __name__ == "__main__":
    raise SystemExit(main())
