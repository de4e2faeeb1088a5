"""How long `newsletter --help` takes, as a multiple of `python -c 'import click'`.

Both are started in turn, so that a machine that is busy is busy for both; medians are compared.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

TARGET = 1.5
COMMANDS = {
    "newsletter --help": [str(Path(sys.executable).with_name("newsletter")), "--help"],
    "import click": [sys.executable, "-c", "import click"],
}
# Compiled modules are part of every installation; without them start-up is another thing.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def seconds(command: list[str]) -> float:
    """The wall-clock time of one run."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
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
    parser.add_argument("--runs", type=int, default=25)
    arguments = parser.parse_args()
    medians = measure(arguments.runs)
    for name, median in medians.items():
        print(f"{name:<20} {median * 1000:8.1f} ms")
    ratio = medians["newsletter --help"] / medians["import click"]
    print(f"{'ratio':<20} {ratio:8.2f}    (target: at most {TARGET})")
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
