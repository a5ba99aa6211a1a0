"""Files of people: uploaded, read as the check page reads them, and imported."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Schema, Status

from api.models import Scope
from api.rest.access import ApiRequest
from api.rest.calls import Calls
from api.rest.pages import PUBLIC_ID, After, Limit, Page, cursor_page
from api.rest.problems import NotDone, invalid
from api.rest.repeats import HEADER
from composer.media import media_store
from composer.models import MediaFile
from recipients import tasks
from recipients.files.file_problems import FileProblem
from recipients.files.storing import ListFileHandler, StoredUpload
from recipients.imports import checking
from recipients.imports.judging import Judgement
from recipients.lists.addressed_lists import editable_list
from recipients.models import ListImport, RecipientList, RejectedRow
from recipients.sentences import REJECTIONS, sentence_for

router = Calls(tags=["files"])
_REJECTED_TOLD = 100
# A file in a form, as browsers and curl send it.
FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


class ColumnOut(Schema):
    """A column of a file, and what it was taken for."""

    name: str
    role: str


class RejectedOut(Schema):
    """A row that is left out, and why."""

    row: int
    detail: str


class ImportOut(Schema):
    """A file on its way into a list, and its report once it is there."""

    id: UUID
    state: str
    file_name: str
    recipient_list: UUID | None
    is_judged: bool
    columns: list[ColumnOut]
    rows_total: int | None
    rows_done: int
    added: int
    duplicates: int
    rejected: int
    rejected_rows: list[RejectedOut]
    effect: dict[str, Any]
    failure: str
    created_at: datetime
    completed_at: datetime | None


class MediaOut(Schema):
    """An uploaded file that messages may carry."""

    id: UUID = PUBLIC_ID
    label: str
    kind: str
    url: str
    size: int
    created_at: datetime


def import_as_json(list_import: ListImport) -> dict[str, Any]:
    """How far a file is, or what became of it."""
    rejected = RejectedRow.objects.filter(list_import=list_import).order_by("row_number")
    problem = list_import.problem
    made = list_import.recipient_list or list_import.target_list
    judgement = Judgement.from_json(list_import.judgement) if list_import.judgement else None
    total = list_import.rows_total
    return {
        "id": list_import.public_id,
        "state": list_import.state,
        "file_name": list_import.file_name,
        "recipient_list": made.public_id if made else None,
        "is_judged": list_import.is_judged,
        "columns": [
            {"name": column["name"], "role": column["role"]} for column in list_import.columns
        ],
        "rows_total": judgement.rows if total is None and judgement else total,
        "rows_done": list_import.rows_done,
        "added": list_import.recipient_count,
        "duplicates": list_import.duplicate_count,
        "rejected": list_import.rejected_count,
        "rejected_rows": [
            {"row": row.row_number, "detail": str(REJECTIONS[row.code].short)}
            for row in rejected[:_REJECTED_TOLD]
        ],
        "effect": list_import.effect,
        "failure": sentence_for(problem) if problem else "",
        "created_at": list_import.created_at,
        "completed_at": list_import.completed_at,
    }


def _imports(request: ApiRequest) -> QuerySet[ListImport]:
    imports = ListImport.objects.filter(team=request.team, uploaded_by=request.user)
    return imports.select_related("team", "recipient_list", "target_list", "uploaded_by")


def _begun(request: ApiRequest, target: RecipientList | None) -> dict[str, Any]:
    """Take the file in, and begin to look at it. The same `Idempotency-Key` is the same file."""
    handler = ListFileHandler(request)
    request.upload_handlers = [handler]
    upload = request.FILES.get("file")
    key = request.headers.get(HEADER, "")
    token = uuid5(request.caller.token.public_id, key) if key else uuid4()
    try:
        if handler.problem is not None:
            raise handler.problem
        if not isinstance(upload, StoredUpload):
            raise invalid([("file", "Send a file in the field `file` of a form.")])
        made = checking.begin_import(request.team, request.user, upload, token, target)
    except FileProblem as problem:
        raise invalid([("file", sentence_for(problem))]) from None
    if not made.is_judged:
        tasks.judge_on_commit(made.pk)
    return import_as_json(made)


@router.call(
    "POST",
    "/imports",
    Scope.LISTS,
    ImportOut,
    "Upload a file that becomes a list",
    status=201,
    repeats_itself=True,
    openapi_extra=FILE_BODY,
)
def upload_list(request: ApiRequest) -> Any:
    """CSV, XLSX, XLS or ODS. Look how its columns are read, then confirm it."""
    return Status(201, _begun(request, None))


@router.call(
    "POST",
    "/lists/{uuid:list_id}/imports",
    Scope.LISTS,
    ImportOut,
    "Upload a file whose people join a list",
    status=201,
    repeats_itself=True,
    openapi_extra=FILE_BODY,
)
def upload_into_list(request: ApiRequest, list_id: UUID) -> Any:
    """People who are on the list already stay as they are."""
    return Status(201, _begun(request, editable_list(request, list_id)))


@router.call(
    "GET", "/imports/{uuid:import_id}", Scope.LISTS, ImportOut, "How far a file is, and its report"
)
def get_import(request: ApiRequest, import_id: UUID) -> Any:
    """A file is its uploader's own."""
    return import_as_json(get_object_or_404(_imports(request), public_id=import_id))


@router.call(
    "POST",
    "/imports/{uuid:import_id}/confirm",
    Scope.LISTS,
    ImportOut,
    "Import a file as it was read",
    status=202,
    repeats_itself=True,
)
def confirm_import(request: ApiRequest, import_id: UUID) -> Any:
    """Confirming twice imports once."""
    list_import = get_object_or_404(_imports(request), public_id=import_id)
    try:
        checking.confirm(list_import)
    except FileProblem as problem:
        raise NotDone(HTTPStatus.CONFLICT, sentence_for(problem), problem.fault) from None
    tasks.import_on_commit(list_import.pk)
    return Status(202, import_as_json(get_object_or_404(_imports(request), public_id=import_id)))


# --- Media ----------------------------------------------------------------------------------------


@router.call("GET", "/media", Scope.READ, Page[MediaOut], "Uploaded media")
def list_media(request: ApiRequest, after: After, limit: Limit) -> Any:
    """With the public addresses that a campaign's `media_url` takes."""
    media = MediaFile.objects.filter(team=request.team)
    return cursor_page(media, after, limit)


@router.call(
    "POST",
    "/media",
    Scope.DRAFTS,
    MediaOut,
    "Upload a picture, film or document for messages",
    status=201,
    repeats_itself=True,
    openapi_extra=FILE_BODY,
)
def upload_media(request: ApiRequest) -> Any:
    """The answer names the public address that a campaign's `media_url` takes."""
    files: HttpRequest = request
    files.upload_handlers = [TemporaryFileUploadHandler(files)]
    upload = files.FILES.get("file")
    if upload is None:
        raise invalid([("file", "Send a file in the field `file` of a form.")])
    try:
        media = media_store.keep_media(request.team, request.user, upload)
    except media_store.NotTaken as refused:
        raise invalid([("file", refused.sentence)]) from None
    return Status(201, media)
