"""What the product is made of: each package that runs, its licence, and nothing of the tests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_packages import node_packages
from tooling import supply_chain
from tooling.places import ROOT

pytestmark = pytest.mark.thorough


MADE: dict[str, Any] = {
    "components": [
        {"name": "Django", "bom-ref": "a", "licenses": [{"license": {"id": "BSD-3-Clause"}}]},
        {"name": "pytest_django", "bom-ref": "b"},
    ],
    "dependencies": [{"ref": "a", "dependsOn": ["b"]}, {"ref": "b", "dependsOn": ["a"]}],
}


def test_what_only_tests_use_is_no_part_of_the_product() -> None:
    made = supply_chain.of_product(MADE, {"django"})
    assert [one["name"] for one in made["components"]] == ["Django"]
    assert made["dependencies"] == [{"ref": "a", "dependsOn": []}]
    assert supply_chain.licences_of(made["components"][0]) == "BSD-3-Clause"
    assert supply_chain.licences_of(MADE["components"][1]) == "?"


def test_each_package_of_the_pages_is_there_with_licence_and_hash() -> None:
    packages = node_packages(ROOT / "package-lock.json")
    components = supply_chain.front_end_components(packages)
    assert {one["name"] for one in components} == {
        path.removeprefix("node_modules/") for path in packages
    }
    for component in components:
        assert supply_chain.licences_of(component) != "?"
        assert [(one["alg"], len(one["content"])) for one in component["hashes"]] == [
            ("SHA-512", 128)
        ]
