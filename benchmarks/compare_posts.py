"""How long comparing two revisions of a post takes, and how it grows with the post.

A *change* is what authors make: a new dated section on top and one sentence reworded. A *rewrite*
changes every third line, and *alike* is the worst for any comparison: all lines are the same. The
floor is hashing every line of both texts once; growth is of twice the lines, so 2 is linear.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Callable

from newsletter.feeds.clean import clean
from newsletter.feeds.compare import compare, revision_of
from newsletter.model.post import Revision

GROWTH = 3.0
"""What twice the lines may cost, at the most: 2 is linear, 4 is quadratic."""

SENTENCE = "Line {at} says what the nurse said on day {day}, and what I wrote down in week {week}."


def post(lines: int, mark: str, *, every: int, alike: bool = False, top: str = "") -> Revision:
    """A post of so many paragraphs; each `every`-th one ends in `mark`."""
    told = "again the same old words, as they were" if alike else SENTENCE
    body = "".join(
        f"<p>{told.format(at=at, day=at % 97, week=at % 89)} {'' if at % every else mark}</p>"
        for at in range(lines)
    )
    return revision_of("A post", clean(top + body, base_url="https://blog.example.org/"))


def change(lines: int) -> tuple[Revision, Revision]:
    """A new dated section on top, and one sentence in other words."""
    top = "<p><strong>14 November 2026.</strong> The trial is closed to new patients.</p>"
    return post(lines, "", every=lines), post(lines, "Reworded.", every=lines, top=top)


def rewrite(lines: int) -> tuple[Revision, Revision]:
    """Every third line changed."""
    return post(lines, "one", every=3), post(lines, "two", every=3)


def alike(lines: int) -> tuple[Revision, Revision]:
    """Every third line changed, where all lines are the same."""
    return post(lines, "one", every=3, alike=True), post(lines, "two", every=3, alike=True)


def best(work: Callable[[], object], runs: int) -> float:
    """The quickest of some runs, in milliseconds: what the work takes while nothing else does."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        times.append((time.perf_counter() - begin) * 1000)
    return min(times)


def hashed(pair: tuple[Revision, Revision]) -> None:
    """The floor."""
    for revision in pair:
        for line in revision.text.split("\n"):
            hashlib.sha256(line.encode()).digest()


def main() -> int:
    """Prints the curve of each kind; 1 if twice the lines ever cost more than GROWTH times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1000, help="of the smallest post")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    sizes = [given.lines * factor for factor in (1, 2, 4)]
    worst = 0.0
    for make in (change, rewrite, alike):
        before = 0.0
        for size in sizes:
            pair = make(size)
            took = best(lambda pair=pair: compare(*pair), given.runs)  # type: ignore[misc]
            floor = best(lambda pair=pair: hashed(pair), given.runs)  # type: ignore[misc]
            grown = took / before if before else 0.0
            worst = max(worst, grown)
            kilobytes = len(pair[1].text) / 1000
            growth = f"  {grown:4.1f} x for twice the lines" if grown else ""
            figures = f"{kilobytes:7.0f} kB  {took:8.1f} ms  {took / floor:6.1f} x floor"
            print(f"{make.__name__:<8} {figures}{growth}")
            before = took
    print(f"ratio of the worst growth: {worst:.1f} (target: at most {GROWTH} for twice the lines)")
    return 0 if worst <= GROWTH else 1


if __name__ == "__main__":
    raise SystemExit(main())
