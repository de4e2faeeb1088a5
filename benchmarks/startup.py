"""How long `newsletter --help` takes, as a multiple of `python -c 'import click'`.

Both are started in turn, so that a machine that is busy is busy for both; medians are compared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time

TARGET = 1.5
COMMANDS = {
    "newsletter --help": [sys.executable, "-m", "newsletter", "--help"],
    "import click": [sys.executable, "-c", "import click"],
}


def seconds(command: list[str]) -> float:
    """The wall-clock time of one run."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def measure(runs: int) -> dict[str, float]:
    """The median time of each command in seconds, after one run each to warm the disk."""
    for command in COMMANDS.values():
        seconds(command)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> int:
    """Prints the two times and their ratio; 1 if it is above the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer runs")
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON document at the end")
    arguments = parser.parse_args()
    medians = measure(arguments.runs or (7 if arguments.short else 25))
    for name, median in medians.items():
        print(f"{name:<20} {median * 1000:8.1f} ms")
    ratio = medians["newsletter --help"] / medians["import click"]
    print(f"{'ratio':<20} {ratio:8.2f}    (target: at most {TARGET})")
    if arguments.json:
        print(json.dumps({"ratio": round(ratio, 3), "target": TARGET}))
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
