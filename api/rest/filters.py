"""Saved filters: people of lists by what is known of them, made and changed as on their page."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
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
from recipients.files.rows import printable
from recipients.models import SavedFilter
from recipients.saved_filters import filters
from recipients.saved_filters.conditions import WITHOUT_VALUE, Condition, Op
from recipients.saved_filters.filter_forms import (
    LONGEST_VALUE,
    MOST_CONDITIONS,
    MOST_VALUES,
    SavedFilterForm,
    lines_of,
    stored_filter,
)
from recipients.views.filters import visible_filter

router = Calls(tags=["filters"])
# A line of text: several stand in one box of the form, one below the other.
Value = Annotated[Text, StringConstraints(max_length=LONGEST_VALUE, pattern=r"^[^\r\n]*$")]


class ConditionOfFilter(Sent):
    """What a field has to be: `is` with one value, `one_of` with several, `empty` with none."""

    field: FieldName = Field(
        description="A column of the lists, or CUSTOMER_NAME or PHONE_NUMBER.", examples=["City"]
    )
    op: Op
    values: list[Value] = Field(
        [], max_length=MOST_VALUES, description="A day is as 2026-04-02.", examples=[["Rome"]]
    )


class FilterFields(Sent):
    """What a filter says. What is not sent stays as it is."""

    name: Text | None = Field(None, max_length=120, examples=["Patients in Rome"])
    lists: list[UUID] | None = Field(None, max_length=100, description="Whose people it looks at.")
    lists_left_out: list[UUID] | None = Field(None, max_length=100)
    match: Literal["all", "any"] | None = Field(None, description="Of the conditions.")
    conditions: list[ConditionOfFilter] | None = Field(None, max_length=MOST_CONDITIONS)
    day_first: bool | None = Field(
        None, description="Whether 3/4/2026 is 3 April, where a list does not show it."
    )
    visibility: Literal["private", "team"] | None = Field(
        None, description="One that is for chosen colleagues stays so if this is not sent."
    )


class FilterOut(Schema):
    """A saved filter. `is_own`: of the token's maker, without whom nobody changes it."""

    id: UUID
    name: str
    lists: list[UUID]
    lists_left_out: list[UUID]
    match: str
    conditions: list[ConditionOfFilter]
    day_first: bool
    visibility: str
    is_own: bool
    created_at: datetime
    updated_at: datetime


def filter_as_json(request: ApiRequest, saved: SavedFilter) -> dict[str, Any]:
    """All that is told of a filter."""
    choices = sorted(saved.list_choices.all(), key=lambda choice: choice.pk)

    def lists(*, left_out: bool) -> list[UUID]:
        return [one.recipient_list.public_id for one in choices if one.is_without is left_out]

    same = ("name", "match", "conditions", "day_first", "visibility", "created_at", "updated_at")
    return {
        **{name: getattr(saved, name) for name in same},
        "id": saved.public_id,
        "lists": lists(left_out=False),
        "lists_left_out": lists(left_out=True),
        "is_own": saved.owner_id == request.user.pk,
    }


@router.call(
    "GET", "/filters", Scope.READ, Page[FilterOut], "Saved filters that the token's maker may use"
)
def list_filters(request: ApiRequest, after: After, limit: Limit) -> Any:
    """A campaign names them in `filters`."""
    usable = SavedFilter.objects.for_member(request.team, request.user)
    usable = usable.prefetch_related("list_choices__recipient_list")
    return cursor_page(usable, after, limit, lambda saved: filter_as_json(request, saved))


@router.call("POST", "/filters", Scope.LISTS, FilterOut, "Make a filter", status=201)
def make_filter(request: ApiRequest, response: HttpResponse, sent: FilterFields) -> Any:
    """Private to the token's maker unless `visibility` is `team`."""
    with transaction.atomic():
        made = _saved(request, None, sent)
    return Status(201, tagged(response, filter_as_json(request, made)))


@router.call("GET", "/filters/{uuid:filter_id}", Scope.READ, FilterOut, "One filter")
def get_filter(request: ApiRequest, response: HttpResponse, filter_id: UUID) -> Any:
    """With its ETag, which a change sends back as `If-Match`."""
    return tagged(response, filter_as_json(request, visible_filter(request, filter_id)))


@router.call("PATCH", "/filters/{uuid:filter_id}", Scope.LISTS, FilterOut, "Change a filter")
def change_filter(
    request: ApiRequest, response: HttpResponse, filter_id: UUID, sent: FilterFields
) -> Any:
    """Fields that are not sent stay as they are. Wants `If-Match` with the filter's ETag."""
    with transaction.atomic():
        saved = _own_as_seen(request, filter_id, is_match_needed=True)
        saved = _saved(request, saved, sent)
    return tagged(response, filter_as_json(request, saved))


@router.call(
    "DELETE", "/filters/{uuid:filter_id}", Scope.LISTS, None, "Delete a filter", status=204
)
def delete_filter(request: ApiRequest, filter_id: UUID) -> Any:
    """Drafts that use it have to do without it before they are launched."""
    with transaction.atomic():
        filters.delete_filter(_own_as_seen(request, filter_id), request.user)
    return Status(204, None)


def _own_as_seen(
    request: ApiRequest, filter_id: UUID, *, is_match_needed: bool = False
) -> SavedFilter:
    """The filter, locked, if it is of the token's maker and as `If-Match` says."""
    found = visible_filter(request, filter_id)
    if found.owner_id != request.user.pk:
        raise NotDone(HTTPStatus.FORBIDDEN, "Only its owner can change this filter.", "not_yours")
    saved = SavedFilter.objects.select_for_update().get(pk=found.pk)
    check_match(request, filter_as_json(request, saved), is_needed=is_match_needed)
    return saved


def _saved(request: ApiRequest, saved: SavedFilter | None, sent: FilterFields) -> SavedFilter:
    """What was sent, laid over what the filter says, through the form of its page."""
    given = {name: value for name, value in sent if value is not None}
    posted = stored_filter(request.team, saved)
    if "conditions" in given:
        lines = lines_of(map(_condition, range(MOST_CONDITIONS), given.pop("conditions")))
        posted = {name: value for name, value in posted.items() if "-" not in name} | lines
    called = {"lists_left_out": "without"}
    posted |= {called.get(name, name): value for name, value in given.items()}
    if "day_first" in given:
        posted["day_first"] = "yes" if given["day_first"] else "no"
    if "name" in given:
        posted["name"] = printable(given["name"])
    form = SavedFilterForm(request.team, request.user, saved, posted)
    if not form.is_valid():
        raise invalid(
            (_called(name), str(sentence))
            for name, sentences in form.errors.items()
            for sentence in sentences
        )
    return form.save(request.user)


def _condition(place: int, sent: ConditionOfFilter) -> Condition:
    """A condition with as many values as it takes. Raises NotDone (422)."""
    most = 0 if sent.op in WITHOUT_VALUE else MOST_VALUES if sent.op is Op.ONE_OF else 1
    if len(sent.values) > most:
        told = "takes one value." if most else "takes no value."
        raise invalid([(f"conditions.{place}.values", f"“{sent.op.value}” {told}")])
    return Condition(sent.field, sent.op, tuple(sent.values))


def _called(name: str) -> str:
    """A field of the form by its name here."""
    if name.startswith("field-"):
        return f"conditions.{name.removeprefix('field-')}"
    return {"without": "lists_left_out", "__all__": ""}.get(name, name)
