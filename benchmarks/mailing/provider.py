"""The stand-in for SendGrid in its fast mode, until its input is closed.

    python provider.py FOLDER LATENCY

Every answer takes LATENCY seconds. Says its address first; at the end how many recipients it has
accepted, and in how many requests.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from newsletter.standin.rules import Rules
from newsletter.standin.server import serve


def main() -> None:
    """Serves."""
    rules = Rules(fast=True, rate_limit=1_000_000, latency=float(sys.argv[2]))
    with serve(Path(sys.argv[1]), rules, time.time) as stand_in:
        print(json.dumps(stand_in.url), flush=True)
        sys.stdin.read()
        print(json.dumps(stand_in.service.summary()), flush=True)


if __name__ == "__main__":
    main()
