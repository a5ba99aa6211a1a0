"""Programs that come with a token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.models import Scope
from api.tokens import Made, make_token
from teams.models import Team, User
from tests.api.programs import Program

MakeToken = Callable[..., Made]


@pytest.fixture
def token_of(riverside: Team) -> MakeToken:
    """`token_of(alice, Scope.READ)` makes a token of hers and returns it with its key."""

    def make(person: User, *scopes: Scope, team: Team | None = None, **narrowed: Any) -> Made:
        chosen = scopes or tuple(Scope)
        return make_token(team or riverside, person, name="Till", scopes=chosen, **narrowed)

    return make


@pytest.fixture
def program(token_of: MakeToken, alice: User) -> Program:
    """A program with a token of Alice's that may everything."""
    return Program(token_of(alice).key)
