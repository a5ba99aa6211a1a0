"""A person whom WhatsApp knows by another spelling of their number: reached once, and heard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.audiences import audience
from campaigns.models import (
    Campaign,
    CampaignFilter,
    CampaignList,
    CampaignRecipient,
    EarlierCampaign,
)
from delivery.models import Reply, WebhookEndpoint
from interface.templatetags.interface import phone_number as in_groups
from recipients.lists.people import person_id
from recipients.models import OptOut
from recipients.opting_out import opt_outs
from sending import building, submit
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import text_of
from tests.client import Client
from tests.delivery.test_webhooks import SECRET, say, wrote
from tests.people import ClientOf
from tests.world import accepted, job

pytestmark = [pytest.mark.either_database, pytest.mark.thorough]

# (on the list, WhatsApp says it wrote from)
SPELLINGS = [
    ("+525512345678", "5215512345678"),
    ("+5511987654321", "551187654321"),
    ("+5491123456789", "541123456789"),
]
both = pytest.mark.parametrize(("listed", "comes_from"), SPELLINGS)
SOMEBODY = "+12025550002"


@pytest.fixture
def line(riverside: Team, alice: User) -> Channel:
    return world.a_channel(riverside)


@pytest.fixture
def endpoint(line: Channel) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(channel=line, secret=Secret.of(SECRET), state="on")


@pytest.fixture
def client(client_of: ClientOf, alice: User) -> Client:
    return client_of(alice)


def reached(line: Channel, *phones: str) -> Campaign:
    """A campaign that went to these a minute ago."""
    campaign = world.launched(world.a_campaign(line, world.a_list(line.team, [*phones])))
    accepted(job(campaign), f"job-{campaign.pk}", slot=timezone.now() - timedelta(minutes=1))
    return campaign


def writes(endpoint: WebhookEndpoint, comes_from: str, text: str) -> None:
    """The vendor calls with somebody's message."""
    say(endpoint, **(wrote(text) | {"from": comes_from}))


def people_of(campaign: Campaign) -> list[str]:
    """Launch it; the numbers it is frozen for."""
    world.launched(campaign)
    rows = CampaignRecipient.objects.filter(campaign=campaign).order_by("position")
    return list(rows.values_list("phone", flat=True))


@both
def test_a_reply_belongs_to_the_campaign_that_went_to_the_other_spelling(
    line: Channel, endpoint: WebhookEndpoint, listed: str, comes_from: str
) -> None:
    campaign = reached(line, listed)
    writes(endpoint, comes_from, "See you")
    reply = Reply.objects.get()
    assert (reply.campaign, reply.phone) == (campaign, f"+{comes_from}")


@both
def test_after_stop_nobody_messages_the_other_spelling_and_after_start_somebody_may(
    line: Channel, endpoint: WebhookEndpoint, listed: str, comes_from: str
) -> None:
    reached(line, listed)
    writes(endpoint, comes_from, "Stop")
    assert OptOut.objects.get().phone == f"+{comes_from}"
    people = world.a_list(line.team, [listed, SOMEBODY])
    draft = world.a_campaign(line, people)
    assert audience.count_audience(draft).left_out == {"opted_out": 1}
    assert people_of(draft) == [SOMEBODY]

    writes(endpoint, listed.removeprefix("+"), "START")
    assert opt_outs.opted_out(line.team, [listed]) == set()
    assert people_of(world.a_campaign(line, people)) == [listed, SOMEBODY]


@both
def test_a_stop_after_the_launch_takes_the_person_out_of_the_job(
    line: Channel, listed: str, comes_from: str
) -> None:
    people = world.a_list(line.team, [listed, SOMEBODY])
    campaign = world.launched(world.a_campaign(line, people))
    world.opt_out(line.team, f"+{comes_from}")
    (submission,) = submit.claim(line.account)
    built = building.build(submission)
    assert [person.phone for person in built.recipients] == [SOMEBODY]
    assert campaign.frozen_count == 2


@both
def test_a_list_with_the_other_spelling_leaves_the_person_out(
    line: Channel, listed: str, comes_from: str
) -> None:
    people = world.a_list(line.team, [listed, SOMEBODY])
    left_out = world.a_list(line.team, [f"+{comes_from}"])
    draft = world.a_campaign(line, people)
    CampaignList.objects.create(campaign=draft, recipient_list=left_out, kind="exclude")
    assert people_of(draft) == [SOMEBODY]


@both
def test_a_filter_without_a_list_leaves_the_other_spelling_out(
    line: Channel, listed: str, comes_from: str
) -> None:
    people = world.a_list(line.team, [listed, SOMEBODY])
    without = world.a_list(line.team, [f"+{comes_from}"])
    draft = world.a_campaign(line)
    chosen = world.a_filter(line.team, people, without=(without,))
    CampaignFilter.objects.create(campaign=draft, saved_filter=chosen, kind="include")
    assert people_of(draft) == [SOMEBODY]


@both
def test_who_was_reached_in_the_other_spelling_is_left_out(
    line: Channel, listed: str, comes_from: str
) -> None:
    earlier = reached(line, f"+{comes_from}")
    people = world.a_list(line.team, [listed, SOMEBODY])
    after = world.a_campaign(line, people)
    EarlierCampaign.objects.create(campaign=after, earlier=earlier)
    assert audience.count_audience(after).left_out == {"earlier_campaign": 1}
    recently = world.a_campaign(line, people, days_left_out=7)
    assert people_of(recently) == [SOMEBODY]


@both
def test_two_lists_with_two_spellings_make_one_person(
    line: Channel, listed: str, comes_from: str
) -> None:
    one = world.a_list(line.team, [listed])
    other = world.a_list(line.team, [f"+{comes_from}", SOMEBODY])
    draft = world.a_campaign(line, one, other)
    count = audience.count_audience(draft)
    assert (count.people, count.left_out) == (2, {"duplicate": 1})
    assert people_of(draft) == [listed, SOMEBODY]


@pytest.mark.either_database
@both
def test_the_page_and_the_history_of_a_person_show_both_spellings(
    line: Channel, client: Client, listed: str, comes_from: str
) -> None:
    team, other = line.team, f"+{comes_from}"
    reached(line, listed)
    world.opt_out(team, other)
    for phone, also in ((listed, other), (other, listed)):
        page = text_of(client.get(reverse("person", args=[team.slug, person_id(team, phone)])))
        assert "Spring check-up" in page
        assert "Opted out: no campaign is sent to this number." in page
        assert "Patients" in page
        assert f"The same person is also known as {in_groups(also)}." in page
        history = reverse("campaigns", args=[team.slug])
        filtered = client.get(history, {"person": person_id(team, phone)})
        assert "Spring check-up" in text_of(filtered)


@both
def test_the_people_of_a_campaign_are_found_by_either_spelling(
    line: Channel, client: Client, listed: str, comes_from: str
) -> None:
    campaign = reached(line, listed, SOMEBODY)
    address = reverse("campaign-people", args=[line.team.slug, campaign.public_id])
    for written in (listed, comes_from):
        page = client.post(address, {"words": written})
        assert in_groups(listed) in text_of(page)
        assert in_groups(SOMEBODY) not in text_of(page)
