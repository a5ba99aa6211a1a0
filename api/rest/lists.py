"""Recipient lists and their people: made, filled by batches, read page by page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from ninja import Field, Schema, Status
from pydantic import StringConstraints

from api.models import Scope
from api.rest.access import ApiRequest
from api.rest.calls import Calls
from api.rest.matching import check_match, tagged
from api.rest.pages import After, Limit, Page, cursor_page
from api.rest.problems import NotDone, invalid
from api.rest.texts import FieldName, Sent, Text
from recipients.files.row_sources import MAX_CELL_CHARACTERS
from recipients.files.rows import MAX_NAME, printable
from recipients.lists import list_lifecycle, people_editing
from recipients.lists.addressed_lists import editable_list, may_put_away, usable_list
from recipients.lists.people_batches import bring_people, ids_of_phones
from recipients.lists.people_editing import Details
from recipients.models import Recipient, RecipientList
from recipients.phone_numbers import Phone, PhoneReader
from recipients.sentences import REJECTIONS
from teams.access import Action

router = Calls(tags=["lists"])
MOST_PEOPLE = 10_000
MOST_FIELDS = 200
# Of the numbers that are none, so many are told.
_MOST_TOLD = 100
FieldText = Annotated[Text, StringConstraints(max_length=MAX_CELL_CHARACTERS)]


class ListOut(Schema):
    """A recipient list. `people`: each counted once; `rows`: duplicates included."""

    id: UUID
    name: str
    visibility: str
    people: int
    rows: int
    fields: list[str]
    created_at: datetime
    updated_at: datetime


class ListName(Sent):
    """How a list is called."""

    name: Text = Field(min_length=1, max_length=120, examples=["Newsletter"])


class PersonIn(Sent):
    """Somebody by number: with a country code, or as the team writes its own country's."""

    phone: Text = Field(max_length=60, examples=["+12025550143"])
    name: Text = Field("", max_length=MAX_NAME)
    fields: dict[FieldName, FieldText] = Field({}, max_length=MOST_FIELDS)


class People(Sent):
    """Whom to add to a list or to change on it, told by their numbers."""

    people: list[PersonIn] = Field(min_length=1, max_length=MOST_PEOPLE)


class Numbers(Sent):
    """Whom to take out of a list."""

    phones: list[Text] = Field(min_length=1, max_length=MOST_PEOPLE)


class BroughtOut(Schema):
    """What became of a batch; somebody who came twice in it counts once."""

    added: int
    changed: int
    unchanged: int


class Removed(Schema):
    """How many rows were taken out."""

    removed: int


class PersonOut(Schema):
    """A row of a list."""

    phone: str
    name: str
    fields: dict[str, str]


def list_as_json(recipient_list: RecipientList) -> dict[str, Any]:
    """All that is told of a list."""
    return {
        "id": recipient_list.public_id,
        "name": recipient_list.name,
        "visibility": recipient_list.visibility,
        "people": recipient_list.recipient_count,
        "rows": recipient_list.row_count,
        "fields": recipient_list.field_names,
        "created_at": recipient_list.created_at,
        "updated_at": recipient_list.updated_at,
    }


def numbers_read(request: ApiRequest, where: str, written: Iterable[str]) -> list[str]:
    """Numbers in E.164, in their order. Raises NotDone (422) naming each that is none.

    `where` is the path of a number in the body, with `%d` for its place.
    """
    reader = PhoneReader(request.team.default_country)
    answers = [reader.read(text) for text in written]
    wrong = [
        (where % place, f"{REJECTIONS[answer.reason].short}. {REJECTIONS[answer.reason].cure}")
        for place, answer in enumerate(answers)
        if not isinstance(answer, Phone)
    ]
    if wrong:
        words = f"{len(wrong)} of {len(answers)} numbers cannot be read, so nothing was changed."
        raise invalid(wrong[:_MOST_TOLD], words)
    return [answer.e164 for answer in answers if isinstance(answer, Phone)]


@router.call(
    "GET",
    "/lists",
    Scope.READ,
    Page[ListOut],
    "Lists that the token's maker may use, the newest first",
)
def list_lists(request: ApiRequest, after: After, limit: Limit) -> Any:
    """Archived lists are not among them."""
    lists = RecipientList.objects.for_member(request.team, request.user)
    return cursor_page(lists, after, limit, list_as_json)


@router.call("POST", "/lists", Scope.LISTS, ListOut, "Make an empty list", status=201)
def make_list(request: ApiRequest, response: HttpResponse, sent: ListName) -> Any:
    """It is shared with the team where that is what the team wants of new lists."""
    made = list_lifecycle.make_list(request.team, request.user, _name(sent))
    return Status(201, tagged(response, list_as_json(made)))


@router.call("GET", "/lists/{uuid:list_id}", Scope.READ, ListOut, "One list")
def get_list(request: ApiRequest, response: HttpResponse, list_id: UUID) -> Any:
    """How many people it has, and which fields; with its ETag, which a change sends back."""
    return tagged(response, list_as_json(usable_list(request, list_id)))


@router.call("PATCH", "/lists/{uuid:list_id}", Scope.LISTS, ListOut, "Rename a list")
def rename_list(request: ApiRequest, response: HttpResponse, list_id: UUID, sent: ListName) -> Any:
    """Only its name changes. Wants `If-Match` with the list's ETag."""
    with transaction.atomic():
        recipient_list = _as_seen(request, editable_list(request, list_id), is_match_needed=True)
        list_lifecycle.rename_list(recipient_list, _name(sent))
    return tagged(response, list_as_json(usable_list(request, list_id)))


@router.call("DELETE", "/lists/{uuid:list_id}", Scope.LISTS, None, "Archive a list", status=204)
def archive_list(request: ApiRequest, list_id: UUID) -> Any:
    """It can be brought back on its page; deleting for good is a person's to do."""
    recipient_list = usable_list(request, list_id)
    if not may_put_away(request, recipient_list):
        sentence = "Only its owner, or who manages the team, may archive this list."
        raise NotDone(HTTPStatus.FORBIDDEN, sentence, "not_yours")
    with transaction.atomic():
        list_lifecycle.archive(_as_seen(request, recipient_list), request.user)
    return Status(204, None)


def _as_seen(
    request: ApiRequest, recipient_list: RecipientList, *, is_match_needed: bool = False
) -> RecipientList:
    """The list, locked, if it is as `If-Match` says."""
    locked = RecipientList.objects.select_for_update().get(pk=recipient_list.pk)
    check_match(request, list_as_json(locked), is_needed=is_match_needed)
    return locked


def _name(sent: ListName) -> str:
    name = printable(sent.name).strip()
    if not name:
        raise invalid([("name", "Give the list a name, so that you can find it later.")])
    return name


# --- People ---------------------------------------------------------------------------------------


def _person_as_json(row: Recipient) -> dict[str, Any]:
    return {"phone": row.phone, "name": row.name, "fields": row.fields}


@router.call(
    "GET", "/lists/{uuid:list_id}/people", Scope.READ, Page[PersonOut], "The people of a list"
)
def list_people(request: ApiRequest, list_id: UUID, after: After, limit: Limit) -> Any:
    """Wants a role that may export."""
    request.caller.require_action(Action.EXPORT)
    rows = Recipient.objects.filter(recipient_list=usable_list(request, list_id))
    return cursor_page(rows, after, limit, _person_as_json, newest_first=False)


@router.call(
    "POST",
    "/lists/{uuid:list_id}/people",
    Scope.LISTS,
    BroughtOut,
    "Add people, and change those who are there",
)
def upsert_people(request: ApiRequest, list_id: UUID, sent: People) -> Any:
    """People are told by their numbers, whatever their spelling. All of a batch, or nothing of it.

    A name or a field that is not sent stays; an empty field is taken away.
    """
    recipient_list = editable_list(request, list_id)
    phones = numbers_read(request, "people.%d.phone", (one.phone for one in sent.people))
    people = [
        Details(
            phone=phone,
            name=printable(one.name).strip(),
            fields={printable(key): printable(text).strip() for key, text in one.fields.items()},
        )
        for phone, one in zip(phones, sent.people, strict=True)
    ]
    names = {name.casefold() for details in people for name in details.fields}
    if len(names | {name.casefold() for name in recipient_list.field_names}) > MOST_FIELDS:
        raise invalid([("people", f"A list has {MOST_FIELDS} fields at most.")])
    return bring_people(recipient_list, people)._asdict()


@router.call(
    "POST", "/lists/{uuid:list_id}/people/remove", Scope.LISTS, Removed, "Take people out of a list"
)
def remove_people(request: ApiRequest, list_id: UUID, sent: Numbers) -> Any:
    """Who is not on it is no error."""
    recipient_list = editable_list(request, list_id)
    ids = ids_of_phones(recipient_list, numbers_read(request, "phones.%d", sent.phones))
    return {"removed": people_editing.remove_people(recipient_list, ids)}
