"""What the check page shows: the numbers, the sheet with its reasons, and what is in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.forms import BoundField
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from interface.countries import country_name
from interface.wording import Text, number
from recipients.files.columns import Column, ColumnRole
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.opt_out_words import may_say_who_opted_out
from recipients.files.row_sources import ReadOptions
from recipients.imports.checking import phone_question
from recipients.imports.country_words import country_sentences
from recipients.imports.doubtful_words import doubtful_lines
from recipients.imports.forms import CheckForm
from recipients.imports.guessing import remembered_country
from recipients.imports.judging import Judgement, SampleRow
from recipients.imports.opt_out_files import OptOutReader
from recipients.models import ListImport, RecipientList
from recipients.phone_numbers import Phone
from recipients.phone_text import PhoneFault
from recipients.phone_words import as_called
from recipients.sentences import DELIMITERS, DOUBTS, ENCODINGS, REJECTIONS, Words, sentence_for


@dataclass(frozen=True)
class SheetColumn:
    """A column's header and the select for its role."""

    header: str
    role: BoundField
    is_used: bool
    is_skipped: bool
    # The input for the name of a column whose file has none.
    typed: BoundField | None = None


@dataclass(frozen=True)
class SheetCell:
    """A cell's text, and the words at it when something is wrong with it."""

    text: str
    reason: str | Promise = ""
    doubt: str | Promise = ""
    # The number as it will be called, with its country where that is not the chosen one.
    becomes: str = ""
    is_skipped: bool = False


@dataclass(frozen=True)
class SheetRow:
    """A row with the number the person's spreadsheet shows."""

    number: int
    cells: list[SheetCell]


@dataclass(frozen=True)
class RowFinding:
    """So many rows with the same reason, and what to do about them."""

    count: int
    words: Words


def check_context(
    list_import: ListImport, form: CheckForm, problem: FileProblem | None = None, asked: int = 0
) -> dict[str, Any]:
    """The template's variables; `problem` is why confirming was refused, if it was."""
    judgement = Judgement.from_json(list_import.judgement)
    reading = ReadOptions.from_json(list_import.reading)
    columns = [Column.from_json(column) for column in list_import.columns]
    question = phone_question(list_import)
    obstacle = problem or list_import.problem or question
    nothing_ready = question is None and list_import.is_judged and not judgement.ready
    if obstacle is None and nothing_ready:
        obstacle = FileProblem(FileFault.NO_VALID_ROW)
    # What is done to a list that is there must be seen before.
    can_import = obstacle is None and (list_import.is_judged or not list_import.is_addition)
    return {
        "list_import": list_import,
        "form": form,
        "judgement": judgement,
        "segments": [
            (judgement.ready, "done"),
            (judgement.duplicates, "warning"),
            (judgement.rejected_count, "danger"),
        ],
        "in_words": _ready_in_words(judgement),
        "has_phones": question is None,
        "obstacle": sentence_for(obstacle) if obstacle else "",
        "can_import": can_import,
        "import_words": _import_words(list_import, judgement.ready, can_import=can_import),
        "is_counting": not list_import.is_judged,
        "target": list_import.target_list,
        # Not for the part that counts, which is asked for again and again.
        "same_file": SimpleLazyObject(partial(_same_file, list_import)),
        "effects": _effects(list_import, judgement) if list_import.is_addition else [],
        "sheet_columns": _columns(list_import, form),
        "sheet_rows": _rows(list_import, judgement.sample),
        "opt_out_columns": _opt_out_columns(list_import, judgement),
        "is_for_opt_outs": list_import.is_for_opt_outs,
        "remembered_country": (remembered := remembered_country(list_import)),
        "remembered_name": country_name(remembered) if remembered else "",
        "hidden": _hidden(reading),
        "unseen": _unseen(reading),
        "header_row": reading.header_row,
        "is_remembered": reading.is_remembered,
        "found_as": _found_as(reading, len(columns)),
        "rejections": findings(judgement.rejected, REJECTIONS),
        "doubts": findings(judgement.doubts, DOUBTS),
        "country_sentences": country_sentences(list_import) if question is None else [],
        "doubtful": doubtful_lines(judgement.doubtful, columns, list_import.default_country),
        "shows_more": bool(judgement.doubts or judgement.rejected_count),
        "asked": asked + 1,
        "delay": 1 if asked < 10 else 3,
    }


def _ready_in_words(judgement: Judgement) -> str:
    if judgement.rows == 1:
        return (
            _("The row is ready to import.")
            if judgement.ready
            else _("The row is not ready to import.")
        )
    words = ngettext(
        "%(ready)s of %(rows)s rows is ready to import.",
        "%(ready)s of %(rows)s rows are ready to import.",
        judgement.ready,
    )
    return words % {"ready": number(judgement.ready), "rows": number(judgement.rows)}


def _found_as(reading: ReadOptions, columns: int) -> str:
    encoding = ENCODINGS[reading.encoding]
    if columns == 1:
        return _("Read as one column, %(encoding)s") % {"encoding": encoding}
    return _("Read with a %(delimiter)s between the columns, %(encoding)s") % {
        "delimiter": DELIMITERS.get(reading.delimiter, reading.delimiter),
        "encoding": encoding,
    }


def _import_words(list_import: ListImport, ready: int, *, can_import: bool) -> str:
    """What the button of the page says that it does."""
    if list_import.is_for_opt_outs:
        if not can_import or not list_import.is_judged:
            return _("Add to the opt-outs")
        words = ngettext("Opt out %(n)s person", "Opt out %(n)s people", ready)
        return words % {"n": number(ready)}
    if list_import.target_list is not None:
        if not list_import.is_judged:
            return _("Counting what changes…")
        return str(_MODES[ListImport.Mode(list_import.mode)])
    if not can_import or not list_import.is_judged:
        return _("Import recipients")
    words = ngettext("Import %(n)s recipient", "Import %(n)s recipients", ready)
    return words % {"n": number(ready)}


def _hidden(reading: ReadOptions) -> list[str]:
    """What is hidden in a workbook, and what becomes of it, in sentences."""
    rows, columns, sheets = reading.hidden_rows, reading.hidden_columns, reading.hidden_sheets
    if reading.with_hidden:
        words = (
            ngettext("%(n)s hidden row is included.", "%(n)s hidden rows are included.", rows),
            ngettext(
                "%(n)s hidden column is included.", "%(n)s hidden columns are included.", columns
            ),
            ngettext(
                "%(n)s hidden sheet can be chosen.", "%(n)s hidden sheets can be chosen.", sheets
            ),
        )
    else:
        words = (
            ngettext("%(n)s hidden row is left out.", "%(n)s hidden rows are left out.", rows),
            ngettext(
                "%(n)s hidden column is left out.", "%(n)s hidden columns are left out.", columns
            ),
            ngettext(
                "%(n)s hidden sheet is left out.", "%(n)s hidden sheets are left out.", sheets
            ),
        )
    counted = zip(words, (rows, columns, sheets), strict=True)
    return [sentence % {"n": number(count)} for sentence, count in counted if count]


def _unseen(reading: ReadOptions) -> list[str]:
    """What of a workbook cannot be seen here, and what to do, in sentences."""
    sentences = []
    if not reading.tells_hidden:
        sentences.append(
            _(
                "Hidden rows and columns in this kind of file are included. To leave them "
                "out, open it in a spreadsheet, save it as XLSX and upload that."
            )
        )
    if count := reading.without_result:
        words = ngettext(
            "%(n)s cell with a formula is empty: its result is not in the file. "
            "Open the file in a spreadsheet, save it and upload it again.",
            "%(n)s cells with formulas are empty: their results are not in the file. "
            "Open the file in a spreadsheet, save it and upload it again.",
            count,
        )
        sentences.append(words % {"n": number(count)})
    return sentences


def _same_file(list_import: ListImport) -> RecipientList | None:
    """The list that this very file became before, as far as the person may see it."""
    user = list_import.uploaded_by
    if user is None:
        return None
    usable = RecipientList.objects.for_member(list_import.team, user)
    before = ListImport.objects.filter(
        file_sha256=list_import.file_sha256,
        recipient_list__in=usable,
        state=ListImport.State.COMPLETED,
    )
    last = before.select_related("recipient_list").order_by("-pk").first()
    return last.recipient_list if last else None


_MODES: Mapping[str, Text] = {
    ListImport.Mode.REPLACE: gettext_lazy("Replace the list"),
    ListImport.Mode.UPDATE: gettext_lazy("Add and update people"),
    ListImport.Mode.NEW: gettext_lazy("Add people to the list"),
}


@dataclass(frozen=True)
class EffectLine:
    """So many people, and what becomes of them if the file is imported in the chosen mode."""

    count: int
    words: str
    is_loss: bool = False


def _effects(list_import: ListImport, judgement: Judgement) -> list[EffectLine]:
    target, there = list_import.target_list, judgement.on_list
    new, before = judgement.ready - there, target.recipient_count if target else 0
    lines = [EffectLine(new, ngettext("person is added", "people are added", new))]
    match list_import.mode:
        case ListImport.Mode.REPLACE:
            gone = max(0, before - there)
            lines += [
                EffectLine(there, _("already on the list: kept, with the data from this file")),
                EffectLine(gone, ngettext("person is removed", "people are removed", gone), True),
            ]
        case ListImport.Mode.UPDATE:
            lines.append(EffectLine(there, _("already on the list: updated from this file")))
        case _:
            lines.append(EffectLine(there, _("already on the list: not changed")))
    return [line for line in lines if line.count or line is lines[0]]


def _columns(list_import: ListImport, form: CheckForm) -> list[SheetColumn]:
    return [
        SheetColumn(
            header=column["header"] or column["name"],
            role=form[f"role_{index}"],
            is_used=column["role"] not in (ColumnRole.FIELD, ColumnRole.SKIP),
            is_skipped=column["role"] == ColumnRole.SKIP,
            typed=form[f"name_{index}"] if f"name_{index}" in form.fields else None,
        )
        for index, column in enumerate(list_import.columns)
    ]


def _rows(list_import: ListImport, sample: Sequence[SampleRow]) -> list[SheetRow]:
    columns, country = list_import.columns, list_import.default_country
    if list_import.is_for_opt_outs:
        return [SheetRow(row.number, _opt_out_cells(columns, row, country)) for row in sample]
    return [SheetRow(row.number, _cells(columns, row, country)) for row in sample]


def _cells(columns: Sequence[dict[str, str]], row: SampleRow, country: str) -> list[SheetCell]:
    cells = []
    for index, column in enumerate(columns):
        is_phone = index == row.place
        cells.append(
            SheetCell(
                text=row.cells[index].strip() if index < len(row.cells) else "",
                reason=REJECTIONS[row.reason].short if is_phone and row.reason else "",
                doubt=DOUBTS[row.doubt].short if is_phone and row.doubt else "",
                becomes=as_called(row.phone, country) if is_phone and row.phone else "",
                is_skipped=column["role"] == ColumnRole.SKIP,
            )
        )
    return cells


def _opt_out_columns(list_import: ListImport, judgement: Judgement) -> list[tuple[str, str]]:
    """Columns that say who opted out and are not used so: (field of the form, name)."""
    is_known = any(column["role"] == ColumnRole.OPTED_OUT for column in list_import.columns)
    if list_import.is_for_opt_outs or is_known:
        return []
    return [
        (f"role_{index}", column["header"])
        for index, column in enumerate(list_import.columns)
        if column["role"] in (ColumnRole.FIELD, ColumnRole.SKIP)
        and may_say_who_opted_out(
            column["header"],
            [row.cells[index] for row in judgement.sample if index < len(row.cells)],
        )
    ]


def _opt_out_cells(
    columns: Sequence[dict[str, str]], row: SampleRow, country: str
) -> list[SheetCell]:
    """The cells of a row in which each phone of each column counts."""
    reader = OptOutReader([Column.from_json(column) for column in columns], country)
    is_empty = row.reason == PhoneFault.EMPTY
    cells = []
    for index, column in enumerate(columns):
        is_phone = column["role"] == ColumnRole.PHONE
        text = row.cells[index].strip() if index < len(row.cells) else ""
        answers = [piece.answer for piece in reader.pieces_at(index, row.cells)] if is_phone else []
        phones = [answer for answer in answers if isinstance(answer, Phone)]
        reasons = [answer.reason for answer in answers if not isinstance(answer, Phone)]
        if is_phone and is_empty and not text:
            reasons = [PhoneFault.EMPTY]
        doubts = [phone.doubt for phone in phones if phone.doubt]
        cells.append(
            SheetCell(
                text=text,
                reason=REJECTIONS[reasons[0]].short if reasons else "",
                doubt=DOUBTS[doubts[0]].short if doubts and not reasons else "",
                becomes="; ".join(as_called(phone.e164, country) for phone in phones),
                is_skipped=column["role"] == ColumnRole.SKIP,
            )
        )
    return cells


def findings(counts: Mapping[str, int], words: Mapping[str, Words]) -> list[RowFinding]:
    """The counts of a judgement in words, in their order."""
    return [RowFinding(count, words[code]) for code, count in counts.items()]
