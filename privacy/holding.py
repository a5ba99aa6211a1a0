"""What a team holds about one person, as a table for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.models import CampaignRecipient
from delivery.models import Reply, SentMessage
from delivery.replies import submission_of
from events.kinds import EventKind
from events.models import OutgoingEvent
from privacy.erasing import events_of
from recipients.failing_numbers import failing_numbers_of
from recipients.files.made_files import Table
from recipients.lists.people import opt_outs_of
from recipients.models import OptOut, Recipient
from recipients.subscriber_keys import subscriber_key
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

_Line = list[str]


def what_is_held(team: Team, phone: str, by: User) -> Table:
    """Everything about the person with this number (E.164), in one table.

    Lists of all members are in it: an owner, `by`, answers for the team.
    """
    record(Act.PERSON_TAKEN, by=by, team_id=team.pk)
    header = [
        *(_("Number"), _("Name"), _("What"), _("Where"), _("When (UTC)")),
        *(_("Data"), _("Text")),
    ]
    return header, _pieces(team, phone)


def _pieces(team: Team, phone: str) -> Iterator[list[_Line]]:
    key = subscriber_key(phone)
    rows = Recipient.objects.filter(recipient_list__team=team, phone_key=key)
    yield [_of_list(row) for row in rows.select_related("recipient_list").order_by("pk")]
    frozen = CampaignRecipient.objects.filter(campaign__team=team, phone_key=key)
    yield [_of_campaign(row) for row in frozen.select_related("campaign").order_by("pk")]
    replies = Reply.objects.filter(team=team, phone_key=key).select_related("channel")
    yield [
        _line(one.phone, one.name, _("Replied"), one.channel.label, one.received_at, "", one.text)
        for one in replies.order_by("pk")
    ]
    yield [_of_opt_out(one) for one in opt_outs_of(team, phone)]
    yield [
        _line(one.phone, "", _("Not reached"), one.medium, one.failed_at, one.error_code)
        for one in failing_numbers_of(team, phone)
    ]
    told = events_of(team.pk, phone).select_related("receiver").order_by("pk")
    yield [_of_event(event, phone) for event in told]


def _of_event(event: OutgoingEvent, phone: str) -> _Line:
    # Other people may stand in it beside this one, but for what somebody wrote.
    text = event.body if event.kind == EventKind.REPLY else ""
    what, where = _("Sent to another system"), event.receiver.name
    return _line(phone, "", what, where, event.created_at, event.kind, text)


def _of_list(row: Recipient) -> _Line:
    where, data = row.recipient_list, _in_words(row.fields.items())
    return _line(row.phone, row.name, _("On a list"), where.name, where.created_at, data)


def _of_campaign(row: CampaignRecipient) -> _Line:
    job, campaign = submission_of(row), row.campaign
    message = SentMessage.objects.filter(recipient=row).first()
    facts = [*row.fields.items()]
    if message is not None:
        facts.append((_("Delivery"), message.status))
    return _line(
        *(row.phone, row.name, _("In a campaign"), campaign.name, campaign.launched_at),
        _in_words(facts),
        job.text if job else "",
    )


def _of_opt_out(one: OptOut) -> _Line:
    facts = [(_("How"), one.get_source_display()), (_("Note"), one.note)]
    if not one.is_open:
        facts.append((_("Allowed again"), one.why_lifted or _("yes")))
    kept = _in_words((name, value) for name, value in facts if value)
    return _line(one.phone, "", _("Opted out"), "", one.created_at, kept)


def _line(
    phone: str,
    name: str,
    what: str,
    where: str,
    at: datetime | None,
    data: str = "",
    text: str = "",
) -> _Line:
    return [phone, name, what, where, f"{at:%Y-%m-%d %H:%M}" if at else "", data, text]


def _in_words(facts: Iterable[tuple[str, object]]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in facts)
