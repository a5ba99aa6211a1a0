"""Numbers that do not work: remembered, left out by the team's rule, let back, forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, CampaignRecipient
from delivery import delivery_reports
from delivery.models import SentMessage, WebhookEndpoint
from recipients.models import FailingNumber, OptOut, RecipientList
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, text_of
from tests.desks import DeskOf
from tests.history.reports import network_says

pytestmark = [pytest.mark.at("2026-12-01T15:00Z"), pytest.mark.thorough]
PHONE = "+12025550003"


@pytest.fixture
def reporting(front_desk: Channel, alice: User) -> Channel:
    secret = Secret.of("a secret")
    WebhookEndpoint.objects.create(channel=front_desk, secret=secret, state="on")
    return front_desk


@pytest.fixture
def people(riverside: Team, alice: User) -> RecipientList:
    return world.a_list(riverside, world.phones(6), "Regulars")


def sent(channel: Channel, people: RecipientList, phone: str = PHONE) -> CampaignRecipient:
    """Somebody of a further campaign that is out."""
    campaign = world.launched(world.a_campaign(channel, people))
    world.accepted(world.job(campaign), f"job-{campaign.pk}", slot=timezone.now())
    return campaign.recipients.get(phone=phone)


def fails(
    channel: Channel, people: RecipientList, code: str = "30005", phone: str = PHONE
) -> CampaignRecipient:
    person = sent(channel, people, phone)
    network_says(person.campaign, person, "failed", code)
    return person


def launched_to(channel: Channel, people: RecipientList) -> list[str]:
    campaign = world.launched(world.a_campaign(channel, people))
    return sorted(campaign.recipients.values_list("phone", flat=True))


@pytest.mark.both_databases
def test_after_two_failures_a_number_is_left_out_and_counted_as_that(
    desk: Desk, reporting: Channel, people: RecipientList
) -> None:
    fails(reporting, people)
    assert PHONE in launched_to(reporting, people)
    fails(reporting, people)
    draft = world.a_campaign(reporting, people, text="See you soon.")
    assert "1 number does not work" in text_of(desk.get("compose", draft))
    assert "number does not work \N{MINUS SIGN}1" in text_of(desk.get("review", draft))
    world.launched(draft)
    assert draft.recipients.count() == 5
    assert "1 left out: number does not work" in text_of(desk.get("campaign", draft))


@pytest.mark.both_databases
@pytest.mark.parametrize(("rule", "left_out_after"), [(1, 1), (3, 3), (0, None)])
def test_the_team_says_after_how_many_failures(
    reporting: Channel, people: RecipientList, rule: int, left_out_after: int | None
) -> None:
    Team.objects.update(failures_until_left_out=rule)
    reporting.refresh_from_db()
    for number in range(1, 4):
        fails(reporting, people)
        left_out = PHONE not in launched_to(Channel.objects.get(), people)
        assert left_out == (left_out_after is not None and number >= left_out_after)
        if left_out:
            break


def test_an_owner_writes_the_rule_on_the_teams_page(desk: Desk, riverside: Team) -> None:
    page = desk.client.get(f"{desk.url('team-settings')}opt-outs/")
    assert "Failed messages in a row before a number is left out" in text_of(page)
    same = {name: getattr(riverside, name) for name in ("name", "time_zone", "default_country")}
    for typed, rule in (("0", 0), ("", 0), ("3", 3)):
        desk.client.post(desk.url("team-settings"), same | {"failures_until_left_out": typed})
        assert Team.objects.get(pk=riverside.pk).failures_until_left_out == rule


@pytest.mark.parametrize("code", ["21610", "30007", "30034", "63016", "30008", "99999"])
def test_other_failures_are_not_the_numbers(
    reporting: Channel, people: RecipientList, code: str
) -> None:
    fails(reporting, people, code)
    assert not FailingNumber.objects.filter(failures__gt=0).exists()


@pytest.mark.parametrize("code", ["21211", "21614", "30003", "30004", "30005", "30006"])
def test_numbers_that_do_not_work_are_shown_with_reason_and_date(
    desk: Desk, reporting: Channel, people: RecipientList, code: str
) -> None:
    fails(reporting, people, code)
    text = text_of(desk.get("failing-numbers"))
    assert "+1 202 555 0003" in text
    assert "Still gets campaigns" in text
    fails(reporting, people, code)
    row = FailingNumber.objects.get()
    assert (row.failures, row.error_code) == (2, code)
    assert "2" in text_of(desk.get("failing-numbers"))
    assert "Left out" in text_of(desk.get("failing-numbers"))


def test_one_click_lets_a_number_back(
    desk: Desk, reporting: Channel, people: RecipientList
) -> None:
    for _ in range(2):
        fails(reporting, people)
    row = FailingNumber.objects.get()
    url = desk.url("failing-numbers") + f"{row.public_id}/let-back/"
    page = desk.client.post(url, follow=True)
    assert "This number gets campaigns again." in text_of(page)
    assert PHONE in launched_to(reporting, people)
    # Pressed once more by a colleague.
    assert "This number gets campaigns again." in text_of(desk.client.post(url, follow=True))


def test_a_persons_page_says_it_and_lets_them_back(
    desk: Desk, reporting: Channel, people: RecipientList
) -> None:
    for _ in range(2):
        fails(reporting, people)
    found = desk.client.post(desk.url("find-person"), {"phone": PHONE}, follow=True)
    text = text_of(found)
    assert "2 messages in a row did not reach this number" in text
    assert "This number does not exist or is not in use. Campaigns leave this number out." in text
    row = FailingNumber.objects.get()
    url = desk.url("failing-numbers") + f"{row.public_id}/let-back/"
    after = desk.client.post(url, {"person": "1"}, follow=True)
    assert after.redirect_chain[-1][0] == found.redirect_chain[-1][0]
    assert "did not reach this number" not in text_of(after)


def test_who_only_looks_cannot_let_anybody_back(
    desk_of: DeskOf, vera: User, reporting: Channel, people: RecipientList
) -> None:
    fails(reporting, people)
    row = FailingNumber.objects.get()
    desk = desk_of(vera)
    assert "Use again" not in text_of(desk.get("failing-numbers"))
    url = desk.url("failing-numbers") + f"{row.public_id}/let-back/"
    assert desk.client.post(url).status_code == 403


@pytest.mark.both_databases
@pytest.mark.parametrize("status", ["delivered", "read"])
def test_a_later_delivery_clears_it(reporting: Channel, people: RecipientList, status: str) -> None:
    fails(reporting, people)
    person = sent(reporting, people)
    network_says(person.campaign, person, status)
    assert not FailingNumber.objects.filter(failures__gt=0).exists()
    fails(reporting, people)
    assert FailingNumber.objects.get().failures == 1


@pytest.mark.both_databases
def test_a_message_that_arrives_after_it_was_called_failed_clears_its_own_failure(
    reporting: Channel, people: RecipientList
) -> None:
    person = fails(reporting, people)
    network_says(person.campaign, person, "delivered")
    assert not FailingNumber.objects.filter(failures__gt=0).exists()


@pytest.mark.both_databases
def test_an_older_delivery_that_is_credited_late_clears_nothing(
    reporting: Channel, people: RecipientList
) -> None:
    older = sent(reporting, people)
    SentMessage.objects.create(
        channel=reporting,
        message_id="old",
        status="delivered",
        seen_at=timezone.now() - timedelta(days=1),
        changed_at=timezone.now() - timedelta(days=1),
    )
    fails(reporting, people)
    delivery_reports.credit_message(reporting, "old", older)
    assert FailingNumber.objects.get().failures == 1


@pytest.mark.both_databases
def test_the_same_report_twice_is_one_failure(reporting: Channel, people: RecipientList) -> None:
    person = fails(reporting, people)
    network_says(person.campaign, person, "failed", "30005")
    assert FailingNumber.objects.get().failures == 1


@pytest.mark.both_databases
def test_a_failure_counts_for_every_spelling_of_the_person(
    riverside: Team, reporting: Channel
) -> None:
    new, old = "+525512345678", "+5215512345678"
    for _ in range(2):
        fails(reporting, world.a_list(riverside, [old], "Old"), phone=old)
    assert FailingNumber.objects.count() == 1
    others = world.a_list(riverside, [new, PHONE], "New")
    assert launched_to(reporting, others) == [PHONE]


@pytest.mark.both_databases
def test_who_is_not_on_whatsapp_still_gets_an_sms(
    riverside: Team, reporting: Channel, people: RecipientList
) -> None:
    whatsapp = world.a_channel(riverside, provider="twlowa", channel_key="wa")
    WebhookEndpoint.objects.create(channel=whatsapp, secret=Secret.of("a secret"), state="on")
    for _ in range(2):
        fails(whatsapp, people, "63003")
    assert PHONE in launched_to(reporting, people)
    assert PHONE not in launched_to(whatsapp, people)


@pytest.mark.both_databases
def test_a_number_that_stands_in_a_campaign_twice_fails_once(
    riverside: Team, reporting: Channel
) -> None:
    twice = world.a_list(riverside, [PHONE, PHONE], "Twice")
    campaign = world.launched(world.a_campaign(reporting, twice, duplicates_allowed=True))
    world.accepted(world.job(campaign), "job", slot=timezone.now())
    for person in campaign.recipients.all():
        network_says(campaign, person, "failed", "30005")
    assert FailingNumber.objects.get().failures == 1


@pytest.mark.both_databases
def test_who_opted_out_and_whose_number_fails_is_counted_once(
    desk: Desk, riverside: Team, reporting: Channel, people: RecipientList
) -> None:
    for _ in range(2):
        fails(reporting, people)
    world.opt_out(riverside, PHONE)
    campaign = world.launched(world.a_campaign(reporting, people))
    assert campaign.left_out == {"opted_out": 1}
    assert (campaign.frozen_count, OptOut.objects.count()) == (5, 1)


@pytest.mark.both_databases
def test_another_team_sends_to_it(desk: Desk, reporting: Channel, people: RecipientList) -> None:
    for _ in range(2):
        fails(reporting, people)
    other = world.a_team("Hill Dental")
    channel = world.a_channel(other, channel_key="hill")
    campaign: Campaign = world.launched(
        world.a_campaign(channel, world.a_list(other, [PHONE], "Theirs"))
    )
    assert campaign.frozen_count == 1
