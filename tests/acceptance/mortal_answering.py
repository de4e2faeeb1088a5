"""Somebody signs up and is answered, by a program that kills itself at a moment counted beforehand.

Arguments: the settings file, the number of the moment, the file that moments are written to. It
prints `taken` when the page would have answered.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from newsletter.delivery.transports.outbox import Outbox
from newsletter.pipeline.readers.answering import answer_due
from newsletter.pipeline.readers.asking import sign_up
from newsletter.wiring import wire
from tests.acceptance.mortal import Life


def main(config: str, dies_at: str, record: str) -> None:
    """One sign-up and its answer."""
    wiring = wire(Path(config))
    context = wiring.context(tell=print, progress=lambda _: None)
    life = Life(int(dies_at), Path(record))
    life.around_commits()
    life.around(Outbox, "notify", "mail")
    sign_up(context, "anna@example.org")
    os.write(1, b"taken\n")
    answer_due(context)
    wiring.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
