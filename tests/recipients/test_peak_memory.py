"""What a file claims makes nobody unpack or list it without limits: peak memory, measured."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from interface.children import NOTHING_WORTH_TAKING
from recipients.files import workbooks
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.file_types import is_workbook
from recipients.files.workbooks import WorkbookLimits
from recipients.files.wrappings import unwrap
from tests.recipients.conftest import Door
from tests.recipients.test_upload import sentence
from tooling.places import ROOT

pytestmark = pytest.mark.thorough

MEGABYTE = 1024 * 1024
# What telling a file's kind may take beyond the process itself.
ROOM_MEGABYTES = 60
LIMITS = WorkbookLimits(megabytes=1000, ratio=200, seconds=90, memory_megabytes=1500)


def zeros_as(member: str, megabytes: int) -> bytes:
    """An archive of a few kilobytes with one member of so many megabytes of zeros."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
        made.open(member, "w", force_zip64=True) as inside,
    ):
        for _ in range(megabytes):
            inside.write(bytes(MEGABYTE))
    return out.getvalue()


def many_members(count: int, said: int | None = None) -> bytes:
    """An archive that lists so many empty members, and says how many it lists."""
    start = b"PK\x03\x04" + bytes(26)
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<HHHHHLL", 8, 0, 0, 0, 0, 0, 0)
    listed = b"".join(entry[:46] + b"%08d" % number for number in range(count))
    told = min(count if said is None else said, 0xFFFF)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, told, told, len(listed), len(start), 0)
    return start + listed + end


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a type of 300 MB": lambda: zeros_as("mimetype", 300),
    "a type of 300 MB elsewhere": lambda: zeros_as("xl/mimetype", 300),
    "a list of 400,000 members": lambda: many_members(400_000),
    "a list that says it has one member": lambda: many_members(400_000, said=1),
}


# A process of its own: the highest mark of this one never falls.
LOOKING = """
import resource, sys
from pathlib import Path
from recipients.files import workbooks
from recipients.files.file_problems import FileProblem
from recipients.files.file_types import is_workbook
from recipients.files.wrappings import unwrap
path = Path(sys.argv[1])
limits = workbooks.WorkbookLimits(megabytes=1000, ratio=200, seconds=90, memory_megabytes=1500)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
for look in (
    lambda: is_workbook(path),
    lambda: unwrap(path, "US", 1024 * 1024),
    lambda: workbooks.unpack(path, path.with_name("text"), limits, country="US"),
):
    try:
        look()
    except FileProblem:
        continue
print(peak() - before)
"""


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_file_takes_the_memory_of_whoever_looks_at_it(
    made: Callable[[], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "hostile"
    path.write_bytes(made())
    done = subprocess.run(
        [sys.executable, "-c", LOOKING, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < ROOM_MEGABYTES * 1024


@pytest.mark.either_database
@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE.keys())
def test_whoever_uploads_it_gets_a_sentence(door: Door, made: Callable[[], bytes]) -> None:
    response = door.upload(made(), "people.ods")
    assert response.status_code == 422
    assert sentence(response.content.decode()).startswith("This ")


@pytest.mark.parametrize("number", [1001, 30_000])
def test_an_archive_with_more_members_than_a_table_has_is_refused(
    number: int, tmp_path: Path
) -> None:
    path = tmp_path / "many"
    path.write_bytes(many_members(number))
    with pytest.raises(FileProblem) as refused:
        is_workbook(path)
    assert refused.value.fault is FileFault.TOO_MUCH_INSIDE


def test_whatever_reads_a_workbook_has_no_secret_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of Python a program stands that writes down what it was given."""
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\n")
    spy.chmod(0o700)
    monkeypatch.setenv("FIELD_ENCRYPTION_KEYS", "the-secret")
    monkeypatch.setattr("sys.executable", str(spy))
    with pytest.raises(FileProblem):
        workbooks.unpack(tmp_path / "spy", tmp_path / "text", LIMITS, country="US")
    seen = (tmp_path / "seen").read_text()
    assert "the-secret" not in seen
    names = {line.partition("=")[0] for line in seen.splitlines()}
    assert not names & {"SECRET_KEY", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
    assert names <= {*NOTHING_WORTH_TAKING, "PWD", "SHLVL", "_", "OLDPWD"}
    assert os.environ["FIELD_ENCRYPTION_KEYS"] == "the-secret"


def test_a_card_of_endless_soft_line_breaks_takes_no_time(tmp_path: Path) -> None:
    path = tmp_path / "cards"
    breaks = "ab=\n" * 500_000
    path.write_text(
        "BEGIN:VCARD\nTEL:+12025550000\n"
        f"NOTE;ENCODING=QUOTED-PRINTABLE:{breaks}\nFN:Anna\nEND:VCARD\n"
    )
    unwrap(path, "US", MEGABYTE)
    assert path.read_text().splitlines() == ["Name,Phone", "Anna,+12025550000"]
