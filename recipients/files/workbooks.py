"""Sheets of XLSX, XLS and ODS files as plain text, made by a child process with limits.

A workbook is a program in disguise: a megabyte can unpack to gigabytes. What it declares is
checked before anything is unpacked; what it does is limited by the operating system, so that the
worst file ends a child and never the dashboard.
"""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from interface.children import run_child
from recipients.files.archives import TooManyMembers, opened_archive
from recipients.files.file_problems import FileFault, FileProblem


@dataclass(frozen=True)
class WorkbookLimits:
    """What one workbook may take: of disk, work and memory.

    `ratio`: how many times its packed size it may unpack to; a recipient list is 5 to 30.
    """

    megabytes: int
    ratio: int
    seconds: int
    memory_megabytes: int


class Sheets(NamedTuple):
    """The names of a workbook's sheets, the one that was written as text, and what is hidden.

    `names` are those that may be chosen: without the hidden ones where these are left out.
    `without_result` cells are formulas that were never worked out, and empty.
    """

    names: list[str]
    chosen: str
    hidden_sheets: int
    hidden_rows: int
    hidden_columns: int
    tells_hidden: bool
    without_result: int


def unpack(
    workbook: Path,
    text: Path,
    limits: WorkbookLimits,
    *,
    country: str,
    sheet: str = "",
    with_hidden: bool = False,
) -> Sheets:
    """Write one sheet of a workbook as CSV (UTF-8, comma) and return which ones there are.

    `country`: whose order of day and month is meant by a workbook that leaves it to the computer.
    `sheet`: its name, or "" for the one that is seen first, or else may hold a table. What is
    hidden is left out unless it is asked for. Each row has its number in front; blank ones are not
    written. Raises FileProblem when the workbook cannot be read within the limits, and OSError when
    the disk fails; `text` is deleted then. Raises NoPlaceLeft while too many are being opened.
    """
    if zipfile.is_zipfile(workbook):
        _check_declared_sizes(workbook, limits)
    numbers = (limits.megabytes, limits.seconds, limits.memory_megabytes)
    said = (str(workbook), str(text), sheet, str(int(with_hidden)), country, *map(str, numbers))
    try:
        done = run_child("workbook", "recipients.files.workbook_child", said, limits.seconds)
        answer = json.loads(done.stdout) if done.stdout else {}
    except subprocess.TimeoutExpired as expired:
        text.unlink(missing_ok=True)
        raise FileProblem(FileFault.TOO_SLOW) from expired
    if "sheets" in answer:
        return Sheets(names=answer.pop("sheets"), **answer)
    text.unlink(missing_ok=True)
    if code := answer.get("errno"):
        raise OSError(code, os.strerror(code))
    fault = answer.get("fault") or (
        FileFault.TOO_MUCH_INSIDE if done.returncode else FileFault.UNREADABLE
    )
    raise FileProblem(FileFault(fault), **answer.get("details", {}))


def _check_declared_sizes(workbook: Path, limits: WorkbookLimits) -> None:
    """Raise FileProblem for an archive that says itself that it is too much, or is encrypted."""
    try:
        with opened_archive(workbook) as archive:
            members = archive.infolist()
    except TooManyMembers as error:
        raise FileProblem(FileFault.TOO_MUCH_INSIDE) from error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileProblem(FileFault.UNREADABLE) from error
    if any(member.flag_bits & 1 for member in members):
        raise FileProblem(FileFault.ENCRYPTED)
    unpacked = sum(member.file_size for member in members)
    packed = max(workbook.stat().st_size, 1)
    is_bomb = unpacked > 10_000_000 and unpacked > packed * limits.ratio
    if is_bomb or unpacked > limits.megabytes * 1024 * 1024:
        raise FileProblem(FileFault.TOO_MUCH_INSIDE)
