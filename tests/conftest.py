"""What every test can ask for."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.databases import (
    database,
    database_kind,
    database_url,
    migrated_url,
    postgresql_databases,
    sqlite_files,
)

__all__ = [
    "database",
    "database_kind",
    "database_url",
    "migrated_url",
    "postgresql_databases",
    "sqlite_files",
]

# No deadline: a busy machine is not a defect. Derandomised: the same commit gives the same answer.
settings.register_profile(
    "newsletter",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("newsletter")
