"""How each call is put together: its scope, its answer, its words, and that it is done once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ninja import Router
from ninja.decorators import decorate_view

from api.models import Scope
from api.rest.access import Token
from api.rest.problems import EVERYWHERE
from api.rest.repeats import once

View = TypeVar("View", bound=Callable[..., Any])


class Calls(Router):
    """The calls of one subject."""

    def call(
        self,
        method: str,
        path: str,
        scope: Scope,
        answer: Any,
        summary: str,
        *,
        status: int = 200,
        repeats_itself: bool = False,
        **more: Any,
    ) -> Callable[[View], View]:
        """Have the decorated function answer `method` at `path` for tokens with `scope`.

        `summary` and the function's docstring are told. A POST heeds `Idempotency-Key`, unless
        doing it twice is doing it once (`repeats_itself`).
        """

        def register(view: View) -> View:
            if method == "POST" and not repeats_itself:
                decorate_view(once)(view)
            self.add_api_operation(
                path,
                [method],
                view,
                auth=Token(scope),
                response={status: answer, **EVERYWHERE},
                summary=summary,
                **more,
            )
            return view

        return register
