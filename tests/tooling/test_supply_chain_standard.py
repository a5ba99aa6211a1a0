"""The list of what the product is made of, made in earnest and held against its standard.

Apart from what else is told of it: what knows the standard takes each worker seconds to import.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.test_packages import node_packages, pins
from tooling import supply_chain
from tooling.places import ROOT

pytestmark = [pytest.mark.thorough, pytest.mark.long]


@pytest.fixture
def bom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(supply_chain, "SBOM", tmp_path / "sbom.cdx.json")
    assert supply_chain.write_sbom() == 0
    return json.loads((tmp_path / "sbom.cdx.json").read_text())


def test_the_list_is_cyclonedx_and_has_what_runs_and_nothing_else(
    bom: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    validator = JsonStrictValidator(SchemaVersion.from_version(bom["specVersion"]))
    assert validator.validate_str(json.dumps(bom)) is None

    listed = {one["purl"].partition("?")[0] for one in bom["components"]}
    locked = {f"pkg:pypi/{name}@{version}" for name, version in pins("run").items()}
    front_end = {
        f"pkg:npm/{path.removeprefix('node_modules/').replace('@', '%40')}@{package['version']}"
        for path, package in node_packages(ROOT / "package-lock.json").items()
    }
    assert front_end <= listed
    assert {purl for purl in listed if purl.startswith("pkg:pypi/")} <= locked
    # Some are locked for another system than this one.
    assert {f"pkg:pypi/{name}@{pins('run')[name]}" for name in ("django", "celery")} <= listed
    assert not any("pytest" in purl for purl in listed)

    told = capsys.readouterr().out
    assert re.search(r"^pypi/django@\S+ +BSD", told, re.MULTILINE)
    assert re.search(r"^npm/htmx.org@\S+ +0BSD$", told, re.MULTILINE)
    assert not re.search(r" \?$", told, re.MULTILINE)
