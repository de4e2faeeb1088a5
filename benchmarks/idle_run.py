"""How long a run with nothing to do takes, as a multiple of importing the libraries it stands on.

A small blog is served on loopback. Its first edition goes out; a week later the feed is unchanged,
and `newsletter send` asks for it, compares, and ends with "nothing new". That run and the floor are
started in turn, so that a machine that is busy is busy for both; medians are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from newsletter.demo import blog
from newsletter.demo.server import serve_demo_blog

TARGET = 2.0
WHOLE = 15
"""With fewer runs only a gross regression counts: one that something else slows weighs more."""

GROSS = 2.5
FLOOR = [sys.executable, "-c", "import sqlalchemy, pydantic_settings, feedparser"]
PROGRAM = str(Path(sys.executable).with_name("newsletter"))
# Compiled modules are part of every installation; without them start-up is another thing.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def newsletter(folder: Path, now: str, *arguments: str) -> str:
    """What the command prints, run in the folder as if it were `now`."""
    done = subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env={**ENVIRONMENT, "NEWSLETTER_NOW": now},
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return done.stdout


def idle(folder: Path) -> float:
    """Seconds of a run that finds nothing new."""
    begin = time.perf_counter()
    said = newsletter(folder, "2026-11-16T08:00:00Z", "send", "--json")
    seconds = time.perf_counter() - begin
    outcome = json.loads(said)["outcome"]
    if outcome != "nothing-new":
        raise SystemExit(f"the run was not idle, but: {outcome}")
    return seconds


def floor() -> float:
    """Seconds of importing the libraries."""
    begin = time.perf_counter()
    subprocess.run(FLOOR, check=True, env=ENVIRONMENT)
    return time.perf_counter() - begin


def measure(runs: int) -> tuple[float, float]:
    """The medians of the idle run and of the floor, in seconds."""
    with tempfile.TemporaryDirectory() as name, serve_demo_blog(1) as served:
        folder = Path(name)
        (folder / "newsletter.toml").write_text(blog.settings_for(served.feed_url), "utf-8")
        (folder / "subscribers.csv").write_text(blog.subscribers(), "utf-8")
        first = "2026-11-09T08:00:00Z"
        newsletter(folder, first, "subscribers", "import", "subscribers.csv")
        newsletter(folder, first, "send", "--yes")
        idle(folder)
        floor()
        times = [(idle(folder), floor()) for _ in range(runs)]
    idles, floors = zip(*times, strict=True)
    return statistics.median(idles), statistics.median(floors)


def main() -> int:
    """Prints the two times and their ratio; 1 if it is above the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=WHOLE)
    runs = parser.parse_args().runs
    limit = TARGET if runs >= WHOLE else GROSS
    run, imports = measure(runs)
    print(f"run with nothing new         {run * 1000:8.1f} ms")
    print(f"imports (floor)              {imports * 1000:8.1f} ms")
    print(f"ratio to the floor           {run / imports:8.2f}    (at most {limit})")
    return 0 if run / imports <= limit else 1


if __name__ == "__main__":
    sys.exit(main())
