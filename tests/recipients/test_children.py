"""Strangers' files are opened by children: few at a time, within limits, with nothing to take."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import resource
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pytest_django.fixtures import Settings

from composer.models import MediaFile
from interface import children
from interface.children import NoPlaceLeft, run_child
from recipients.models import ListImport
from tests.browsing import Desk, text_of
from tests.composer.test_media import animation, upload
from tests.recipients.conftest import Door
from tests.recipients.workbooks import xlsx
from tooling.places import ROOT

pytestmark = pytest.mark.thorough

MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def places(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.UPLOADS_DIR = tmp_path / "uploads"
    media = settings.STORAGES["media"] | {"OPTIONS": {"location": tmp_path / "media"}}
    settings.STORAGES = settings.STORAGES | {"media": media}
    return tmp_path / "places"


@pytest.fixture
def full(places: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each place is taken, as by other processes, and nobody waits for long."""
    monkeypatch.setattr(children, "PATIENCE_SECONDS", 0.1)
    places.mkdir()
    kinds = ["workbook", "media"]
    files = [(places / f"{kind}-{n}").open("w") for kind in kinds for n in range(children.AT_ONCE)]
    for file in files:
        fcntl.flock(file, fcntl.LOCK_EX)
    yield
    for file in files:
        file.close()


@pytest.mark.django_db
def test_whoever_waits_in_vain_for_a_workbook_is_told_when_to_come_again(
    full: None, door: Door, tmp_path: Path
) -> None:
    answer = door.upload(xlsx({"A": [["Phone"], [14155552671]]}), "people.xlsx")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "Yours was not kept" in answer.content.decode()
    assert not ListImport.objects.exists()
    assert not list((tmp_path / "uploads").iterdir())


@pytest.mark.django_db
def test_whoever_waits_in_vain_for_a_picture_is_told_when_to_come_again(
    full: None, desk: Desk
) -> None:
    answer = upload(desk, animation(), "moves.gif")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "choose it again" in text_of(answer)
    assert not MediaFile.objects.exists()


@pytest.mark.django_db
def test_a_file_that_needs_no_opening_waits_for_nobody(full: None, door: Door) -> None:
    assert door.upload(b"Phone\n+14155552671\n", "people.csv").status_code == 302


def test_no_more_children_than_places_run_at_once_and_a_place_comes_free(
    monkeypatch: pytest.MonkeyPatch, places: Path
) -> None:
    monkeypatch.setattr(children, "PATIENCE_SECONDS", 0.1)
    # Each of the places is taken by a child that waits for what it is told.
    program = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\n"
        "django.setup()\n"
        "from interface.children import _place\n"
        "with _place('workbook'):\n    print('there', flush=True); sys.stdin.read()\n"
    )
    env = os.environ | {"DATA_DIR": str(places.parent)}
    others = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(children.AT_ONCE)
    ]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == b"there\n"
    with pytest.raises(NoPlaceLeft):
        run_child("workbook", "this", [], 1)
    # Places for another kind of file are others.
    assert b"Namespaces" in run_child("media", "this", [], 1).stdout
    others[0].kill()
    others[0].wait()
    assert b"Namespaces" in run_child("workbook", "this", [], 1).stdout
    for other in others:
        other.kill()
        other.communicate()


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("composer.media.cleaning", ["image/png", "1"]),
        ("recipients.files.workbook_child", ["none", "none", "", "0", "US", "1", "10", "512"]),
    ],
)
def test_a_child_is_held_to_limits_by_the_system(module: str, arguments: list[str]) -> None:
    """The module runs as it does, and tells its limits when it is done."""
    program = (
        "import resource, runpy, sys; sys.argv = sys.argv[1:]\n"
        "runpy.run_module(sys.argv[0], run_name='__main__')\n"
        "names = ('CPU', 'AS', 'NPROC', 'NOFILE', 'CORE', 'FSIZE')\n"
        "print([resource.getrlimit(getattr(resource, 'RLIMIT_' + n))[1] for n in names])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, module, *arguments],
        cwd=ROOT,
        input=b"",
        capture_output=True,
        check=True,
    )
    numbers = re.findall(rb"\d+", done.stdout.splitlines()[-1].rpartition(b"[")[2])
    cpu, memory, processes, files, core, _file_size = map(int, numbers)
    assert (cpu, memory, processes, core) == (10, 512 * MEGABYTE, 0, 0)
    assert files <= 64
    assert resource.getrlimit(resource.RLIMIT_CPU)[1] != 10


# As production does, not as the system's own user, for whom there is no limit of processes.
AS_SOMEBODY = """
import os, sys
from PIL import AvifImagePlugin, Image
from composer.media import cleaning
Image.init()
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
cleaning.main()
"""


@pytest.mark.parametrize(
    ("form", "content_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("GIF", "image/gif"),
        ("WEBP", "image/webp"),
        ("HEIF", "image/heic"),
        ("AVIF", "image/avif"),
    ],
)
def test_each_kind_of_picture_is_opened_within_the_limits_of_a_usual_user(
    form: str, content_type: str
) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, form)
    done = subprocess.run(
        [sys.executable, "-c", AS_SOMEBODY, content_type, "20000000"],
        cwd=ROOT,
        input=out.getvalue(),
        capture_output=True,
        check=True,
    )
    answer = json.loads(done.stdout.partition(b"\n")[0])
    assert set(answer) == {"content_type"}, answer


@pytest.mark.django_db
@pytest.mark.parametrize(("form", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA")])
def test_a_picture_of_twenty_million_pixels_fits_into_the_limits(
    desk: Desk, form: str, mode: str
) -> None:
    out = io.BytesIO()
    Image.new(mode, (4470, 4470), "teal").save(out, form)
    assert "is uploaded" in text_of(upload(desk, out.getvalue(), "large"))


def empty_png(side: int) -> bytes:
    """So many pixels of four bytes in a small file, made without holding them."""
    packer = zlib.compressobj(1)
    row = bytes(1 + 4 * side)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


@pytest.mark.django_db
def test_a_picture_that_takes_more_than_its_child_may_is_refused_with_a_sentence(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the pixels not counted, the system still ended the child and nobody else."""
    monkeypatch.setattr("composer.media.media_store.MOST_PIXELS", 10**12)
    page = text_of(upload(desk, empty_png(11_000), "huge.png"))
    assert "takes too long to open, or too much room" in page
    assert not MediaFile.objects.exists()
