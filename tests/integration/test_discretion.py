"""What the program writes about itself shows nobody's address, whatever goes wrong."""

from __future__ import annotations

import io
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from newsletter.cli.discretion import DiscreetFormatter, traceback_of
from newsletter.store.engine import Database

ANNA = "anna.bell@example.org"
_SAME_TWICE = text(
    "INSERT INTO subscriber_suppression (address_key, reason, since) "
    "VALUES (:who, 'manual', '2026-01-01 00:00:00')"
)


def _a_broken_rule(database: Database) -> IntegrityError:
    with database.begin() as connection:
        connection.execute(_SAME_TWICE, {"who": ANNA})
    with pytest.raises(IntegrityError) as caught, database.begin() as connection:
        connection.execute(_SAME_TWICE, {"who": ANNA})
    return caught.value


def test_the_technical_side_of_an_error_of_the_database_shows_no_address(
    database: Database,
) -> None:
    """PostgreSQL itself says which value was there twice, and SQLAlchemy would say them all."""
    error = _a_broken_rule(database)
    shown = traceback_of(error)
    assert "Traceback" in shown
    assert "subscriber_suppression" in shown
    assert ANNA not in shown


def test_a_line_of_the_log_shows_no_address_with_or_without_a_traceback(
    database: Database,
) -> None:
    error = _a_broken_rule(database)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(DiscreetFormatter("%(message)s"))
    log = logging.getLogger("a log of the test")
    log.addHandler(handler)
    try:
        log.error("no mail to %s at /unsubscribe/%s", ANNA, "t" * 28)
        log.error("failed", exc_info=error)
    finally:
        log.removeHandler(handler)
    written = stream.getvalue()
    assert "a***@e***.org" in written
    assert "Traceback" in written
    assert ANNA not in written
    assert "t" * 28 not in written
