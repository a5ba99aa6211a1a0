"""How often a page of a draft asks the database: each fact once, however many parts show it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignEvent,
    CampaignFilter,
    CampaignList,
    EarlierCampaign,
)
from campaigns.moves import record_event
from composer.models import DraftEstimate
from delivery.models import DeliveryCount
from history.models import Report
from recipients.models import RecipientList
from sending.models import Approval
from sociocs_accounts.models import Channel, GatewayAccount, SeenTrouble
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, Fields, fields_of
from tests.desks import DeskOf

pytestmark = [pytest.mark.at("2026-12-01T15:00Z"), pytest.mark.thorough]

# They mark where a transaction begins and ends, and ask for nothing.
NO_QUESTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@pytest.fixture
def draft(front_desk: Channel, patients: RecipientList, riverside: Team) -> Campaign:
    """A draft as people write them: two lists, one left out, and a text with a field."""
    world.fill(patients, "City", ["Rome"] * 13)
    text = "Hello {{CUSTOMER_NAME}} of {{City}}"
    others = world.a_list(riverside, world.phones(5, 100), "Others")
    world.fill(others, "City", ["Oslo"] * 5)
    campaign = world.a_campaign(front_desk, patients, others, text=text)
    left_out = world.a_list(riverside, world.phones(3, 1), "Not these")
    CampaignList.objects.create(campaign=campaign, recipient_list=left_out, kind="exclude")
    return campaign


@contextmanager
def at_most(number: int) -> Iterator[None]:
    """Fail for more questions of the database than these, and say which they were."""
    with CaptureQueriesContext(connection) as asked:
        yield
    questions = [
        query["sql"]
        for query in asked.captured_queries
        if not query["sql"].startswith(NO_QUESTIONS)
    ]
    assert len(questions) <= number, "\n\n".join(questions)


def opened(desk: Desk, draft: Campaign) -> Fields:
    """What the composer's page would send, stored once as a browser would store it."""
    desk.store(draft)
    return {**fields_of(desk.get("compose", draft)), "page": str(uuid4()), "n": "1"}


@pytest.mark.both_databases
def test_the_composer_asks_at_most_20_questions(desk: Desk, draft: Campaign) -> None:
    opened(desk, draft)
    with at_most(20):
        desk.get("compose", draft)


def test_a_composer_with_a_template_from_the_list_asks_at_most_20(
    desk: Desk, clinic: Channel, patients: RecipientList
) -> None:
    template = world.a_whatsapp_template(clinic)
    draft = world.a_campaign(clinic, patients, text="")
    key = str(template.public_id)
    desk.store(
        draft, says="template", whatsapp_template=key, places=key, place_field_1="PHONE_NUMBER"
    )
    with at_most(20):
        desk.get("compose", draft)


def test_a_draft_that_is_saved_by_itself_asks_at_most_8(desk: Desk, draft: Campaign) -> None:
    form = opened(desk, draft)
    with at_most(8):
        answer = desk.post("autosave", draft, **form | {"text": "Something else"})
    assert answer.status_code == 200
    draft.refresh_from_db()
    assert draft.text == "Something else"


@pytest.mark.parametrize(
    ("part", "most"),
    [("preview", 8), ("text-fields", 7), ("figures", 10), ("audience", 6), ("moment", 10)],
)
def test_what_follows_the_keys_asks_little(
    desk: Desk, draft: Campaign, part: str, most: int
) -> None:
    form = opened(desk, draft)
    with at_most(most):
        assert desk.post(part, draft, **form).status_code == 200


def test_the_review_asks_at_most_20_and_the_launch_60(desk: Desk, draft: Campaign) -> None:
    opened(desk, draft)
    with at_most(20):
        page = desk.get("review", draft)
    with at_most(60):
        desk.post("launch", draft, **fields_of(page, "launch"))
    draft.refresh_from_db()
    assert draft.state == "freezing"


def test_a_plan_that_a_worker_makes_is_asked_for_by_5_also_by_who_is_to_approve(
    desk: Desk, desk_of: DeskOf, draft: Campaign, alice: User, sami: User
) -> None:
    wanted = timezone.now()
    DraftEstimate.objects.create(campaign=draft, wanted_by=alice, wanted_at=wanted)
    Approval.objects.create(
        campaign=draft, asked_by=alice, version=draft.version, people=18, token=uuid4()
    )
    for looks in (desk, desk_of(sami)):
        looks.get("planning", draft)
        with at_most(5):
            assert "Working out the plan" in looks.get("planning", draft).content.decode()


def test_filters_and_earlier_campaigns_ask_at_most_20_as_well(
    desk: Desk, draft: Campaign, front_desk: Channel, riverside: Team
) -> None:
    reached = world.a_list(riverside, world.phones(2, 200), "Reached before")
    earlier = world.launched(world.a_campaign(front_desk, reached, name="Earlier"))
    EarlierCampaign.objects.create(campaign=draft, earlier=earlier)
    CampaignFilter.objects.create(campaign=draft, saved_filter=world.a_filter(riverside, reached))
    Campaign.objects.filter(pk=draft.pk).update(days_left_out=3)
    opened(desk, draft)
    with at_most(20):
        desk.get("compose", draft)


# --- A campaign's page ----------------------------------------------------------------------------


@pytest.fixture
def sent(draft: Campaign) -> Campaign:
    return world.launched(draft)


def live_url(page: str) -> str:
    found = re.search(r'data-live\s+hx-get="([^"]+)"', page)
    assert found is not None, page
    return unescape(found[1])


def test_a_campaigns_page_asks_at_most_40(desk: Desk, sent: Campaign) -> None:
    desk.get("campaign", sent)
    with at_most(40):
        desk.get("campaign", sent)


def expired(live: str) -> str:
    return re.sub(r"until=\d+", "until=1", live)


@pytest.mark.both_databases
def test_an_open_page_of_a_campaign_asks_5_while_nothing_changes(
    desk: Desk, sent: Campaign
) -> None:
    live = live_url(desk.get("campaign", sent).content.decode())
    with at_most(5):
        assert desk.client.get(live).status_code == 204
    # Each minute it is looked at as a whole, and what the page asks with counts anew.
    answer = desk.client.get(expired(live))
    assert answer.status_code == 204
    with at_most(5):
        assert desk.client.get(answer["Live-Url"]).status_code == 204


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("page", "narrowed"),
    [
        ("overview", ""),
        ("campaigns", ""),
        ("campaigns", "?status=waiting_for_you&q=spring&since=2026-11-01&author=none"),
        ("campaign-jobs", ""),
    ],
)
def test_an_open_page_of_a_team_asks_5_while_nothing_changes(
    desk: Desk, sent: Campaign, page: str, narrowed: str
) -> None:
    if narrowed:
        world.unclear(world.job(sent))
    address = desk.url(page, sent if page == "campaign-jobs" else None)
    live = live_url(desk.client.get(address + narrowed).content.decode())
    with at_most(5):
        assert desk.client.get(live).status_code == 204


def test_a_report_that_is_being_made_is_asked_for_by_5(
    desk: Desk, sent: Campaign, alice: User
) -> None:
    report = Report.objects.create(
        team=sent.team, campaign=sent, asked_by=alice, file_format="csv", state="queued"
    )
    address = reverse("report", args=[sent.team.slug, report.public_id])
    desk.client.get(address)
    with at_most(5):
        part = desk.client.get(address, headers={"HX-Request": "true"})
    assert "load delay" in part.content.decode()


CHANGES: dict[str, Callable[[Campaign], object]] = {
    "job": lambda sent: world.accepted(world.job(sent), "1-a"),
    "look": lambda sent: world.unclear(world.job(sent)),
    "report": lambda sent: DeliveryCount.objects.create(
        campaign=sent, status="delivered", messages=1
    ),
    "event": lambda sent: record_event(sent, CampaignEvent.Kind.RESCHEDULED, None),
    "trouble": lambda _sent: SeenTrouble.objects.create(code="no_tick", since=timezone.now()),
    "stop": lambda sent: sent.recipients.update(stopped="blocked"),
    "halt": lambda _sent: GatewayAccount.objects.update(state="halted", halt_reason="auth"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_open_page_of_a_campaign_sees_each_change(
    desk: Desk, sent: Campaign, change: str
) -> None:
    live = live_url(desk.get("campaign", sent).content.decode())
    CHANGES[change](sent)
    assert desk.client.get(live).status_code == 200
