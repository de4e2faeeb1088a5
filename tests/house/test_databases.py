"""The databases that the tests are given."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from subscribers.store.types import UtcDateTime
from tests import postgresql

ROOT = Path(__file__).resolve().parents[2]


def test_database_url_leads_to_an_empty_database_that_keeps_times(database_url: str) -> None:
    """An aware time comes back as the same moment, whatever the server thinks the zone is."""
    engine = sa.create_engine(database_url)
    table = sa.Table("t", sa.MetaData(), sa.Column("at", UtcDateTime))
    moment = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)
    try:
        assert sa.inspect(engine).get_table_names() == []
        table.create(engine)
        with engine.begin() as connection:
            connection.execute(table.insert().values(at=moment))
            assert connection.scalar(sa.select(table.c.at)) == moment
    finally:
        engine.dispose()


def test_each_database_is_new(database_url: str) -> None:
    """What the test before has left cannot be seen."""
    engine = sa.create_engine(database_url)
    try:
        assert sa.inspect(engine).get_table_names() == []
    finally:
        engine.dispose()


@pytest.mark.skipif(postgresql.binaries() is None, reason="no embedded PostgreSQL here")
def test_a_killed_session_leaves_no_server_behind() -> None:
    """The next session ends the server of one that was killed, and removes its folder."""
    program = (
        "from tests import postgresql as p; import sys, time\n"
        "s = p.start(p.binaries()); print(s.process.pid, s.folder, flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as session:
        assert session.stdout is not None
        pid, folder = session.stdout.readline().split()
        session.send_signal(signal.SIGKILL)
        session.wait()
    assert Path(folder).is_dir()
    postgresql.sweep(Path(folder).parent)
    assert not Path(folder).exists()
    assert _ends(int(pid))


def _ends(pid: int) -> bool:
    """Whether the process is gone within ten seconds (a zombie is; whoever reaps it may lag)."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False
