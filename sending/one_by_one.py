"""Campaigns that hand over one message for each person instead of jobs for many.

For approved WhatsApp templates, which bulk jobs do not carry, and for texts that differ from person
to person too much to share jobs. Each message is a submission of one person under the protocol of
all others: intent before the call, one live attempt, no repetition after an unclear answer. Two
things differ. The vendor has no list to look an unclear one up in, so a person is asked at once;
and it takes no message back, so each is handed over only shortly before its time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import orjson
from django.conf import settings
from django.utils.translation import gettext as _

from campaigns import message
from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignRecipient
from campaigns.problems import Problem
from campaigns.scheduling.timing import lead
from campaigns.texts import personal_texts, whatsapp_templates
from campaigns.texts.rendering import person_of
from interface.wording import number
from sending.models import Submission
from sociocs_gateway.messages import MessageRecipient, SingleMessage

# The second at which it goes out is an attempt's marker: one message a second on an account.
EACH = timedelta(seconds=1)


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
        "These are %(people)s people. One by one, a campaign may go to %(most)s: choose fewer "
        "lists, or jobs for many people."
    ) % {"people": number(people), "most": number(most)}


def write_texts(submissions: Sequence[Submission], texts: Mapping[int, str]) -> None:
    """Give each unsaved submission of a frozen campaign the text of its person, and its time.

    They are handed over LEAD before their slots, and not earlier: nobody can take them back.
    """
    for submission in submissions:
        submission.is_single = True
        submission.text = texts[submission.first_position]
        earliest = submission.planned_slot - lead()
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
