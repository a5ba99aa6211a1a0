"""What the product is made of, with the licences (CycloneDX), and what is known against it."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tooling import environment, node
from tooling.locks import NODE_PROJECTS
from tooling.places import PYTHON, REQUIREMENTS, ROOT, VAR, tool

SBOM = VAR / "sbom.cdx.json"
_PIN = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)


def write_sbom() -> int:
    """The command `sbom`: write var/sbom.cdx.json and print the licences; return the exit code.

    Raises SetUpFailed.
    """
    environment.ensure_packages("test")
    VAR.mkdir(exist_ok=True)
    environment.run_quietly(
        "Listing the packages",
        [
            *(tool("cyclonedx-py"), "environment", "--output-reproducible", "--of", "JSON"),
            *("-o", SBOM, PYTHON),
        ],
    )
    bom = json.loads(SBOM.read_text())
    bom = of_product(bom, set(_PIN.findall((REQUIREMENTS / "run.txt").read_text())))
    front_end = json.loads((ROOT / "package-lock.json").read_text())
    bom["components"] += front_end_components(front_end["packages"])
    SBOM.write_text(json.dumps(bom, indent=2) + "\n")
    for component in sorted(bom["components"], key=lambda one: one["purl"]):
        print(f"{component['purl'].removeprefix('pkg:'):48} {licences_of(component)}")
    print(f"\n{len(bom['components'])} packages; all of it in {SBOM}")
    return 0


def of_product(bom: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """The list without what only tests and tools use; `names` is what the product is run with."""
    kept = [one for one in bom["components"] if _normal(one["name"]) in names]
    known = {one["bom-ref"] for one in kept}
    links = [
        link | {"dependsOn": [ref for ref in link.get("dependsOn", []) if ref in known]}
        for link in bom["dependencies"]
        if link["ref"] in known
    ]
    return bom | {"components": kept, "dependencies": links}


def front_end_components(packages: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The packages of a package-lock.json as components, without the project itself."""
    components = []
    for path, package in packages.items():
        name = path.rpartition("node_modules/")[2]
        if not name:
            continue
        algorithm, _dash, digest = package["integrity"].partition("-")
        purl = f"pkg:npm/{name.replace('@', '%40')}@{package['version']}"
        components.append(
            {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": package["version"],
                "purl": purl,
                "licenses": [{"license": {"id": package["license"]}}],
                "hashes": [
                    {
                        "alg": algorithm.upper().replace("SHA", "SHA-"),
                        "content": base64.b64decode(digest).hex(),
                    }
                ],
            }
        )
    return components


def licences_of(component: dict[str, Any]) -> str:
    """The licences that a component names, as they are known; "?" for one that names none."""
    words = [
        entry.get("expression") or entry["license"].get("id") or entry["license"].get("name", "")
        for entry in component.get("licenses", ())
    ]
    words = [word.removeprefix("License :: ").removeprefix("OSI Approved :: ") for word in words]
    return ", ".join(sorted(set(words))) or "?"


def audit() -> int:
    """The command `audit`: ask for known holes, of all that is locked; return the exit code.

    It needs a way to the databases of the Python and npm registries. Raises SetUpFailed.
    """
    environment.ensure_packages("test")
    codes = [_asked_of_python(lock) for lock in ("run", "test")]
    codes += [_asked_of_npm(project) for project in NODE_PROJECTS]
    return max(codes)


def _asked_of_python(lock: str) -> int:
    print(f"--- requirements/{lock}.txt", flush=True)
    command: list[str | Path] = [
        *(tool("pip-audit"), "--disable-pip", "--require-hashes", "--progress-spinner", "off"),
        *("-r", REQUIREMENTS / f"{lock}.txt"),
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _asked_of_npm(project: Path) -> int:
    print(f"--- {(project / 'package-lock.json').relative_to(ROOT)}", flush=True)
    npm, env = node.npm_command()
    command = [*npm, "audit", "--package-lock-only"]
    return subprocess.run(command, cwd=project, env=env, check=False).returncode


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
