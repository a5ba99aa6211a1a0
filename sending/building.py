"""Building: whom a claimed submission goes to, and what its call says. Nothing has left yet.

A job's people are put together by the database, as the body of the call names them, in one question
with who of them opted out meanwhile: a thousand rows less to read, and to write again. What comes
back is looked through as a whole (`WrittenRecipients`); where anything is unusual, the people are
read one by one instead, and `BulkMessage` says what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from campaigns.models import CampaignRecipient
from interface.statements import Statement, run
from recipients.models import OPEN_OPT_OUT_IN_SQL, OptOut
from sending.intents import Built, message_or_fault, slice_of
from sending.models import Submission
from sociocs_gateway.messages import (
    BulkMessage,
    MessageRecipient,
    SingleMessage,
    WrittenRecipients,
)

# How each database puts texts together, and one into JSON.
_WRITTEN = {
    "postgresql": ("STRING_AGG({}, ',' ORDER BY position)", "TO_JSON(name)::text"),
    # It has no order inside of such a function before 3.44, and keeps that of its rows.
    "sqlite": ("GROUP_CONCAT({}, ',')", "JSON_QUOTE(name)"),
}
_PERSON = """'{{"to":"' || phone || '","name":' || {} || '}}'"""
_PEOPLE_AND_WISHES = """
    WITH people AS MATERIALIZED (
        SELECT position, phone, phone_key,
            REPLACE(REPLACE(name, '{{{{', '{{ {{'), '{{{{', '{{ {{') AS name
        FROM {people}
        WHERE campaign_id = %s AND position BETWEEN %s AND %s AND left_out = ''
    ), wishes AS MATERIALIZED (
        SELECT phone_key FROM {wishes} AS o
        WHERE team_id = %s AND {is_open} AND phone_key IN (SELECT phone_key FROM people)
    ), each_one AS (
        SELECT position, phone, name, wishes.phone_key AS wish
        FROM people LEFT JOIN wishes ON wishes.phone_key = people.phone_key ORDER BY position
    )
    SELECT {written} FILTER (WHERE wish IS NULL), {left_out} FROM each_one
"""


def build(submission: Submission, slot: datetime | None = None) -> Built:
    """Put together who is in it, leaving out whoever opted out since the audience was frozen.

    All that can be done before the intent is done here, beside the call that is under way.
    """
    assert submission.claim_token is not None
    try:
        recipients, left_out = people_in_one(submission)
    except ValueError:
        recipients, left_out = people_one_by_one(submission)
    message = message_or_fault(submission, recipients, slot or submission.planned_slot)
    if isinstance(message, BulkMessage | SingleMessage):
        # Made now, and kept with it.
        message.body()
    return Built(
        submission,
        submission.claim_token,
        recipients,
        left_out=left_out,
        message=message,
        slot=slot,
    )


People = tuple[Sequence[MessageRecipient], list[str]]


def people_in_one(submission: Submission) -> People:
    """Whom it goes to, and the keys of those who opted out. Raises ValueError if it is unusual."""
    values = (
        *(submission.campaign_id, submission.first_position, submission.last_position),
        submission.campaign.team_id,
    )
    [done] = run(Statement(_people_and_wishes(), values))
    assert done.row is not None
    written, wishes = done.row
    return WrittenRecipients(written or ""), wishes.split(",") if wishes else []


def _people_and_wishes() -> str:
    join, name = _WRITTEN[connection.vendor]
    return _PEOPLE_AND_WISHES.format(
        people=CampaignRecipient._meta.db_table,
        wishes=OptOut._meta.db_table,
        is_open=OPEN_OPT_OUT_IN_SQL,
        written=join.format(_PERSON.format(name)),
        left_out=join.format("wish"),
    )


def people_one_by_one(submission: Submission) -> People:
    """The same, whatever their names are."""
    rows = slice_of(submission)
    people = list(rows.order_by("position").values_list("phone", "phone_key", "name"))
    # A question of its own, asked after them: as a column of the first it would be a walk through
    # all wishes of the team for every job.
    wishes = OptOut.objects.open().filter(
        team_id=submission.campaign.team_id, phone_key__in=rows.values("phone_key")
    )
    has_opted_out = set(wishes.values_list("phone_key", flat=True))
    recipients = [
        MessageRecipient(phone, _without_fields(name))
        for phone, key, name in people
        if key not in has_opted_out
    ]
    return recipients, list(has_opted_out)


def _without_fields(name: str) -> str:
    """The vendor might read "{{" in a name as one of its own fields."""
    # Twice, for what is left of three in a row.
    return name.replace("{{", "{ {").replace("{{", "{ {")
