"""Building: whom a claimed submission goes to, and what its call says. Nothing has left yet."""

from __future__ import annotations

from datetime import datetime

from recipients.models import OptOut
from sending.attempts import Built, message_or_fault, slice_of
from sending.models import Submission
from sociocs_gateway.messages import BulkMessage, MessageRecipient, SingleMessage


def build(submission: Submission, slot: datetime | None = None) -> Built:
    """Read the slice's people, leaving out whoever opted out since the audience was frozen.

    All that can be done before the intent is done here, beside the call that is under way.
    """
    assert submission.claim_token is not None
    rows = slice_of(submission)
    people = list(rows.order_by("position").values_list("phone", "phone_key", "name"))
    # A question of its own, asked after them: as a column of the first it would be a walk through
    # all wishes of the team for every job.
    wishes = OptOut.objects.open().filter(
        team_id=submission.campaign.team_id, phone_key__in=rows.values("phone_key")
    )
    has_opted_out = set(wishes.values_list("phone_key", flat=True))
    # The vendor might read "{{" in a name as one of its own fields.
    recipients = [
        MessageRecipient(phone, name.replace("{{", "{ {"))
        for phone, key, name in people
        if key not in has_opted_out
    ]
    message = message_or_fault(submission, recipients, slot or submission.planned_slot)
    if isinstance(message, BulkMessage | SingleMessage):
        # Made now, and kept with it.
        message.body()
    return Built(
        submission,
        submission.claim_token,
        recipients,
        left_out=list(has_opted_out),
        message=message,
        slot=slot,
    )
