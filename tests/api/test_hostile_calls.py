"""Calls of sloppy and of hostile programs: each is told what is wrong, and nothing breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from api.call_models import CalledJob
from api.models import ApiToken
from campaigns.models import Campaign
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests.api.calling import ANN, a_program
from tests.api.calling import Program as Till
from tests.api.programs import ROOT, Program

pytestmark = pytest.mark.thorough

ONE = {"provider": "twlo", "channel_key": "front-desk", "to": ANN, "text": "Hello"}
FORM = "application/x-www-form-urlencoded"
DIGITS, DEEP = "9" * 5000, "[" * 5000 + "]" * 5000


@pytest.fixture
def till(front_desk: Channel, alice: User) -> Till:
    return a_program(front_desk.team, alice)


def with_field(raw: str) -> str:
    """The body of a message with one field more, as it stands."""
    return f"{json.dumps(ONE)[:-1]}, {raw}}}"


# --- The door that speaks as Sociocs does ---------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        (with_field(f'"user_id": {DIGITS}'), "", "The body is not valid JSON"),
        (with_field(f'"recipients": [{{"to": {DIGITS}}}]'), "", "The body is not valid JSON"),
        (with_field(f'"recipients": "[{DIGITS}]"'), "", "recipients: "),
        (with_field(f'"contact_saving": "{DIGITS}"'), "", "contact_saving: "),
        (with_field(f'"contact_saving": {DEEP}'), "", "The body has brackets"),
        (with_field('"duplicates_allowed": 1e400'), "", "duplicates_allowed: "),
        (with_field('"duplicates_allowed": NaN'), "", "The body is not valid JSON"),
        (with_field('"to": "+12025550102"'), "", "to: may stand there once"),
        (with_field('"recipients.item": {}'), "", "The body has fields"),
        (with_field('"schedule": "9999-12-31T23:59:59Z"'), "", "schedule: "),
        (json.dumps(ONE).encode("utf-16"), "", "The body is not valid JSON: write it in UTF-8"),
        ('{"text": "café"}'.encode("latin-1"), "; charset=latin-1", "The body is not valid JSON"),
        (b"to=%2B12025550101&to=%2B12025550102", FORM, "to: may stand there once"),
        (b"to=%ff", FORM, "The body is no form"),
    ],
)
def test_a_body_that_means_nothing_is_told_so(
    till: Till, body: str | bytes, content_type: str, told: str
) -> None:
    kind = content_type if content_type == FORM else f"application/json{content_type}"
    answer = till.call("POST", "/message", body, kind)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["msg"].startswith(told), answer.content
    assert not Campaign.objects.exists()


def test_what_is_not_there_is_told_in_the_vendors_form(till: Till) -> None:
    for method in ("OPTIONS", "TRACE", "PATCH", "MADE-UP"):
        for path in ("/", "/messages/bulk", "/messages/bulk/", "/nowhere"):
            (sentence,) = till.errors(method, path, status=404)
            assert "address" in sentence


def test_a_message_that_waits_for_approval_is_taken_back_by_its_id(till: Till) -> None:
    Team.objects.update(approval_above=0)
    made = till.data("POST", "/message", ONE)
    assert made["status"] == "waiting_for_approval"
    till.data("DELETE", f"/messages/scheduled/{made['message_id']}")
    assert not CalledJob.objects.filter(campaign__isnull=False).exists()
    # A job is taken back as a job.
    people = [{"to": ANN}, {"to": "12025550102"}]
    job = till.data("POST", "/messages/bulk", ONE | {"recipients": people})["job_id"]
    assert till.errors("DELETE", f"/messages/scheduled/{job}", status=404)
    assert CalledJob.objects.filter(campaign__isnull=False).count() == 1


# --- REST -----------------------------------------------------------------------------------------


def call(program: Program, method: str, path: str, body: str | bytes = b"", **headers: str) -> Any:
    given = {"authorization": f"Bearer {program.key}"} | headers
    answer: Any = Client().generic(method, ROOT + path, body, "application/json", headers=given)
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
    return answer


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/campaigns", '{"name": "a", "name": "b"}', 400, ""),
        ("/campaigns", '{"pace": {"people": 1, "people": 2, "minutes": 1}}', 400, ""),
        ("/campaigns", f'{{"days_left_out": {DIGITS}}}', 400, ""),
        ("/campaigns", f'{{"name": {DEEP}}}', 400, ""),
        ("/campaigns", '{"days_left_out": 1e400}', 422, "days_left_out"),
        ("/campaigns", '{"text": "\\ud83d"}', 422, "text"),
        ("/campaigns", '{"media_url": "https://example.org/\\udfff"}', 422, "media_url"),
        ("/campaigns", '{"fallbacks": {"a\\ud800": "b"}}', 422, "fallbacks.a\\ud800.[key]"),
        ("/campaigns", '{"sent_at": "2027-01-31T09:30:00Z"}', 422, "sent_at"),
        ("/campaigns", '{"hours": {"begin": "09:00", "end": "19:00", "by": 1}}', 422, "hours.by"),
        ("/campaigns", '{"hours": {"begin": "09:00Z", "end": "19:00"}}', 422, "hours.begin"),
        ("/campaigns", '{"hours": {"begin": "09:00", "end": "19:00:30"}}', 422, "hours.end"),
        ("/campaigns", '{"send_at": 1764000000}', 422, "send_at"),
        ("/lists", '{"name": "a", "visibility": "team"}', 422, "visibility"),
        ("/filters", '{"name": "a", "list": []}', 422, "list"),
        ("/opt-outs", '{"phones": ["+12025550101"], "note": "\\ud800"}', 422, "note"),
    ],
)
def test_a_slip_of_the_hand_makes_nothing(
    program: Program, path: str, body: str, status: int, field: str
) -> None:
    answer = call(program, "POST", path, body)
    assert answer.status_code == status, answer.content
    if field:
        told = [one["field"] for one in answer.json()["errors"]]
        assert told == [field.encode().decode("unicode_escape")] or field.startswith("fallbacks")
    assert not Campaign.objects.exists()
    assert not RecipientList.objects.exists()


def questions(campaign: Any) -> Iterator[str]:
    for path in ("/lists", "/filters", "/opt-outs", "/replies", "/campaigns", "/media"):
        yield f"{path}?after=a"
    for after in ("a", "%00", "%ff", "9" * 100):
        yield f"/campaigns/{campaign['id']}/people?after={after}"
    yield f"/campaigns/{campaign['id']}/people?state=deliverd"
    yield "/lists?limit=1e400"


def test_a_place_or_a_state_that_there_is_not_is_no_first_page(program: Program) -> None:
    for path in questions(program.post("/campaigns", {"name": "c"})):
        assert call(program, "GET", path).status_code == 422, path


def test_a_method_that_nobody_knows_is_told_to_a_program(program: Program) -> None:
    for method in ("OPTIONS", "TRACE", "MADE-UP"):
        answer = call(program, method, "/lists")
        assert answer.status_code == 405
        assert answer.json()["detail"] == "The address does not take this method."


def test_long_headers_and_keys_break_nothing(program: Program) -> None:
    ApiToken.objects.update(calls_per_minute=1_000)
    made = program.post("/lists", {"name": "L"})
    address = f"/lists/{made['id']}"
    for tags in ('"a", ' * 20_000, '"' * 1_000, ",,,", "5", "W/*"):
        assert call(program, "PATCH", address, "{}", if_match=tags).status_code in {412, 422}
    for key in ("k" * 256, "é" * 256):
        named = {"idempotency-key": key}
        assert call(program, "POST", "/lists", '{"name": "M"}', **named).status_code == 422
    for key in ("", "a" * 100_000, "a\0b", "é:ü"):
        headers = {"authorization": f"Bearer {key}"}
        assert call(program, "GET", "/me", **headers).status_code == 401
