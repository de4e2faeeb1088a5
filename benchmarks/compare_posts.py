"""How long comparing two revisions of a post takes, and how it grows with the post.

A *change* is what authors make: a new dated section on top and one sentence reworded. A *rewrite*
changes every third line. The rest is repetitive, where comparing is known to blow up: *alike* are
lines that are all the same, every third one changed; *one line* is a single paragraph of ever the
same words with a sentence put into its middle; *table* has rows of the same few cells. The floor is
hashing every line of both texts once; growth is of twice the text, so 2 is linear.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import time
from collections.abc import Callable

from newsletter.feeds.clean import clean
from newsletter.feeds.compare import compare, revision_of
from newsletter.model.post import Revision

LIMITS = {100: 20.0, 540: 200.0}
"""Kilobytes of text, and the milliseconds that comparing two revisions of it may take."""

GROWTH = 3.0
"""What twice the text may cost, at the most: 2 is linear, 4 is quadratic."""

NOISE = 5.0
"""Growth is not looked at where less than so many milliseconds are measured."""

SENTENCE = "Line {at} says what the nurse said on day {day}, and what I wrote down in week {week}."
SAME = "again the same old words, as they were"
TOP = "<p><strong>14 November 2026.</strong> The trial is closed to new patients.</p>"

Pair = tuple[Revision, Revision]


def revision(html: str) -> Revision:
    """A post as it is kept."""
    return revision_of("A post", clean(html, base_url="https://blog.example.org/"))


def paragraphs(lines: int, mark: str, *, every: int, told: str = SENTENCE) -> str:
    """So many paragraphs; each `every`-th one ends in `mark`."""
    return "".join(
        f"<p>{told.format(at=at, day=at % 97, week=at % 89)} {'' if at % every else mark}</p>"
        for at in range(lines)
    )


def change(size: int) -> Pair:
    """A new dated section on top, and one sentence in other words."""
    lines = size // 79
    reworded = paragraphs(lines, "Reworded.", every=lines)
    return revision(paragraphs(lines, "", every=lines)), revision(TOP + reworded)


def rewrite(size: int) -> Pair:
    """Every third line changed."""
    lines = size // 80
    return tuple(revision(paragraphs(lines, m, every=3)) for m in ("one", "two"))  # type: ignore[return-value]


def alike(size: int) -> Pair:
    """Every third line changed, where all lines are the same."""
    lines = size // 41
    one, two = (paragraphs(lines, m, every=3, told=SAME) for m in ("one", "two"))
    return revision(one), revision(two)


def one_line(size: int) -> Pair:
    """A single paragraph of the same words, with something said in its middle."""
    half = f"{SAME}. " * (size // len(SAME) // 2)
    told = "The trial is closed to new patients. "
    return revision(f"<p>{half}{half}</p>"), revision(f"<p>{half}{told}{half}</p>")


def table(size: int) -> Pair:
    """Rows of the same few cells, of which every tenth has another status."""
    rows = size // 34

    def html(status: str) -> str:
        told = (status if at % 10 == 0 else "Open" for at in range(rows))
        cells = (
            ("Leeds", word, "Ask the nurse", f"{at % 7} places") for at, word in enumerate(told)
        )
        return "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)

    return tuple(revision(f"<table>{html(one)}</table>") for one in ("Open", "Closed"))  # type: ignore[return-value]


def best(work: Callable[[], object], runs: int) -> float:
    """The quickest of some runs, in milliseconds: what the work takes while nothing else does."""
    times = []
    for _ in range(runs):
        gc.collect()  # what was measured before is not this work's litter
        begin = time.perf_counter()
        work()
        times.append((time.perf_counter() - begin) * 1000)
    return min(times)


def hashed(pair: Pair) -> None:
    """The floor."""
    for one in pair:
        for line in one.text.split("\n"):
            hashlib.sha256(line.encode()).digest()


def measured(make: Callable[[int], Pair], kilobytes: float, runs: int) -> float:
    """Milliseconds for a pair of that size, printed beside the floor."""
    pair = make(int(kilobytes * 1000))
    took, floor = (best(lambda do=do: do(pair), runs) for do in (lambda p: compare(*p), hashed))  # type: ignore[misc]
    size = len(pair[1].text) / 1000
    print(f"{make.__name__:<8} {size:7.0f} kB  {took:8.1f} ms  {took / floor:7.1f} x floor", end="")
    return took


def limits(runs: int) -> bool:
    """Whether what authors do takes no longer than it may; a rewrite is shown beside it."""
    kept = True
    for kilobytes, limit in LIMITS.items():
        took = measured(change, kilobytes, runs)
        print(f"  (at most {limit:.0f} ms)")
        print(f"ratio of a {kilobytes} kB post to its limit: {took / limit:.2f} (target: 1)")
        kept &= took <= limit
        measured(rewrite, kilobytes, runs)
        print()
    return kept


def curves(smallest: float, runs: int) -> float:
    """The worst growth of all kinds, over three doublings."""
    worst = 0.0
    for make in (change, rewrite, alike, one_line, table):
        before = 0.0
        for factor in (1, 2, 4, 8):
            took = measured(make, smallest * factor, runs)
            grown = took / before if before > NOISE else 0.0
            print(f"  {grown:4.1f} x for twice the text" if grown else "")
            worst, before = max(worst, grown), took
    return worst


def main() -> int:
    """Prints the figures; 1 if a limit was missed or twice the text ever cost too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kilobytes", type=float, default=67.5, help="of the smallest post")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    kept = limits(given.runs)
    worst = curves(given.kilobytes, given.runs)
    print(f"ratio of the worst growth: {worst:.1f} (target: at most {GROWTH} for twice the text)")
    return 0 if kept and worst <= GROWTH else 1


if __name__ == "__main__":
    raise SystemExit(main())
