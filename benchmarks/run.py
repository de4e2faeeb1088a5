"""Runs every benchmark in this folder, one after the other, and prints one table.

Each benchmark is a script of its own that prints its figures and ends with exit code 0 when it
kept its target. A line of its output that starts with `ratio` goes into the table. One that missed
its target is run a second time, and the second time counts.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SHORT = {
    "absorb_events": ["--people", "20000"],
    "collect_unchanged": ["--runs", "50"],
    "compare_posts": ["--runs", "3"],
    "deliver_million": ["--people", "50000"],
    "idle_run": ["--runs", "5"],
    "import_subscribers": ["--rows", "100000"],
    "one_click": ["--people", "20000"],
    "plan_deliveries": ["--rows", "200000"],
    "render_digest": ["--runs", "50"],
    "startup": ["--runs", "7"],
    "webhook_events": ["--people", "20000"],
}
"""What makes a benchmark short: enough to see that it works, too small to be quoted."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one benchmark gave: its exit code, wall-clock seconds and the lines about ratios."""

    name: str
    code: int
    seconds: float
    ratios: tuple[str, ...]


def run(script: Path, short: bool) -> Result:
    """Runs one benchmark and shows what it prints, as it prints it."""
    print(f"\n== {script.stem} {'(short)' if short else ''}".rstrip(), flush=True)
    # Compiled modules are part of every installation; without them start-up is another thing.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    begin = time.monotonic()
    ratios = []
    with subprocess.Popen(
        [sys.executable, script, *(SHORT.get(script.stem, []) if short else [])],
        cwd=FOLDER.parent,
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if line.startswith("ratio"):
                ratios.append(re.sub(r"\s+", " ", line).strip())
    return Result(script.stem, process.returncode, time.monotonic() - begin, tuple(ratios))


def twice_at_most(script: Path, short: bool) -> Result:
    """Runs one benchmark, and once more when it missed: something else may have been running."""
    result = run(script, short)
    return result if result.code == 0 else run(script, short)


def table(results: list[Result]) -> str:
    """All results, a line each."""
    lines = [f"{'benchmark':<20} {'seconds':>8}  {'targets':<8} figures"]
    for result in results:
        verdict = "kept" if result.code == 0 else "MISSED"
        figures = "; ".join(result.ratios)
        lines.append(f"{result.name:<20} {result.seconds:>8.1f}  {verdict:<8} {figures}".rstrip())
    return "\n".join(lines)


def main() -> int:
    """Runs all benchmarks, or those that are named; 1 if one of them missed its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these, such as `startup`")
    parser.add_argument("--short", action="store_true", help="small sizes")
    arguments = parser.parse_args()
    scripts = [
        script
        for script in sorted(FOLDER.glob("*.py"))
        if script != Path(__file__).resolve()
        and (not arguments.names or script.stem in arguments.names)
    ]
    if not scripts:
        parser.error("there is no such benchmark")
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores")
    results = [twice_at_most(script, arguments.short) for script in scripts]
    print(f"\n{table(results)}")
    return 1 if any(result.code for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
