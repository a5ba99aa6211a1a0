"""Sheets of XLSX, XLS and ODS files as plain text, made by a child process with limits.

A workbook is a program in disguise: a megabyte can unpack to gigabytes. What it declares is
checked before anything is unpacked; what it does is limited by the operating system, so that the
worst file ends a child and never the dashboard.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

from recipients.file_problems import Fault, FileProblem

# A recipient list is text and numbers: 5 to 30 times its packed size.
_MOST_TIMES_ITS_SIZE = 200
_MOST_MEMBERS = 1_000
_SECONDS = 120
_ROOT = Path(__file__).resolve().parent.parent


class Sheets(NamedTuple):
    """The names of a workbook's sheets, and the one that was written as text."""

    names: list[str]
    chosen: str


def unpack(
    workbook: Path, text: Path, *, sheet: str = "", max_columns: int, max_megabytes: int
) -> Sheets:
    """Write one sheet of a workbook as CSV (UTF-8, comma) and return which ones there are.

    `sheet`: its name, or "" for the first with anything in it. Rows keep their numbers: blank ones
    are written as blank lines. Raises FileProblem when the workbook cannot be read within the
    limits; `text` is deleted then.
    """
    if zipfile.is_zipfile(workbook):
        _check_declared_sizes(workbook, max_megabytes)
    command = [
        *(sys.executable, "-m", "recipients.workbook_child"),
        *(str(workbook), str(text), sheet, str(max_columns), str(max_megabytes)),
    ]
    try:
        done = subprocess.run(  # noqa: S603  our own program, and no shell
            command, cwd=_ROOT, capture_output=True, timeout=_SECONDS, check=False
        )
        answer = json.loads(done.stdout) if done.stdout else {}
    except subprocess.TimeoutExpired as expired:
        text.unlink(missing_ok=True)
        raise FileProblem(Fault.TOO_SLOW) from expired
    if "sheets" in answer:
        return Sheets(answer["sheets"], answer["chosen"])
    text.unlink(missing_ok=True)
    fault = answer.get("fault") or (Fault.TOO_MUCH_INSIDE if done.returncode else Fault.UNREADABLE)
    raise FileProblem(Fault(fault), **answer.get("details", {}))


def _check_declared_sizes(workbook: Path, max_megabytes: int) -> None:
    """Raise FileProblem for an archive that says itself that it is too much, or is encrypted."""
    try:
        with zipfile.ZipFile(workbook) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileProblem(Fault.UNREADABLE) from error
    if any(member.flag_bits & 1 for member in members):
        raise FileProblem(Fault.ENCRYPTED)
    unpacked = sum(member.file_size for member in members)
    packed = max(workbook.stat().st_size, 1)
    is_bomb = unpacked > 10_000_000 and unpacked > packed * _MOST_TIMES_ITS_SIZE
    if is_bomb or unpacked > max_megabytes * 1024 * 1024 or len(members) > _MOST_MEMBERS:
        raise FileProblem(Fault.TOO_MUCH_INSIDE)
