"""The documents name files that there are."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from teams.access import ALLOWED, Action
from teams.models import Role
from teams.rights_table import rights_table
from tooling.places import ROOT

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/**/*.md")),
]
# `folder/file.py` or `folder/`; what a placeholder stands in (`templates/<app>/`) is no name.
NAMED = re.compile(r"`((?:[\w.]+/)+(?:\w+\.\w+)?)`")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_files_that_there_are(document: str) -> None:
    named = NAMED.findall((ROOT / document).read_text())
    missing = [path for path in named if not (ROOT / path).exists()]
    assert not missing


def test_the_changes_are_read_without_a_wide_window() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text().splitlines()
    assert not [number for number, line in enumerate(lines, 1) if len(line) > 120]


def test_the_architecture_tells_of_every_app() -> None:
    told = (ROOT / "docs/architecture.md").read_text()
    apps = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert apps
    assert not {app for app in apps if f"| `{app}` |" not in told and app != "demo"}


def test_the_rights_in_the_documents_are_those_of_the_code() -> None:
    told = (ROOT / "docs/security.md").read_text()
    assert rights_table() in told, "print it with `python manage.py show_rights`"


def test_each_role_has_the_rights_of_those_before_it() -> None:
    rights = [ALLOWED[role] for role in Role]
    assert all(fewer < more for fewer, more in pairwise(rights))
    assert rights[-1] == set(Action)


def test_each_test_that_the_security_table_names_is_there() -> None:
    rows = (ROOT / "docs/security.md").read_text()
    code = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", rows))
    assert named
    assert not {one for one in named if f"def {one}(" not in code}
