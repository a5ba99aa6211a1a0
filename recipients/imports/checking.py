"""From an uploaded file to a confirmed import: read it, judge it, let a person correct and confirm.

The judgement of the first rows is there at once; a worker goes through the rest of a large file
(`judge_whole`). A change of what decides the judgement starts it over.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from interface.children import NoPlaceLeft
from interface.room import MEGABYTE, Room
from recipients import claiming
from recipients.files.column_guessing import phone_candidates, require_phone_column
from recipients.files.columns import FIELD_ROLES, Column, ColumnRole, phone_places
from recipients.files.encodings import FileEncoding
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.row_sources import ReadOptions, data_rows
from recipients.files.storing import StoredUpload, delete_stored, rows_path
from recipients.imports import guessing
from recipients.imports.judging import Judgement, Known, SampleRow, judge, nobody
from recipients.imports.opt_out_files import judge_opt_outs
from recipients.lists.sharing import may_edit
from recipients.models import ListImport, Recipient, RecipientList, Visibility
from recipients.opting_out.opt_outs import opted_out_among
from recipients.phone_numbers import Ambiguity, PhoneReader
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

# So many rows are judged while the person waits, about a tenth of a second.
ROWS_AT_ONCE = 10_000
# Of the rows among which the columns' names may be, so much is shown.
_TOP_ROWS, _TOP_CELLS, _TOP_CHARACTERS = 8, 4, 30


def begin_import(
    team: Team,
    user: User,
    upload: StoredUpload,
    token: uuid.UUID,
    target: RecipientList | None = None,
    *,
    opt_out_note: str | None = None,
) -> ListImport:
    """Make the import of a stored file and judge its first rows.

    `token` comes from the upload form: the same form sent twice gives the same import. `target` is
    the list whose people the file's will join, None for a new list. With `opt_out_note`, which may
    be empty, they go into the register of opt-outs instead. Raises FileProblem, and deletes the
    file, when it cannot become a list at all; NoPlaceLeft while too many files are being opened.
    """
    if known := ListImport.objects.filter(public_id=token).first():
        if known.uploaded_by == user and known.team == team:
            delete_stored(upload.stored_name)
            return known
        token = uuid.uuid4()
    if (upload.size or 0) > room_for_files(team, user).left:
        delete_stored(upload.stored_name)
        raise FileProblem(FileFault.NO_ROOM, days=settings.UPLOAD_KEEP_DAYS)
    made = ListImport(
        public_id=token,
        team=team,
        uploaded_by=user,
        file_name=upload.name or "",
        stored_name=upload.stored_name,
        file_size=upload.size or 0,
        file_sha256=upload.sha256,
        default_country=team.default_country,
        visibility=Visibility.TEAM if team.lists_shared else Visibility.PRIVATE,
        list_name=target.name if target else list_name_from(upload.name or ""),
        target_list=target,
        mode=ListImport.Mode.NEW if target else "",
        is_for_opt_outs=opt_out_note is not None,
        note=opt_out_note or "",
    )
    try:
        guessing.guess(made)
        _judge_first_rows(made)
    except (FileProblem, NoPlaceLeft):
        delete_stored(upload.stored_name)
        raise
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        delete_stored(upload.stored_name)
        return ListImport.objects.get(public_id=token, team=team, uploaded_by=user)
    return made


def room_for_files(team: Team, user: User) -> Room:
    """What the kept files of a team and of one of its people take, and may take."""
    kept = ListImport.objects.filter(team=team).exclude(stored_name="")
    sums = kept.aggregate(
        of_team=Sum("file_size", default=0),
        of_person=Sum("file_size", filter=Q(uploaded_by=user), default=0),
    )
    return Room(
        most_of_team=settings.UPLOADS_TEAM_MB * MEGABYTE,
        most_of_person=settings.UPLOADS_PERSON_MB * MEGABYTE,
        **sums,
    )


def list_name_from(file_name: str) -> str:
    """A list's first name: "patients_2026.csv" gives "Patients 2026".

    >>> list_name_from("patients_2026.csv")
    'Patients 2026'
    """
    words = PurePath(file_name).stem.replace("_", " ").replace("-", " ").split()
    name = " ".join(words)[:120].strip()
    return name[:1].upper() + name[1:]


@dataclass(frozen=True)
class Choices:
    """What was chosen on the check page; `roles` in the order of the columns."""

    roles: Sequence[ColumnRole]
    default_country: str
    # The row with the columns' names, 0 for none; None leaves that as it is.
    header_row: int | None
    list_name: str
    visibility: Visibility
    # What becomes of the people on the list that is there; "" leaves that as it is.
    mode: str = ""
    # Of the columns of a file without names, in their order.
    names: Sequence[str] = ()
    # How else to read the file; "" and None leave that as it is.
    sheet: str = ""
    with_hidden: bool | None = None
    encoding: FileEncoding | None = None
    delimiter: str = ""
    # The ambiguity to be read in the other way from now on, of the column at this place.
    turn: tuple[int, Ambiguity] | None = None


def change_choices(list_import: ListImport, choices: Choices) -> None:
    """Keep what was chosen and judge the file again if that may change it.

    A file that is read in another way (sheet, what is hidden, encoding, delimiter) has its columns
    guessed anew.
    Raises FileProblem, storing nothing, when it cannot be read so.
    """
    before = (list_import.reading, list_import.columns, list_import.default_country)
    list_import.list_name, list_import.visibility = choices.list_name, choices.visibility
    list_import.default_country = choices.default_country
    list_import.mode = (choices.mode or list_import.mode) if list_import.is_addition else ""
    reading = ReadOptions.from_json(list_import.reading)
    with_hidden = reading.with_hidden if choices.with_hidden is None else choices.with_hidden
    if choices.sheet not in ("", reading.sheet) or with_hidden is not reading.with_hidden:
        sheet = choices.sheet or reading.sheet
        unpacked = guessing.unpacked(list_import, sheet, with_hidden=with_hidden)
        guessing.read_as(list_import, unpacked)
    elif (other := _corrected(reading, choices)) != reading:
        guessing.read_as(list_import, other)
    else:
        _take_over(list_import, choices, is_other_country=before[2] != choices.default_country)
    fields = ["list_name", "visibility", "mode"]
    if before != (list_import.reading, list_import.columns, list_import.default_country):
        _judge_first_rows(list_import)
        # A worker that judges the file as it was read before loses its claim.
        list_import.claim_token = list_import.lease_until = None
        fields += [
            *("reading", "columns", "default_country", "judgement", "is_judged"),
            *("failure", "failure_details", "claim_token", "lease_until"),
        ]
    # Once it is confirmed, nothing of it changes any more: another tab may have done so meanwhile.
    ListImport.objects.filter(pk=list_import.pk, state=ListImport.State.CHECKING).update(
        **{name: getattr(list_import, name) for name in fields}
    )


def _corrected(reading: ReadOptions, choices: Choices) -> ReadOptions:
    """The reading with the encoding and the delimiter that were chosen; a workbook has neither."""
    if reading.sheet:
        return reading
    encoding = choices.encoding or reading.encoding
    return replace(
        reading,
        encoding=encoding,
        delimiter=choices.delimiter or reading.delimiter,
        has_nul=reading.has_nul or encoding is not reading.encoding,
    )


def _take_over(list_import: ListImport, choices: Choices, *, is_other_country: bool) -> None:
    """Give the columns their roles and names or, if that has changed, another row its meaning."""
    reading = ReadOptions.from_json(list_import.reading)
    columns = _columns(list_import)
    other_header = choices.header_row not in (None, reading.header_row)
    if other_header:
        guessing.read_as(list_import, reading, choices.header_row)
        columns = _columns(list_import)
        if len(columns) != len(choices.roles) or any(
            one.role is ColumnRole.PHONE for one in columns
        ):
            return
    before = _what_decides(columns)
    if [column.role for column in columns] != list(choices.roles):
        # From now on they are not as the team chose the last time.
        list_import.reading = {**list_import.reading, "is_remembered": False}
    columns = [
        replace(column, role=role) for column, role in zip(columns, choices.roles, strict=True)
    ]
    if choices.names and not reading.has_header and not other_header:
        columns = guessing.rename_columns(columns, choices.names)
    if is_other_country or before != _what_decides(columns):
        columns = guessing.decide_again(list_import, columns)
    if choices.turn is not None:
        columns = _turned(columns, *choices.turn)
    list_import.columns = [column.to_json() for column in columns]


def _what_decides(columns: Sequence[Column]) -> list[int]:
    """The columns whose cells decide how numbers are read."""
    countries = [index for index, one in enumerate(columns) if one.role is ColumnRole.COUNTRY]
    return [*phone_places(columns), -1, *countries]


def _turned(columns: Sequence[Column], place: int, ambiguity: Ambiguity) -> list[Column]:
    """The columns, the one at `place` read in the other way where its numbers are ambiguous so."""
    return [
        replace(column, turned=tuple({*column.turned} ^ {ambiguity})) if index == place else column
        for index, column in enumerate(columns)
    ]


def confirm(list_import: ListImport) -> None:
    """Let the import begin: its list is made, invisible until the last row is in.

    Does nothing when it was confirmed before. Raises FileProblem while the file cannot become a
    list. The caller queues the task on commit.
    """
    columns = _columns(list_import)
    if problem := phone_question(list_import) or list_import.problem:
        raise problem
    judgement = Judgement.from_json(list_import.judgement)
    if list_import.is_judged and not judgement.ready:
        raise FileProblem(FileFault.NO_VALID_ROW)
    if list_import.is_addition:
        _require_target(list_import)
    with transaction.atomic():
        confirmed = ListImport.objects.filter(
            pk=list_import.pk, state=ListImport.State.CHECKING
        ).update(
            state=ListImport.State.QUEUED,
            confirmed_at=timezone.now(),
            claim_token=None,
            lease_until=None,
            attempts=0,
            rows_total=judgement.rows if list_import.is_judged else None,
        )
        if confirmed and not list_import.is_for_opt_outs:
            _make_list(list_import, columns)
            guessing.remember(list_import)
        if confirmed:
            facts = {"rows": judgement.rows, "opt_outs": list_import.is_for_opt_outs}
            record(Act.LIST_IMPORTED, list_import, by=list_import.uploaded_by, after=facts)


def _require_target(list_import: ListImport) -> None:
    """Raise FileProblem unless the list is there and its people may still be changed.

    What is done to a list must be seen before, and so the whole file is to be judged first.
    """
    target, user = list_import.target_list, list_import.uploaded_by
    usable = RecipientList.objects.filter(
        pk=target.pk if target else 0, is_ready=True, archived_at=None
    )
    if target is None or user is None or not usable.exists() or not may_edit(target, user):
        raise FileProblem(FileFault.LIST_GONE)
    if not list_import.is_judged:
        raise FileProblem(FileFault.STILL_COUNTING)


def _make_list(list_import: ListImport, columns: Sequence[Column]) -> None:
    owner = list_import.uploaded_by
    assert owner is not None, "only the one who uploaded a file can confirm it"
    list_import.recipient_list = RecipientList.objects.create(
        team=list_import.team,
        owner=owner,
        name=list_import.list_name,
        # The people of an addition are in a list that nobody will ever see.
        visibility=Visibility.PRIVATE if list_import.is_addition else list_import.visibility,
        field_names=[column.name for column in columns if column.role in FIELD_ROLES],
    )
    list_import.save(update_fields=["recipient_list"])


def judge_whole(import_id: int) -> None:
    """Judge every row of a file on the check page, if nobody does so yet.

    Does nothing when the import has moved on; a result that comes too late is dropped.
    """
    to_do = ListImport.objects.filter(is_judged=False, state=ListImport.State.CHECKING)
    claimed = claiming.claim_work(to_do, import_id)
    if claimed is None:
        return
    try:
        if claimed.is_hopeless:
            raise FileProblem(FileFault.INTERRUPTED)
        changes: dict[str, Any] = {"judgement": _judged(claimed, limit=None).to_json()}
    except FileProblem as problem:
        changes = {"failure": problem.fault, "failure_details": problem.details}
    except FileNotFoundError:
        changes = {"failure": FileFault.FILE_GONE, "failure_details": {}}
    claiming.let_go(claimed, is_judged=True, **changes)


def phone_question(list_import: ListImport) -> FileProblem | None:
    """What has to be asked about the phone column, or None when one is chosen.

    A file of opt-outs may have several.
    """
    columns = _columns(list_import)
    if list_import.is_for_opt_outs and _has_phones(columns):
        return None
    reading = ReadOptions.from_json(list_import.reading)
    judgement = Judgement.from_json(list_import.judgement)
    headers = [column.header if reading.has_header else "" for column in columns]
    candidates = phone_candidates(
        headers, [row.cells for row in judgement.sample], PhoneReader(list_import.default_country)
    )
    try:
        require_phone_column(columns, candidates)
    except FileProblem as problem:
        return problem
    return None


def _judge_first_rows(list_import: ListImport) -> None:
    judgement = _judged(list_import, limit=ROWS_AT_ONCE)
    list_import.judgement = judgement.to_json()
    list_import.is_judged = judgement.is_whole
    list_import.failure, list_import.failure_details = "", {}


def _judged(list_import: ListImport, limit: int | None) -> Judgement:
    reading = ReadOptions.from_json(list_import.reading)
    rows = data_rows(
        rows_path(list_import.stored_name, reading),
        reading,
        max_columns=settings.IMPORT_MAX_COLUMNS,
        max_rows=settings.IMPORT_MAX_ROWS,
    )
    columns, country = _columns(list_import), list_import.default_country
    register = opted_out_among(list_import.team)
    if list_import.is_for_opt_outs and _has_phones(columns):
        judgement = judge_opt_outs(rows, columns, country, limit=limit, register=register)
    else:
        there = _on_target(list_import)
        judgement = judge(rows, columns, country, limit=limit, register=register, list_there=there)
    judgement.top = [
        SampleRow(number, [cell[:_TOP_CHARACTERS] for cell in cells[:_TOP_CELLS]])
        for number, cells in guessing.first_rows(list_import, reading, _TOP_ROWS)
    ]
    return judgement


def _on_target(list_import: ListImport) -> Known:
    """Counts those of some people that are on the list the file is for."""
    if list_import.target_list_id is None:
        return nobody
    there = Recipient.objects.filter(recipient_list_id=list_import.target_list_id, occurrence=0)
    return lambda keys: there.filter(phone_key__in=keys).count()


def _has_phones(columns: Sequence[Column]) -> bool:
    return any(column.role is ColumnRole.PHONE for column in columns)


def _columns(list_import: ListImport) -> list[Column]:
    return [Column.from_json(column) for column in list_import.columns]
