"""The documents name files that there are."""

from __future__ import annotations

import re

import pytest

from tooling.places import ROOT

DOCUMENTS = ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))]
# `folder/file.py` or `folder/`; what a placeholder stands in (`templates/<app>/`) is no name.
NAMED = re.compile(r"`((?:[\w.]+/)+(?:\w+\.\w+)?)`")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_files_that_there_are(document: str) -> None:
    named = NAMED.findall((ROOT / document).read_text())
    missing = [path for path in named if not (ROOT / path).exists()]
    assert not missing


def test_the_architecture_tells_of_every_app() -> None:
    told = (ROOT / "docs/architecture.md").read_text()
    apps = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert apps
    assert not {app for app in apps if f"| `{app}` |" not in told and app != "demo"}
