"""A PostgreSQL server from a wheel, with one empty database, until its input is closed.

    python server.py

Says the address of the database, or null where there is no wheel for this platform.
"""

from __future__ import annotations

import json
import sys

from tests import postgresql


def main() -> None:
    """Runs it."""
    installation = postgresql.binaries()
    if installation is None:
        print(json.dumps(None), flush=True)
        return
    server = postgresql.start(installation)
    try:
        server.create("bench")
        print(json.dumps(server.url("bench")), flush=True)
        sys.stdin.read()
    finally:
        postgresql.stop(server)


if __name__ == "__main__":
    main()
