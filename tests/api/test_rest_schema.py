"""Made-up calls after the schema: none breaks anything, or is answered otherwise than it says."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks
from urllib3 import HTTPResponse

from api.models import ApiToken
from tests import effort
from tests.api.programs import Program, schema_told

pytestmark = pytest.mark.thorough

SCHEMA = schemathesis.openapi.from_dict(schema_told())
SCHEMA.config.update(base_url="http://testserver")
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


@SCHEMA.parametrize()
@settings(
    max_examples=100 if effort.is_long() else 4,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    phases=[Phase.generate],
)
def test_no_call_breaks_anything_or_is_answered_otherwise_than_told(
    case: Any, program: Program
) -> None:
    ApiToken.objects.update(calls_per_minute=1_000_000)
    # As it is, for whom the checks would have to unpack it.
    headers = {"Authorization": f"Bearer {program.key}", "Accept-Encoding": "identity"}
    case.validate_response(answered(case, headers), checks=CHECKS)


def answered(case: Any, headers: dict[str, str]) -> requests.Response:
    """Call what a case says by Django's client, within the test's transaction."""
    values = case.as_transport_kwargs(headers=headers)
    names = ("method", "url", "headers", "params", "data", "json", "files", "cookies")
    sent = requests.Request(**{name: values[name] for name in names if name in values}).prepare()
    answer: Any = Client().generic(
        str(sent.method),
        sent.path_url,
        sent.body or b"",
        sent.headers.get("Content-Type", ""),
        headers={name: str(value) for name, value in sent.headers.items()},
    )
    told = requests.Response()
    # From there schemathesis reads the headers.
    told.raw = HTTPResponse(b"", dict(answer.headers), answer.status_code)
    told.status_code, told._content, told.request = answer.status_code, answer.content, sent
    told.headers.update(answer.headers)
    return told
