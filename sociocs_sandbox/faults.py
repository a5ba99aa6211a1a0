"""Misbehaviour on demand: which faults there are, and the rules that say which requests they hit.

A fault is asked for by one request, with the header ``X-Sandbox-Fault: name; key=value``, or by a
rule that was posted to ``/sandbox/faults``. Several may hit one request, each changing the
``Disturbance`` it meets.
"""

from __future__ import annotations

import fnmatch
import itertools
import math
import random
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sociocs_sandbox.fault_catalogue import CATALOGUE, Disturbance, Parameters, fault_kind

FAULT_HEADER = "x-sandbox-fault"
LARGEST_AMOUNT = 1e9


class InvalidFault(ValueError):
    """The fault, or one of its parameters, makes no sense; the message says which."""


@dataclass
class Rule:
    """Hits requests of this ``method`` and ``path``: ``after`` pass first, then ``times`` are hit.

    ``path`` may hold ``*``; ``key_ends`` is how the caller's API key ends. ``seen`` counts the
    matching requests, ``hits`` those that were disturbed. ``seed`` makes a ``probability`` below 1
    repeatable.
    """

    id: int
    fault: str
    method: str = "*"
    path: str = "*"
    key_ends: str = ""
    times: int | None = None
    after: int = 0
    probability: float = 1.0
    seed: int = 0
    parameters: Parameters = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - decides test faults, guards nothing

    def wants(self, method: str, path: str, key: str = "") -> bool:
        """Count this request if it matches, and say whether it is to be disturbed."""
        if self.method not in {"*", method} or not fnmatch.fnmatchcase(path, self.path):
            return False
        if not key.endswith(self.key_ends):
            return False
        self.seen += 1
        if self.seen <= self.after or self.is_used_up:
            return False
        if self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    @property
    def is_used_up(self) -> bool:
        """Whether the rule has hit as often as it was meant to."""
        return self.times is not None and self.hits >= self.times

    def as_json(self) -> dict[str, Any]:
        """The rule as ``GET /sandbox/faults`` shows it."""
        return asdict(self) | {"used_up": self.is_used_up}


class FaultRules:
    """The rules in force, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._ids = itertools.count(1)

    def add(self, body: object) -> Rule:
        """Make a rule of ``{"fault", "method", "path", "times", "after", "probability", …}``.

        What is not one of these names is a parameter of the fault, e.g. ``seconds``. Raises
        ``InvalidFault``.
        """
        if not isinstance(body, dict):
            raise InvalidFault("A rule is a JSON object with at least a fault.")
        fields = dict(body)
        rule = Rule(
            id=next(self._ids),
            fault=str(fields.pop("fault", "")),
            method=str(fields.pop("method", None) or "*").upper(),
            path=str(fields.pop("path", None) or "*"),
            key_ends=str(fields.pop("key_ends", None) or ""),
            times=_number(fields.pop("times", None), "times"),
            after=_number(fields.pop("after", None), "after") or 0,
            probability=_probability(fields.pop("probability", 1.0)),
            seed=_number(fields.pop("seed", None), "seed") or 0,
            parameters=checked_parameters(str(body.get("fault", "")), fields),
        )
        with self._lock:
            self._rules.append(rule)
        return rule

    def all(self) -> list[Rule]:
        """Every rule, also those that are used up."""
        with self._lock:
            return list(self._rules)

    def remove(self, rule_id: int) -> bool:
        """Drop one rule; says whether there was one."""
        with self._lock:
            kept = [rule for rule in self._rules if rule.id != rule_id]
            is_removed = len(kept) < len(self._rules)
            self._rules = kept
        return is_removed

    def clear(self) -> None:
        """Drop all rules."""
        with self._lock:
            self._rules = []

    def disturbance(self, method: str, path: str, headers: Mapping[str, str]) -> Disturbance:
        """What rules and the request's own header do to it. Raises ``InvalidFault``."""
        wanted: list[tuple[str, Parameters]] = []
        header = headers.get(FAULT_HEADER)
        if header:
            wanted.append(_parse_header(header))
        key = headers.get("apikey", "")
        with self._lock:
            wanted += [
                (rule.fault, rule.parameters)
                for rule in self._rules
                if rule.wants(method, path, key)
            ]
        disturbance = Disturbance()
        for name, parameters in wanted:
            kind = fault_kind(name)
            assert kind is not None
            kind.disturb(disturbance, parameters)
            if "job_made" in parameters:
                disturbance.performs = bool(parameters["job_made"])
        return disturbance


def checked_parameters(fault: str, parameters: Mapping[str, Any]) -> Parameters:
    """The parameters, numbers as numbers. Raises ``InvalidFault`` where a name is unknown."""
    kind = fault_kind(fault)
    if kind is None:
        known = ", ".join(sorted(CATALOGUE))
        raise InvalidFault(f"There is no such fault. Known: {known}, and each status 300 to 599.")
    checked: Parameters = {}
    for name, value in parameters.items():
        if name == "job_made":
            checked[name] = str(value).lower() == "true"
        elif name not in kind.parameters:
            allowed = ", ".join([*kind.parameters, "job_made"])
            raise InvalidFault(f"{fault} knows these parameters only: {allowed}.")
        elif isinstance(kind.parameters[name], str):
            checked[name] = _line(value, name)
        else:
            checked[name] = _amount(value, name)
    return checked


def _parse_header(header: str) -> tuple[str, Parameters]:
    name, *pairs = (part.strip() for part in header.split(";"))
    parameters = dict(pair.partition("=")[::2] for pair in pairs if pair)
    return name, checked_parameters(name, parameters)


def _number(value: object, name: str) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = int(str(value))
    except ValueError:
        raise InvalidFault(f"{name} must be a whole number.") from None
    if number < 0:
        raise InvalidFault(f"{name} must not be negative.")
    return number


def _amount(value: object, name: str) -> float:
    try:
        amount = float(str(value))
    except ValueError:
        amount = math.nan
    if not abs(amount) <= LARGEST_AMOUNT:
        raise InvalidFault(f"{name} must be a number up to {LARGEST_AMOUNT:,.0f}.")
    return amount


def _line(value: object, name: str) -> str:
    """A text that goes into a header: anything but a line of its own."""
    text = str(value)
    if not text.isprintable():
        raise InvalidFault(f"{name} must be one line of text.")
    return text


def _probability(value: object) -> float:
    probability = _amount(value, "probability")
    if not 0 <= probability <= 1:
        raise InvalidFault("probability must lie between 0 and 1.")
    return probability
