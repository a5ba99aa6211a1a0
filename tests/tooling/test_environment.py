"""The virtual environment is made from the quickest Python of one version that is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tooling import environment

OWN = Path(sys.executable)
AS_PYENV_BUILDS = "'--prefix=/opt/versions/3.11.7' '--enable-shared'"
SAY_VERSION = "import sys; print(sys.version_info[:2])"
AS_IMAGES_BUILD = "'--enable-loadable-sqlite-extensions' '--enable-optimizations' '--with-lto'"


@pytest.fixture
def systems(tmp_path: Path) -> Path:
    """The system's Python of the same version, in its place."""
    theirs = tmp_path / f"python{sys.version_info.major}.{sys.version_info.minor}"
    theirs.symlink_to(OWN)
    return theirs


def test_what_was_built_without_its_profile_leaves_the_work_to_the_systems(systems: Path) -> None:
    assert environment.quickest_python(AS_PYENV_BUILDS, systems.parent) == systems


@pytest.mark.parametrize("how_built", [AS_IMAGES_BUILD, ""])
def test_what_was_built_with_it_works_itself(how_built: str, systems: Path) -> None:
    assert environment.quickest_python(how_built, systems.parent) == OWN


def test_a_system_with_another_version_or_a_broken_one_is_left_alone(systems: Path) -> None:
    systems.unlink()
    assert environment.quickest_python(AS_PYENV_BUILDS, systems.parent) == OWN
    systems.write_text("#!/bin/sh\nexit 1\n")
    systems.chmod(0o755)
    assert environment.quickest_python(AS_PYENV_BUILDS, systems.parent) == OWN


def test_what_is_chosen_makes_an_environment(tmp_path: Path) -> None:
    chosen = environment.quickest_python(AS_PYENV_BUILDS)
    subprocess.run([chosen, "-m", "venv", "--without-pip", tmp_path / "made"], check=True)
    asked: list[str | Path] = [tmp_path / "made" / "bin" / "python", "-c", SAY_VERSION]
    answer = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == str(sys.version_info[:2])
