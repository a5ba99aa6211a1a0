"""With PostgreSQL's two roles: the writer copies, the owner puts back, and rights are as before."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from tests.installed import OWNER, WRITER, Installed

pytestmark = [pytest.mark.processes, pytest.mark.thorough]


def test_what_is_put_back_has_the_rights_that_it_had(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = [str(installed.server.programs), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    copied = installed.manage(WRITER, "back_up", str(tmp_path / "copy"))
    assert copied.returncode == 0, copied.stderr
    installed.asked(WRITER, "INSERT INTO teams_tries VALUES ('key', 1, now())")

    refused = installed.manage(WRITER, "restore", str(tmp_path / "copy"))
    assert refused.returncode == 1
    assert "must be owner" in refused.stderr
    restored = installed.manage(OWNER, "restore", str(tmp_path / "copy"))
    assert restored.returncode == 0, restored.stderr

    with psycopg.connect(installed.url(WRITER)) as writer:
        assert writer.execute("SELECT count(*) FROM teams_tries").fetchone() == (0,)
        writer.execute("INSERT INTO teams_tries VALUES ('key', 1, now())")
    with pytest.raises(errors.InsufficientPrivilege):
        installed.asked(WRITER, "DELETE FROM trail_entry")
    with pytest.raises(errors.InsufficientPrivilege):
        installed.asked(WRITER, "CREATE TABLE mine (id int)")
    # Tables that a later migration makes are the writer's to use too.
    installed.asked(OWNER, "CREATE TABLE later (id int)")
    installed.asked(WRITER, "INSERT INTO later VALUES (1)")
