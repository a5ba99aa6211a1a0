"""What became of campaigns, in a real browser: reports, people, notices, charts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import record_event
from campaigns.states import Outcome, SubmissionState
from delivery import delivery_reports
from delivery.models import Reply, WebhookEndpoint
from history import notices
from history.models import DayCount
from recipients.models import OptOut
from recipients.opting_out import opt_outs
from sociocs_accounts.encrypted_fields import Secret
from teams.models import Team, User
from tests import world
from tests.browser import Look, NewPage
from tests.world import accepted, attempted, become, job

pytestmark = pytest.mark.journey

LetIn = Callable[[Page, User], None]


@pytest.fixture
def gone_out(
    transactional_db: None, riverside: Team, alice: User, sami: User, settings: Settings
) -> Campaign:
    """Cancelled half way: one job went out, one may have, two were stopped. Somebody wrote back."""
    settings.RECIPIENTS_PER_SUBMISSION = 4
    channel = world.a_channel(riverside, label="Front desk SMS")
    other = world.a_channel(riverside, label="Clinic WhatsApp", provider="twlowa")
    people = world.a_list(riverside, world.phones(16), "Patients of the northern practice")
    campaign = world.launched(world.a_campaign(channel, people, name="Spring check-up reminders"))
    accepted(job(campaign, 1), "d91fb0c9d81f7a30c688c354")
    facts: dict[str, object] = {"http_status": 502, "reason": "server_error", "looks": 4}
    facts["evidence"] = {"answer": "<html><h1>502 Bad Gateway</h1></html>"}
    attempted(job(campaign, 2), Outcome.AMBIGUOUS, last_look_at=timezone.now(), **facts)
    become(job(campaign, 2), SubmissionState.ABANDONED)
    become(job(campaign, 3), SubmissionState.CANCELLED)
    become(job(campaign, 4), SubmissionState.REVOKED)
    Campaign.objects.filter(pk=campaign.pk).update(state="cancelled", finished_at=timezone.now())
    WebhookEndpoint.objects.create(
        channel=channel,
        secret=Secret.of("hush"),
        state="on",
        subscription_id="s1",
        renewed_at=timezone.now(),
        last_event_at=timezone.now(),
        unattributed_count=12,
        asked_by=alice,
    )
    report(campaign)
    draw(riverside, channel, other)
    record_event(campaign, CampaignEvent.Kind.NEEDS_DECISION)
    record_event(campaign, CampaignEvent.Kind.COMPLETED)
    notices.make_notices()
    campaign.refresh_from_db()
    return campaign


WRITTEN = [
    ("Thank you, see you on Tuesday at half past nine!", ""),
    ("STOP", "stop"),
    ("Wrong number, my son has this phone now. Why do you keep writing to it?", "maybe"),
]


def report(campaign: Campaign) -> None:
    """Three messages of the first job arrived, one did not, and three people wrote back."""
    assert campaign.channel is not None
    now = timezone.now()
    for n, person in enumerate(campaign.recipients.order_by("position")[:4]):
        delivery_reports.credit_message(campaign.channel, f"m{n}", person)
        status, code = ("failed", "30003") if n == 3 else ("delivered", "")
        person.sent_messages.update(status=status, error_code=code)
        delivery_reports.change_counts(
            delivery_reports.Changes({(campaign.pk, "unknown"): -1, (campaign.pk, status): 1})
        )
        if n < 3:
            text, wish = WRITTEN[n]
            Reply.objects.create(
                team=campaign.team,
                channel=campaign.channel,
                campaign=campaign,
                message_id=f"r{n}",
                phone=person.phone,
                name=person.name,
                text=text,
                wish=wish,
                sent_at=now,
                received_at=now,
            )
            if wish == "maybe":
                opt_outs.add_opt_outs(campaign.team, [person.phone], OptOut.Source.UNSURE, by=None)


def draw(team: Team, *channels: object) -> None:
    """A month of figures."""
    today = timezone.localdate(timezone=ZoneInfo(team.time_zone))
    for n in range(30):
        day = today - timedelta(days=n)
        DayCount.objects.create(team=team, day=day, opt_outs=n % 4)
        for one in channels:
            DayCount.objects.create(
                team=team,
                channel=one,  # type: ignore[misc]
                day=day,
                sent=(n * 37) % 11 * 400,
                failed=n % 7 * 9,
                cost=Decimal(n % 5 * 13),
            )


def test_every_page_is_accessible_and_fits(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    gone_out: Campaign,
    look: Look,
) -> None:
    page = new_page()
    let_in(page, alice)
    here = f"/riverside-dental/campaigns/{gone_out.public_id}/"
    places = {
        "campaign": here,
        "people": f"{here}people/",
        "jobs": f"{here}jobs/",
        "month": "/riverside-dental/calendar/?view=month",
        "reply": f"/riverside-dental/replies/{Reply.objects.latest('pk').public_id}/",
        "job": f"{here}jobs/{job(gone_out, 2).public_id}/",
        "replies": "/riverside-dental/replies/",
        "delivery": "/riverside-dental/delivery/",
        "notices": "/riverside-dental/notices/",
        "choices": "/riverside-dental/notices/choices/",
        "filters": "/riverside-dental/campaigns/?since=2026-01-01",
        "overview": "/riverside-dental/",
    }
    for name, place in places.items():
        page.goto(place)
        page.evaluate(
            "for (const one of document.querySelectorAll('details:not(.menu)')) one.open = true"
        )
        look(page, f"looking-back-{name}")


def test_a_draft_is_made_for_the_rest(
    new_page: NewPage, let_in: LetIn, alice: User, gone_out: Campaign
) -> None:
    page = new_page()
    let_in(page, alice)
    page.goto(f"/riverside-dental/campaigns/{gone_out.public_id}/")
    page.get_by_role("button", name="Write to these people").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("8 people it was not sent to")).to_be_checked()
    expect(dialog.get_by_label("4 people it may have been sent to")).not_to_be_checked()
    dialog.get_by_role("button", name="Make the draft").click()
    expect(page.get_by_text("This draft is for the people you chose.")).to_be_visible()
    draft = Campaign.objects.get(state="draft")
    assert draft.list_choices.get().recipient_list.recipient_count == 8
