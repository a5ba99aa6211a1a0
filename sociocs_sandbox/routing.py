"""From method and path to the function that answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

HandlerT = TypeVar("HandlerT")


@dataclass(frozen=True)
class RouteMatch(Generic[HandlerT]):
    """A found route: its pattern, its handler and the values of its placeholders."""

    pattern: str
    handler: HandlerT
    params: dict[str, str]


class Routes(Generic[HandlerT]):
    """Routes such as ``("GET", "/channels/{key}", handler)``; a placeholder takes one segment."""

    def __init__(self, routes: Iterable[tuple[str, str, HandlerT]]) -> None:
        self._routes = [(method, pattern, pattern.split("/"), to) for method, pattern, to in routes]

    def find(self, method: str, path: str) -> RouteMatch[HandlerT] | None:
        """The route of this request, or None."""
        segments = path.split("/")
        for known_method, pattern, expected, handler in self._routes:
            if known_method == method and len(expected) == len(segments):
                params = _placeholders(expected, segments)
                if params is not None:
                    return RouteMatch(pattern, handler, params)
        return None


def _placeholders(expected: list[str], segments: list[str]) -> dict[str, str] | None:
    params: dict[str, str] = {}
    for pattern, segment in zip(expected, segments, strict=True):
        if pattern.startswith("{"):
            if not segment:
                return None
            params[pattern[1:-1]] = unquote(segment)
        elif pattern != segment:
            return None
    return params
