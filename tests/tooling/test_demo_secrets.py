"""The secrets that `run` makes up for itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cryptography.fernet import Fernet

from tooling import demo_secrets


def test_they_are_of_the_kind_that_each_reader_wants(tmp_path: Path) -> None:
    made = demo_secrets.load_secrets(tmp_path / "secrets.json")
    Fernet(made["FIELD_ENCRYPTION_KEYS"])
    assert len(made["SECRET_KEY"]) >= 50
    assert re.fullmatch(r"\w+:\w+", made["SANDBOX_API_KEY"])
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d{4}", made["DEMO_PASSWORD"])


def test_they_stay_the_same(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    assert demo_secrets.load_secrets(file) == demo_secrets.load_secrets(file)


def test_no_two_installations_share_them(tmp_path: Path) -> None:
    first = demo_secrets.load_secrets(tmp_path / "one.json")
    second = demo_secrets.load_secrets(tmp_path / "two.json")
    assert not any(first[name] == second[name] for name in ["SECRET_KEY", "SANDBOX_API_KEY"])


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    demo_secrets.load_secrets(file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_a_newer_version_needs_is_added(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({"SECRET_KEY": "kept"}))
    made = demo_secrets.load_secrets(file)
    assert made["SECRET_KEY"] == "kept"
    assert made["DEMO_PASSWORD"]
    assert json.loads(file.read_text()) == made
