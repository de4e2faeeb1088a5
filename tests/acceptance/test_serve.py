"""`newsletter serve`, as the admin starts and stops it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.runner import Desk
from tests.webapp import SECRET


@contextmanager
def serving(desk: Desk, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and the address that it says it answers at."""
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter", "serve", "--port", "0", *arguments],
        cwd=desk.folder,
        env=desk.environment({"NEWSLETTER_SECRET_KEY": SECRET}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stderr is not None
    try:
        said = re.search(r" at (http://\S+:\d+/)", process.stderr.readline())
        assert said is not None
        yield process, said[1]
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder with settings."""
    made = Desk(tmp_path)
    made.settings(["https://blog.example.org/feed/"])
    return made


@pytest.mark.skipif(os.name == "nt", reason="signals are told otherwise there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_until_it_is_told_to_stop(desk: Desk, number: signal.Signals) -> None:
    """And ends with 0, as a service manager likes it."""
    with serving(desk) as (process, address):
        with urllib.request.urlopen(address + "healthz", timeout=60) as answer:
            assert answer.read() == b'{"status":"ok"}'
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out == ""
    assert err == "Stopped.\n"


def test_a_port_that_is_taken_is_said_in_words(desk: Desk) -> None:
    with serving(desk) as (_, address):
        port = address.rstrip("/").rpartition(":")[2]
        done = desk.run("serve", "--port", port, NEWSLETTER_SECRET_KEY=SECRET)
    assert done.code == 2
    assert f"Nothing can be served at 127.0.0.1, port {port}: Address already in use." in done.err
    assert "--port" in done.err


def test_an_address_that_is_not_of_this_computer_is_said_in_words(desk: Desk) -> None:
    done = desk.run("serve", "--host", "192.0.2.1", "--port", "0", NEWSLETTER_SECRET_KEY=SECRET)
    assert done.code == 2
    assert "Nothing can be served at 192.0.2.1, port 0" in done.err


def test_without_a_secret_key_there_is_nothing_to_sign_links_with(desk: Desk) -> None:
    done = desk.run("serve", "--port", "0")
    assert done.code == 2
    assert "NEWSLETTER_SECRET_KEY" in done.err
