"""The register of opt-outs: read, added to, lifted."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Field, Schema

from api.models import Scope
from api.rest.access import ApiRequest
from api.rest.calls import Calls
from api.rest.lists import MOST_PEOPLE, numbers_read
from api.rest.pages import PUBLIC_ID, After, Limit, Page, cursor_page
from api.rest.problems import invalid
from api.rest.texts import Sent, Text
from recipients.files.rows import printable
from recipients.models import OptOut
from recipients.opting_out import opt_outs
from teams.access import Action

router = Calls(tags=["opt-outs"])


class OptOutOut(Schema):
    """Somebody who is not messaged by the team."""

    id: UUID = PUBLIC_ID
    phone: str
    source: str
    note: str
    created_at: datetime
    is_open: bool = Field(description="False: it was lifted.")


class NewOptOuts(Sent):
    """Who is not to be messaged any more, and where their wish was heard."""

    phones: list[Text] = Field(min_length=1, max_length=MOST_PEOPLE, examples=[["+12025550143"]])
    note: Text = Field("", max_length=300)


class Reason(Sent):
    """Why somebody may be messaged again; it is kept."""

    reason: Text = Field(min_length=1, max_length=300)


class AddedOut(Schema):
    """How many were entered, and how many had opted out before."""

    new: int
    known: int


class Lifted(Schema):
    """False: it was lifted before."""

    is_lifted: bool


@router.call("GET", "/opt-outs", Scope.READ, Page[OptOutOut], "Who opted out, the newest first")
def list_opt_outs(request: ApiRequest, after: After, limit: Limit, lifted: bool = False) -> Any:
    """With `lifted`, those whose opt-out was lifted. Wants a role that may export."""
    request.caller.require_action(Action.EXPORT)
    return cursor_page(opt_outs.register(request.team, lifted=lifted), after, limit)


@router.call("POST", "/opt-outs", Scope.OPT_OUTS, AddedOut, "Opt people out")
def add_opt_outs(request: ApiRequest, sent: NewOptOuts) -> Any:
    """At once, and for campaigns under way as well."""
    phones = numbers_read(request, "phones.%d", sent.phones)
    note = printable(sent.note).strip()
    source = OptOut.Source.BY_HAND
    return opt_outs.add_opt_outs(request.team, phones, source, request.user, note)._asdict()


@router.call(
    "POST",
    "/opt-outs/{uuid:opt_out_id}/lift",
    Scope.OPT_OUTS,
    Lifted,
    "Let somebody be messaged again",
)
def lift_opt_out(request: ApiRequest, opt_out_id: UUID, sent: Reason) -> Any:
    """A STOP that somebody said themselves is lifted by whose role may launch, and nobody else."""
    opt_out = get_object_or_404(OptOut, team=request.team, public_id=opt_out_id)
    request.caller.require_action(opt_outs.needed_to_lift(opt_out))
    reason = printable(sent.reason).strip()
    if not reason:
        raise invalid([("reason", "Say why this person can get messages again.")])
    return {"is_lifted": opt_outs.lift(opt_out, reason, request.user)}
