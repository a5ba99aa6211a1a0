"""What the tests that watch over the whole code base read it with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tooling.places import ROOT

PRODUCT = [
    *("api", "campaigns", "composer", "config", "delivery", "demo", "events", "history"),
    *("interface", "privacy"),
    *("recipients", "sending", "sociocs_accounts", "sociocs_gateway", "sociocs_sandbox", "teams"),
    *("trail", "upkeep"),
]
EVERYTHING = [*PRODUCT, "benchmarks", "docker", "tests", "tooling"]


def python_files(folders: list[str]) -> Iterator[Path]:
    """Yield the Python files below these folders of the checkout, without migrations."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts and "node_modules" not in path.parts:
                yield path


def template_files() -> list[Path]:
    """Return every page template of the dashboard."""
    return sorted((ROOT / "templates").rglob("*.html"))


@cache
def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(), filename=str(path))


def name(path: Path) -> str:
    """Return a path as people write it: relative to the checkout."""
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each module a file imports, wherever in the file, and the line it does so."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
