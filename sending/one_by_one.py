"""Campaigns that hand over one message for each person instead of jobs for many.

For approved WhatsApp templates, which bulk jobs do not carry, and for texts that differ from person
to person too much to share jobs. Each message is a submission of one person under the protocol of
all others: intent before the call, one live attempt, no repetition after an unclear answer. The
vendor lists a hundred messages that wait, and no more: so that an unclear one can be found there,
each is handed over only shortly before its second (`sending.single_messages`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import orjson
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns import message
from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignRecipient
from campaigns.problems import Problem
from campaigns.scheduling.timing import lead
from campaigns.texts import personal_texts, whatsapp_templates
from campaigns.texts.rendering import person_of
from interface.wording import number
from sending import single_messages
from sending.models import Submission
from sociocs_gateway.messages import MessageRecipient, SingleMessage

# The second at which it goes out is an attempt's marker: one message a second on an account.
EACH = timedelta(seconds=1)


def lead_of(submission: Submission) -> timedelta:
    """How long before its slot a submission is handed over."""
    return _lead_each() if submission.is_single else lead()


def _lead_each() -> timedelta:
    return single_messages.lead_each(lead(), timedelta(seconds=settings.SOCIOCS_TIMEOUT_SECONDS))


def is_too_early(submission: Submission, slot: datetime, vendor_now: datetime) -> bool:
    """Whether a single message for `slot` would be one too many for the vendor's list."""
    return submission.is_single and single_messages.is_too_early(slot, vendor_now, _lead_each())


def in_reach(vendor_now: datetime) -> Q:
    """What may be claimed as far as the vendor's list of messages that wait is concerned."""
    until = vendor_now + _lead_each() + single_messages.ROUNDING
    return Q(is_single=False) | Q(planned_slot__lte=until)


def one_by_one_problems(campaign: Campaign, people: int | None) -> list[Problem]:
    """Why a campaign to so many people cannot go out one by one."""
    sentence = one_by_one_refusal(people or 0) if campaign.one_by_one else ""
    return [Problem("send_method", sentence)] if sentence else []


def one_by_one_refusal(people: int) -> str:
    """What to do about so many people who are to get a message each; "" when they may."""
    most = settings.MAX_MESSAGES_ONE_BY_ONE
    if people <= most:
        return ""
    return _(
        "These are %(people)s people. With one message for each person, a campaign may go to "
        "%(most)s: choose fewer lists, or “Choose for me”."
    ) % {"people": number(people), "most": number(most)}


def write_texts(submissions: Sequence[Submission], texts: Mapping[int, str]) -> None:
    """Give each unsaved submission of a frozen campaign the text of its person, and its time.

    They are handed over shortly before their slots, and not earlier.
    """
    for submission in submissions:
        submission.is_single = True
        submission.text = texts[submission.first_position]
        earliest = submission.planned_slot - lead_of(submission)
        submission.not_before = (
            max(submission.not_before, earliest) if submission.not_before else earliest
        )


def texts_by_position(campaign: Campaign) -> dict[int, str]:
    """The text of everybody in a frozen campaign who gets one, by position."""
    assert campaign.message is not None
    renderer = personal_texts.launched_renderer(campaign)
    rows = (
        CampaignRecipient.objects.filter(campaign=campaign, left_out="")
        .annotate(raw=audience.json_as_text("fields"))
        .values_list("position", "phone", "name", "raw")
    )
    texts: dict[int, str] = {}
    for position, phone, name, raw in rows.iterator():
        text = renderer.render(person_of(phone, name, orjson.loads(raw)))
        if isinstance(text, str):
            is_template = bool(campaign.message.template)
            texts[position] = whatsapp_templates.one_line_each(text) if is_template else text
    return texts


def message_for(
    submission: Submission, recipient: MessageRecipient, slot: datetime
) -> SingleMessage:
    """The gateway's message to the one person of a submission. Raises MessageNotExpressible."""
    campaign = submission.campaign
    assert campaign.channel is not None
    assert campaign.message is not None
    content = campaign.message
    user_id = content.user_id or None
    if content.template:
        template = whatsapp_templates.for_person(content.template, submission.text)
        return message.single_message(
            campaign.channel,
            recipient,
            "",
            "",
            "",
            template=template,
            schedule=slot,
            user_id=user_id,
        )
    return message.single_message(
        campaign.channel,
        recipient,
        submission.text,
        content.media_kind,
        content.media_url,
        schedule=slot,
        user_id=user_id,
    )
