"""What is written about the program itself, logs and `--debug`, shows nobody's address."""

from __future__ import annotations

import logging
import traceback

from subscribers.address import discreet


class DiscreetFormatter(logging.Formatter):
    """Lines of a log, tracebacks among them, with every address masked."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as it may be kept."""
        return discreet(super().format(record))


def start_logging(*, debug: bool) -> None:
    """Lines on stderr about this program, with `debug` more of them; of libraries only warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(DiscreetFormatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("newsletter").setLevel(logging.DEBUG if debug else logging.INFO)


def traceback_of(error: BaseException) -> str:
    """The technical side of an error, fit to be passed on."""
    return discreet("".join(traceback.format_exception(error)))
