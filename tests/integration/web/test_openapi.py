"""Every route does what the OpenAPI document says, whatever it is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.reports import SIGNER
from tests.webapp import Served, served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on SQLite, which does not mind how often it is asked."""
    generous = "[signup]\nper_network = 10000\n"
    key = SIGNER.public_key
    with served(
        tmp_path_factory.mktemp("openapi"), more=generous, SENDGRID_WEBHOOK_PUBLIC_KEY=key
    ) as found:
        yield found


def test_every_route_keeps_to_the_document(site: Served) -> None:
    """No server error, no undocumented status, header or kind of content."""
    schema = schemathesis.openapi.from_url(f"{site.origin}/api/v1/openapi.json")
    tried = 0
    found: Any
    for found in schema.get_all_operations():
        _try(found.ok())
        tried += 1
    assert tried >= 20


def _try(operation: Any) -> None:
    @settings(
        max_examples=10, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def answers_as_documented(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    answers_as_documented()
