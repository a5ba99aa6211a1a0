"""A folder as docs/production.md has an operator make it before the first start."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tooling.places import ROOT

_FILLED_IN = {
    "BASE_URL": "https://localhost",
    "EMAIL_URL": "smtp+tls://campaigns:secret@mail.example.org:587",
}


def make(folder: Path) -> None:
    """Make `.env` of .env.example, and `secrets/` by the very lines of the document."""
    text = (ROOT / ".env.example").read_text()
    for name, value in _FILLED_IN.items():
        text, count = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
        assert count == 1, name
    (folder / ".env").write_text(text)
    told = (ROOT / "docs" / "production.md").read_text()
    (lines,) = re.findall(r"```sh\n(\s+mkdir -m 0700 secrets\n.*?)```", told, re.DOTALL)
    subprocess.run(["sh", "-ec", lines], cwd=folder, check=True)
