"""How long it takes to make a digest of ten posts: Jinja2, MJML, HTML and text, and the gate.

The floor is the MJML engine alone on the same document. Both run in turn in one process, warm;
the first render, which compiles the templates, is shown apart.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

from newsletter.editions.check import check
from newsletter.editions.mjml import mjml_to_html
from newsletter.editions.render import render
from newsletter.model.edition import Digest, DigestItem, Form, ItemKind, Masthead, Period, Tags
from newsletter.model.post import Image

TARGET_MS = 5.0
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


def milliseconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def calm(values: list[float], block: int = 20) -> float:
    """The lowest median of a block of runs: what the work takes while nothing else runs."""
    blocks = [values[start : start + block] for start in range(0, len(values), block)]
    return min(statistics.median(part) for part in blocks)


def main() -> int:
    """Prints minimum and median of each, and the ratio; 1 if the digest takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    runs = parser.parse_args().runs
    digest, tags = ten_posts(), Tags.of("0123abcd")
    first = milliseconds(lambda: render(digest, tags))
    rendered = render(digest, tags)
    work: dict[str, Callable[[], object]] = {
        "render": lambda: render(digest, tags),
        "MJML alone": lambda: mjml_to_html(rendered.mjml, about="the digest"),
        "gate": lambda: check(rendered, tags, digest.masthead),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(runs):
        for name, act in work.items():
            times[name].append(milliseconds(act))
    print(f"ten posts, {len(rendered.html.encode()):,} bytes of HTML; first render {first:.1f} ms")
    for name, values in times.items():
        print(f"{name:<12} min {min(values):6.2f} ms   median {statistics.median(values):6.2f} ms")
    own, floor = calm(times["render"]), calm(times["MJML alone"])
    print(f"ratio to the MJML engine alone: {own / floor:.1f} (render {own:.2f} ms, ", end="")
    print(f"target {TARGET_MS:.0f} ms; the calmest twenty runs of each)")
    return 0 if own < TARGET_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
