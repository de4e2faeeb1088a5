"""What every test can ask for."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.databases import (
    database,
    database_kind,
    database_url,
    migrated_url,
    postgresql_databases,
    sqlite_files,
)
from tests.webserver import web

__all__ = [
    "database",
    "database_kind",
    "database_url",
    "migrated_url",
    "postgresql_databases",
    "sqlite_files",
    "web",
]

# A shell starts its background jobs deaf to Ctrl-C, and the programs that tests start inherit it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_SLOW_TO_EXPLAIN = (Phase.shrink, Phase.explain)

# No deadline: a busy machine is not a defect. Derandomised: the same commit gives the same answer.
# Where that answer is all that is wanted, minutes of making a failure smaller are left out.
settings.register_profile(
    "newsletter",
    deadline=None,
    derandomize=True,
    max_examples=60,
    phases=[each for each in Phase if "CI" not in os.environ or each not in _SLOW_TO_EXPLAIN],
    suppress_health_check=[HealthCheck.too_slow],
)
# Others each time, as the nightly checks want it; `--hypothesis-seed` repeats one.
settings.register_profile(
    "search", settings.get_profile("newsletter"), derandomize=False, max_examples=500,
    phases=list(Phase), print_blob=True,
)  # fmt: skip
settings.load_profile("search" if "NEWSLETTER_SEARCH" in os.environ else "newsletter")


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Where every check has to run, one that was skipped has failed."""
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and os.environ.get("NEWSLETTER_TEST_SKIPS") == "fail":
        report.outcome = "failed"
        report.longrepr = f"skipped, though every check has to run here: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that is skipped as a whole."""
    report = yield
    _refuse_skip(report)
    return report
