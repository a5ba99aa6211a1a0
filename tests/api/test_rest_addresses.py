"""Every address of the REST API: whom it lets in, with which scope, and that its schema is true."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from api.models import Scope
from api.rest.application import scopes_by_operation
from api.tokens import revoke_token
from teams.models import Team, User
from tests.api.conftest import MakeToken
from tests.api.programs import ROOT, Program, schema_told

pytestmark = pytest.mark.thorough

OF_OPERATIONS = scopes_by_operation()
SCOPES = {
    (method.upper(), path.removeprefix(ROOT)): OF_OPERATIONS[operation["operationId"]]
    for path, methods in schema_told()["paths"].items()
    for method, operation in methods.items()
}
# What each address is for; one that is new has to be put here.
MATRIX = {
    Scope.READ: {
        *(
            "GET /me",
            "GET /channels",
            "GET /filters",
            "GET /filters/{}",
            "GET /templates",
            "GET /whatsapp-templates",
            "GET /media",
        ),
        *("GET /replies", "GET /campaigns", "GET /campaigns/{}", "GET /campaigns/{}/jobs"),
        *("GET /campaigns/{}/people", "GET /campaigns/{}/report", "GET /lists", "GET /lists/{}"),
        *("GET /lists/{}/people", "GET /opt-outs"),
    },
    Scope.DRAFTS: {
        *("POST /campaigns", "PATCH /campaigns/{}", "DELETE /campaigns/{}", "POST /media"),
        *("GET /campaigns/{}/plan", "GET /campaigns/{}/preview"),
    },
    Scope.LAUNCH: {
        *("POST /campaigns/{}/launch", "POST /campaigns/{}/pause", "POST /campaigns/{}/resume"),
        *("POST /campaigns/{}/cancel", "POST /campaigns/{}/take-back"),
        *(
            "POST /campaigns/{}/reschedule",
            "POST /campaigns/{}/end-repeat",
            "POST /campaigns/{}/jobs/{}/decide",
        ),
    },
    Scope.LISTS: {
        *("POST /lists", "PATCH /lists/{}", "DELETE /lists/{}", "POST /lists/{}/people"),
        *("POST /lists/{}/people/remove", "POST /imports", "POST /lists/{}/imports"),
        *("GET /imports/{}", "POST /imports/{}/confirm", "POST /filters", "PATCH /filters/{}"),
        "DELETE /filters/{}",
    },
    Scope.OPT_OUTS: {"POST /opt-outs", "POST /opt-outs/{}/lift"},
    Scope.DOOR: set(),
}
ADDRESSES = [(method, path) for method, path in SCOPES]


def filled(path: str) -> str:
    return re.sub(r"{[^}]+}", lambda _: str(uuid4()), path)


def test_every_address_wants_the_scope_it_is_said_to_want() -> None:
    told: dict[str, set[str]] = {scope.value: set() for scope in Scope}
    for (method, path), scope in SCOPES.items():
        told[scope].add(f"{method} {re.sub(r'{[^}]+}', '{}', path)}")
    assert told == {scope.value: paths for scope, paths in MATRIX.items()}


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_an_address_opens_for_its_scope_alone(
    token_of: MakeToken, alice: User, method: str, path: str
) -> None:
    for scope in Scope:
        answer = Program(token_of(alice, scope).key).call(method, filled(path), {})
        is_open = answer.status_code != 403
        assert is_open is (SCOPES[method, path] == scope.value), (scope, answer.content)


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_an_address_opens_for_nobody_without_a_token_that_works(
    token_of: MakeToken, alice: User, client_of: Any, method: str, path: str
) -> None:
    ended = token_of(alice)
    revoke_token(ended.token, alice)
    for key in ("", "nonsense", ended.key):
        answer = Program(key).call(method, filled(path), {})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    # Whoever is signed in is nobody here.
    sessions = Session.objects.count()
    assert client_of(alice).generic(method, ROOT + filled(path)).status_code == 401
    assert Session.objects.count() == sessions + 1


def test_no_cookie_is_set_and_no_key_is_read_from_the_address(program: Program) -> None:
    answer = program.call("GET", "/me")
    assert not answer.cookies
    assert Client().get(f"{ROOT}/me?apikey={program.key}").status_code == 401


@pytest.mark.parametrize("path", ["/nowhere", "/campaigns/not-an-id", "/"])
def test_what_is_not_there_is_told_as_a_problem(program: Program, path: str) -> None:
    assert program.call("GET", path).status_code == 404


def test_a_method_that_an_address_has_not_is_told_with_those_it_has(program: Program) -> None:
    answer = program.call("PUT", "/campaigns", {})
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer["Allow"].replace(" ", "").split(","))


def test_a_body_that_is_no_json_is_a_400(program: Program) -> None:
    answer = Client().generic(
        "POST",
        f"{ROOT}/campaigns",
        '{"name": ',
        "application/json",
        HTTP_AUTHORIZATION=f"Bearer {program.key}",
    )
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_too_many_calls_are_told_when_to_come_again(token_of: MakeToken, alice: User) -> None:
    program = Program(token_of(alice, calls_per_minute=2).key)
    for _call in range(2):
        program.get("/me")
    answer = program.call("GET", "/me")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 61


def test_things_of_one_team_are_not_there_for_another(
    token_of: MakeToken, charlie: User, alice: User, program: Program
) -> None:
    campaign = program.post("/campaigns", {"name": "Ours"})
    made = program.post("/lists", {"name": "Ours"})
    stranger = Program(token_of(charlie, team=Team.objects.get(slug="hillside")).key)
    for path in (f"/campaigns/{campaign['id']}", f"/lists/{made['id']}"):
        assert stranger.call("GET", path).status_code == 404
        assert stranger.call("DELETE", path).status_code == 404
    assert stranger.get("/campaigns")["items"] == []


# --- The schema -----------------------------------------------------------------------------------


def test_the_schema_is_openapi_31_and_needs_no_token() -> None:
    answer = Client().get(f"{ROOT}/openapi.json")
    schema = answer.json()
    assert (answer.status_code, schema["openapi"]) == (200, "3.1.0")
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            assert operation["summary"]
            assert operation["security"]
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert ("Idempotency-Key" in names) is (method == "post")
            assert ("If-Match" in names) or method not in {"patch", "delete"}
            for status, told in operation["responses"].items():
                if int(status) >= 400:
                    assert set(told["content"]) == {"application/problem+json"}
