"""The REST API as a page to read, made from its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from api.models import Scope
from api.rest.application import ROOT, api, scopes_by_operation

_SUCCESS = "2"


@dataclass(frozen=True, slots=True)
class FieldOfCall:
    """A parameter, or a field of a body or an answer: its name, its type, and what it means."""

    name: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call: what it is for, what it takes and what it is answered."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: list[FieldOfCall] = field(default_factory=list)
    body: list[FieldOfCall] = field(default_factory=list)
    answer: list[FieldOfCall] = field(default_factory=list)
    status: str = ""


@cache
def calls_by_subject() -> dict[str, list[Call]]:
    """Every call by its subject, in the order of the schema."""
    schema = json.loads(json.dumps(api.get_openapi_schema()))
    subjects: dict[str, list[Call]] = {}
    for call, subject in _calls(schema):
        subjects.setdefault(subject, []).append(call)
    return subjects


def _calls(schema: Mapping[str, Any]) -> Iterator[tuple[Call, str]]:
    scopes = scopes_by_operation()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            status, answer = next(
                (status, answer)
                for status, answer in operation["responses"].items()
                if status.startswith(_SUCCESS)
            )
            scope = Scope(scopes[operation["operationId"]])
            call = Call(
                anchor=operation["operationId"],
                method=method.upper(),
                path=path.removeprefix(ROOT),
                summary=operation["summary"],
                description=operation.get("description", ""),
                scope=scope.value,
                parameters=[_parameter(schema, one) for one in operation["parameters"]],
                body=_fields_in(schema, operation.get("requestBody", {})),
                answer=_fields_in(schema, answer),
                status=status,
            )
            yield call, operation["tags"][0]


def _parameter(schema: Mapping[str, Any], told: Mapping[str, Any]) -> FieldOfCall:
    kind = _kind(schema, told["schema"])
    return FieldOfCall(told["name"], kind, told["required"], told.get("description", ""))


def _fields_in(schema: Mapping[str, Any], body: Mapping[str, Any]) -> list[FieldOfCall]:
    content = next(iter(body.get("content", {}).values()), None)
    if content is None:
        return []
    whole = _resolved(schema, content["schema"])
    required = whole.get("required", [])
    return [
        FieldOfCall(name, _kind(schema, told), name in required, told.get("description", ""))
        for name, told in whole.get("properties", {}).items()
    ]


def _resolved(schema: Mapping[str, Any], told: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in told:
        return told
    whole: Mapping[str, Any] = schema["components"]["schemas"][told["$ref"].rpartition("/")[2]]
    return whole


def _kind(schema: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """A type in few words: `string or null`, `array of PersonIn`."""
    if "anyOf" in told:
        return " or ".join(_kind(schema, one) for one in told["anyOf"])
    if "$ref" in told:
        whole = _resolved(schema, told)
        values = ", ".join(map(str, whole.get("enum", [])))
        return values or told["$ref"].rpartition("/")[2]
    if "enum" in told:
        return ", ".join(f"“{value}”" for value in told["enum"])
    kind = str(told.get("format") or told.get("type", "any"))
    return f"array of {_kind(schema, told['items'])}" if "items" in told else kind
