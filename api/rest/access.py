"""Who calls: `Authorization: Bearer` and a key, and the scope that an address wants."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from api.models import Scope
from api.tokens import Caller, let_in
from teams.access import TeamRequest


class ApiRequest(TeamRequest):
    """A call that was let in: `user` is the token's maker, `team` the token's."""

    caller: Caller


class Token(HttpBearer):
    """A token with one scope; the call is counted once, however often it is asked for."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """The caller. Raises `api.tokens.Refused`."""
        caller: Caller | None = getattr(request, "caller", None)
        if caller is None:
            caller = let_in(request, token.strip())
            of_team: Any = request
            of_team.caller, of_team.team = caller, caller.team
            of_team.membership = caller.membership
            caller.require(self.scope)
        return caller
