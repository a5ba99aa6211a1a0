"""What a file is when it arrives: how to read it, and what its columns are.

Both are guesses, put right on the check page. A team's earlier choices for the same headers come
before any guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings

from interface import shared_files
from recipients.files.column_guessing import find_header, guess_columns, headers_key, parted
from recipients.files.columns import (
    Column,
    ColumnRole,
    all_own_headers,
    named_as,
    own_columns,
    unique_names,
)
from recipients.files.encodings import FileEncoding
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.file_types import is_workbook
from recipients.files.row_sources import (
    ReadOptions,
    Row,
    columns_with_values,
    guess_read_options,
    head,
)
from recipients.files.storing import MEGABYTE, rows_path, stored_path
from recipients.files.workbooks import WorkbookLimits, unpack
from recipients.files.wrappings import unwrap
from recipients.imports.doubtful_columns import decided
from recipients.imports.judging import Judgement
from recipients.imports.opt_out_files import opt_out_columns
from recipients.lists import exporting
from recipients.models import ListImport, RememberedColumns
from recipients.phone_numbers import PhoneReader

_ROWS_TO_GUESS_FROM = 200


def guess(list_import: ListImport) -> None:
    """Fill in how to read the file, and what its columns are.

    Raises FileProblem when it cannot become a list at all.
    """
    stored = stored_path(list_import.stored_name)
    unwrap(stored, list_import.default_country, settings.UPLOAD_MAX_MB * MEGABYTE)
    shared_files.share(stored)
    workbook = is_workbook(stored)
    read_as(
        list_import,
        unpacked(list_import)
        if workbook
        else guess_read_options(stored, list_import.default_country),
    )


def read_as(list_import: ListImport, reading: ReadOptions, header_row: int | None = None) -> None:
    """Fill in what the columns are when the file is read so.

    `header_row` is the row with their names, 0 for none; None to find it. Raises FileProblem when
    there is nothing to read.
    """
    reading, first = _narrowed(list_import, reading)
    if not first:
        raise FileProblem(FileFault.EMPTY)
    phones = PhoneReader(list_import.default_country)
    is_export = first[0][1] in _export_headers(list_import)
    if header_row is None:
        header_row = first[0][0] if is_export else find_header(first, phones)
        if list_import.is_for_opt_outs and _is_without_letters(first, header_row):
            # It may be a number that cannot be read: it is to be told.
            header_row = 0
    header, sample = parted(first, header_row)
    if header and not sample:
        raise FileProblem(FileFault.HEADER_ONLY)
    columns = guess_columns(header, sample, phones, all_own_headers())
    if list_import.is_for_opt_outs:
        columns = opt_out_columns(columns, sample, phones)
    reading = replace(reading, header_row=header_row, is_remembered=False)
    list_import.columns = [column.to_json() for column in columns]
    list_import.reading = reading.to_json()
    if memory := _memory(list_import):
        own = len(columns) - len(memory.roles)
        roles = [*[ColumnRole.SKIP] * own, *map(ColumnRole, memory.roles)]
        columns = [replace(one, role=role) for one, role in zip(columns, roles, strict=True)]
        list_import.reading = replace(reading, is_remembered=True).to_json()
    if is_export and header_row == first[0][0]:
        roles = [ColumnRole.PHONE, ColumnRole.NAME]
        roles += [ColumnRole.FIELD] * (len(columns) - 2)
        columns = [replace(one, role=role) for one, role in zip(columns, roles, strict=True)]
    if list_import.target_list is not None:
        columns = named_as(columns, list_import.target_list.field_names)
    columns = decided(columns, sample, list_import.default_country)
    list_import.columns = [column.to_json() for column in columns]


def decide_again(list_import: ListImport, columns: Sequence[Column]) -> list[Column]:
    """The columns with the readings that their numbers speak for, as the file is read now."""
    reading = ReadOptions.from_json(list_import.reading)
    first = first_rows(list_import, reading, _ROWS_TO_GUESS_FROM)
    _, sample = parted(first, reading.header_row)
    return decided(columns, sample, list_import.default_country)


def _export_headers(list_import: ListImport) -> list[list[str]]:
    """The names of the columns if the file is an export of the very list it is for; or none."""
    target = list_import.target_list
    return exporting.headers_of(target) if target is not None else []


def _narrowed(list_import: ListImport, reading: ReadOptions) -> tuple[ReadOptions, list[Row]]:
    """The reading, of too many columns only those with values, and the first rows so read."""
    try:
        return reading, first_rows(list_import, reading, _ROWS_TO_GUESS_FROM)
    except FileProblem as problem:
        if problem.fault != FileFault.TOO_MANY_COLUMNS:
            raise
        try:
            kept = columns_with_values(rows_path(list_import.stored_name, reading), reading)
        except FileProblem:
            raise problem from None
        if not 0 < len(kept) <= settings.IMPORT_MAX_COLUMNS:
            raise
    reading = replace(reading, kept_columns=kept)
    return reading, first_rows(list_import, reading, _ROWS_TO_GUESS_FROM)


def _is_without_letters(rows: Sequence[Row], number: int) -> bool:
    cells = next((cells for row, cells in rows if row == number), [])
    return not any(map(str.isalpha, "".join(cells)))


def rename_columns(columns: Sequence[Column], typed: Sequence[str]) -> list[Column]:
    """The columns of a file without names under those that a person typed."""
    return [
        replace(column, name=name)
        for column, name in zip(columns, unique_names(typed), strict=True)
    ]


def remember(list_import: ListImport) -> None:
    """Keep the roles for the team's next file with the same headers, and the country to be offered.

    A country that decided nothing, as all numbers had their own, is not the team's choice.
    """
    if not ReadOptions.from_json(list_import.reading).has_header:
        return
    kept: dict[str, object] = {
        "roles": [column["role"] for column in _their_columns(list_import)],
    }
    if Judgement.from_json(list_import.judgement).home:
        kept["default_country"] = list_import.default_country
    RememberedColumns.objects.update_or_create(
        team_id=list_import.team_id, key=_key(list_import), defaults=kept
    )


def remembered_country(list_import: ListImport) -> str:
    """The country of the last file with these headers, where this one is read as another's."""
    memory = _memory(list_import)
    country = memory.default_country if memory else ""
    return country if country != list_import.default_country else ""


def first_rows(list_import: ListImport, reading: ReadOptions, count: int) -> list[Row]:
    """The first rows of the file that are not blank, the columns' names among them."""
    path = rows_path(list_import.stored_name, reading)
    return head(path, reading, count, max_columns=settings.IMPORT_MAX_COLUMNS)


def unpacked(list_import: ListImport, sheet: str = "", *, with_hidden: bool = False) -> ReadOptions:
    """Write a sheet of the workbook as text: the given one, else the one that is seen first.

    Raises FileProblem when it cannot be read, or holds nothing that can be seen.
    """
    stored = stored_path(list_import.stored_name)
    made = stored.with_name(f"{stored.name}.csv.new")
    limits = WorkbookLimits(
        megabytes=settings.IMPORT_MAX_UNPACKED_MB,
        ratio=settings.IMPORT_MAX_UNPACKED_RATIO,
        seconds=settings.IMPORT_MAX_SECONDS,
        memory_megabytes=settings.IMPORT_MAX_MEMORY_MB,
    )
    country = list_import.team.default_country
    sheets = unpack(stored, made, limits, country=country, sheet=sheet, with_hidden=with_hidden)
    reading = ReadOptions(
        FileEncoding.UTF_8,
        sheet=sheets.chosen,
        sheets=tuple(sheets.names),
        hidden_sheets=sheets.hidden_sheets,
        hidden_rows=sheets.hidden_rows,
        hidden_columns=sheets.hidden_columns,
        with_hidden=with_hidden,
        tells_hidden=sheets.tells_hidden,
        without_result=sheets.without_result,
    )
    text = rows_path(list_import.stored_name, reading)
    made.rename(text)
    shared_files.share(text)
    return reading


def _memory(list_import: ListImport) -> RememberedColumns | None:
    """What the team said about a file with these headers before."""
    if list_import.is_for_opt_outs or not ReadOptions.from_json(list_import.reading).has_header:
        return None
    memory = RememberedColumns.objects.filter(
        team_id=list_import.team_id, key=_key(list_import)
    ).first()
    # The key has as many parts as there are columns; a row's own width may still differ.
    fits = memory is not None and len(memory.roles) == len(_their_columns(list_import))
    return memory if fits else None


def _key(list_import: ListImport) -> str:
    return headers_key([column["header"] for column in _their_columns(list_import)])


def _their_columns(list_import: ListImport) -> list[dict[str, str]]:
    """The columns without those of our report, whose corrected rows are read as the file was."""
    columns: list[dict[str, str]] = list_import.columns
    return columns[own_columns([column["header"] for column in columns]) :]
