"""The settings module, .env.example and docs/settings.md name the same settings and defaults."""

from __future__ import annotations

import ast
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.code_base import tree
from tooling.places import ROOT

COMPOSE_VARIABLE = re.compile(r"\$\{([A-Z_]+)")
EXAMPLE_LINE = re.compile(r"^#? ?([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)
OPTIONAL_LINE = re.compile(r"^# ([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)
TABLE_ROW = re.compile(r"^\| *`([A-Z][A-Z_]+)` *\|", re.MULTILINE)


def read_by_the_settings() -> dict[str, ast.expr | None]:
    """Return the environment variables that config/settings.py reads, with their defaults."""
    found: dict[str, ast.expr | None] = {}
    for node in ast.walk(tree(ROOT / "config" / "settings.py")):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env")),
                args=[ast.Constant(value=str(name)), *_],
                keywords=keywords,
            ):
                defaults = [keyword.value for keyword in keywords if keyword.arg == "default"]
                found[name] = defaults[0] if defaults else None
    return found


def shown_in_the_example() -> dict[str, str]:
    return dict(EXAMPLE_LINE.findall((ROOT / ".env.example").read_text()))


def optional_in_the_example() -> dict[str, str]:
    """Return the settings that the example leaves in a comment, with the values shown there."""
    return dict(OPTIONAL_LINE.findall((ROOT / ".env.example").read_text()))


def read_by_compose() -> set[str]:
    return set(COMPOSE_VARIABLE.findall((ROOT / "docker-compose.yml").read_text()))


def test_the_settings_are_found_at_all() -> None:
    assert {"SECRET_KEY", "DATABASE_URL", "LEAD_SECONDS"} <= set(read_by_the_settings())


def test_the_example_names_every_setting_and_no_other() -> None:
    assert set(shown_in_the_example()) == set(read_by_the_settings()) | read_by_compose()


def test_the_document_tells_of_every_setting_and_of_no_other() -> None:
    told = TABLE_ROW.findall((ROOT / "docs" / "settings.md").read_text())
    assert len(told) == len(set(told))
    assert set(told) == set(read_by_the_settings()) | read_by_compose()


@pytest.mark.parametrize("name", sorted(optional_in_the_example()))
def test_the_example_shows_the_real_default(name: str) -> None:
    default, shown = read_by_the_settings().get(name), optional_in_the_example()[name]
    if isinstance(default, ast.Constant) and isinstance(default.value, bool):
        assert shown == str(int(default.value))
    elif isinstance(default, ast.Constant):
        assert shown == str(default.value)
    elif isinstance(default, ast.BinOp):  # a product, as in 15 * 60
        assert int(shown) == math.prod(map(int, ast.unparse(default).split("*")))


@pytest.mark.parametrize("name", ["a+b", "a#b", "a?b", "a%20b", "a b:ü&c=d"])
@pytest.mark.thorough
def test_the_database_lies_in_the_data_folder_whatever_that_is_called(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    program = "from django.db import connection; connection.ensure_connection()"
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment | {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"},
        check=True,
    )
    # And nobody else on the machine reads it.
    assert (folder / "campaigns.sqlite3").stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [folder]
