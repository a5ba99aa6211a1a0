"""Making the sample: once, together with the demo team."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignList, ClockKeeper, WhatsAppTemplate
from composer import message_templates
from composer.models import MessageTemplate
from delivery.models import RepliesRead, Reply, WebhookEndpoint
from demo.sample import story
from demo.sample.lists import make_lists
from demo.sample.marks import sample_id
from demo.sample.networks import Networks
from demo.sample.past import Past
from history import days
from recipients.models import RecipientList
from sending import launch
from sending.readiness import Confirmation, SeenPlan
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from teams.models import Membership, Role, Team, User

_SECOND = ("noor@example.org", "Noor Haddad")
_UNREAD = 3
_SINCE = timedelta(days=45)


def make_sample(team: Team, owner: User) -> None:
    """Give a new team its six weeks. The caller holds a transaction."""
    now = timezone.now()
    second = _second_member(team)
    # What came before somebody joined is no news to them.
    team.memberships.update(joined_at=now - _SINCE)
    channels = {channel.provider: channel for channel in team.channels.select_related("account")}
    lists = make_lists(team, owner, second, now)
    networks = Networks(team)
    past = Past(channels, lists, (owner, second), networks, now)
    said = []
    for number, chapter in enumerate(story.CHAPTERS, start=1):
        said.append(past.tell(number, chapter))
        if number == 1:
            first = lists[story.PATIENTS].recipients.order_by("pk")[0]
            networks.by_hand(first.phone, second, now - timedelta(days=40))
    past.tell_question(len(said) + 1, story.QUESTION)
    past.store()
    for number, (name, folder, chapter_number) in enumerate(story.SAVED, start=1):
        saved = message_templates.make(said[chapter_number - 1], owner, name, folder)
        MessageTemplate.objects.filter(pk=saved.pk).update(public_id=sample_id("template", number))
    _register_templates(channels[story.WHATSAPP], owner)
    _launch_ahead(len(said) + 2, channels[story.AHEAD.provider], lists, owner)
    _let_replies_be_read(team, owner)
    _ask_for_reports(channels)
    days.count_team(team, now, days.SHOWN_DAYS)


def _second_member(team: Team) -> User:
    """A colleague, who never signs in."""
    email, name = _SECOND
    second = User.objects.create_user(email, name=name, public_id=sample_id("member", 1))
    Membership.objects.create(team=team, user=second, role=Role.SENDER)
    return second


def _launch_ahead(
    number: int, channel: Channel, lists: dict[str, RecipientList], owner: User
) -> None:
    """Launch a campaign of tomorrow as a person would; from then on it is the engine's."""
    chapter = story.AHEAD
    day = (timezone.now() - timedelta(days=chapter.days_ago)).date()
    campaign = Campaign.objects.create(
        public_id=sample_id("campaign", number),
        team=channel.team,
        created_by=owner,
        updated_by=owner,
        name=chapter.name,
        text=chapter.text,
        channel=channel,
        wall_time=f"{day}T{chapter.hour:02d}:{chapter.minute:02d}",
        time_zone=channel.team.time_zone,
        # Until then nothing is at Sociocs, so that the sample can be removed whole.
        clock_keeper=ClockKeeper.HERE,
    )
    people = lists[chapter.audience]
    CampaignList.objects.create(campaign=campaign, recipient_list=people)
    seen = audience.count_audience(campaign).people
    launch.launch(
        campaign,
        Confirmation(owner, uuid4(), campaign.version, seen, SeenPlan(campaign.version)),
    )
    launch.freeze(campaign.pk)


def _register_templates(channel: Channel, owner: User) -> None:
    for number, (name, language, category, status, body, button) in enumerate(
        story.TEMPLATES, start=1
    ):
        public_id = sample_id("whatsapp-template", number)
        WhatsAppTemplate.objects.create(
            public_id=public_id,
            channel=channel,
            created_by=owner,
            name=name,
            provider_id=f"HX{public_id.hex}",
            language=language,
            category=category,
            status=status,
            body=body,
            buttons=[{"text": button, "to": "https://example.org/book"}] if button else [],
        )


def _let_replies_be_read(team: Team, owner: User) -> None:
    last = Reply.objects.filter(team=team).order_by("-pk").values_list("pk", flat=True)[_UNREAD]
    RepliesRead.objects.create(membership=team.memberships.get(user=owner), last_reply_id=last)


def _ask_for_reports(channels: dict[str, Channel]) -> None:
    """Leave addresses for reports that are not asked for yet: `demo.tasks` does, once it can."""
    for channel in channels.values():
        WebhookEndpoint.objects.create(channel=channel, secret=Secret.of(secrets.token_urlsafe(32)))
