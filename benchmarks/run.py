"""Runs every benchmark in this folder, one after the other, and prints one table.

Each benchmark is a script that prints its own figures, ends with exit code 0 when it kept its
target and another one when not, and knows `--short` for a small size. The last line of its output
may be a JSON object; its `ratio` and `target` go into the table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Result:
    """What one benchmark gave: its exit code, wall-clock seconds and output."""

    name: str
    code: int
    seconds: float
    figures: dict[str, object]


def run(script: Path, short: bool) -> Result:
    """Runs one benchmark and shows what it prints, as it prints it."""
    print(f"\n== {script.stem} {'(short)' if short else ''}".rstrip(), flush=True)
    # Compiled modules are part of every installation; without them start-up is another thing.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    begin = time.monotonic()
    last = ""
    with subprocess.Popen(
        [sys.executable, script, "--json", *(["--short"] if short else [])],
        cwd=FOLDER.parent,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            last = line.strip() or last
    return Result(script.stem, process.returncode, time.monotonic() - begin, figures(last))


def figures(line: str) -> dict[str, object]:
    """The JSON object in a line; an empty one if there is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def table(results: list[Result]) -> str:
    """All results, a line each."""
    lines = [f"{'benchmark':<22} {'ratio':>9} {'target':>9} {'seconds':>9}  result"]
    for result in results:
        ratio, target = (str(result.figures.get(key, "")) for key in ("ratio", "target"))
        verdict = "kept" if result.code == 0 else f"MISSED (exit code {result.code})"
        lines.append(f"{result.name:<22} {ratio:>9} {target:>9} {result.seconds:>9.1f}  {verdict}")
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
    results = [run(script, arguments.short) for script in scripts]
    print(f"\n{table(results)}")
    return 1 if any(result.code for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
