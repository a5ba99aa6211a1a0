"""The plan page's checklist and its large audiences, and a second person's approval."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import time as time_now
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignEvent
from composer import plan_making, plan_report
from composer.figures import Figures
from composer.models import DraftEstimate
from recipients.models import Recipient, RecipientList
from sending import launch
from sending.models import Approval
from sending.readiness import LaunchRefused
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, Page, fields_of, text_of
from tests.desks import DeskOf

# A winter's morning in New York, before every day that is typed here.
pytestmark = [pytest.mark.at("2026-12-01T15:00Z"), pytest.mark.thorough]

BY_DAY = {"hours_from": time(9), "hours_to": time(19)}
ONLY_IN_HOURS = "It goes out only in your sending hours."
AT_NIGHT = {"wall_time": "2027-04-02T03:30", "time_zone": "America/New_York"}


def change(draft: Campaign, **fields: object) -> Campaign:
    Campaign.objects.filter(pk=draft.pk).update(**fields)
    draft.refresh_from_db()
    return draft


def press(desk: Desk, draft: Campaign, **more: object) -> str:
    """Press the button of the plan page; what the page says after it."""
    fields = fields_of(desk.get("review", draft), "launch")
    page = desk.client.post(desk.url("launch", draft), {**fields, **more}, follow=True)
    draft.refresh_from_db()
    return text_of(page)


class TestChecklist:
    def test_more_texts_than_allowed_cannot_be_sent_from_here(
        self, desk: Desk, draft: Campaign, settings: Settings
    ) -> None:
        change(draft, text="For you alone: {{PHONE_NUMBER}}")
        assert "One campaign can have" not in text_of(desk.get("review", draft))
        settings.MAX_DISTINCT_TEXTS = settings.MAX_MESSAGES_ONE_BY_ONE = 2
        page = desk.get("review", draft)
        assert "different texts. One campaign can have 2." in text_of(page)
        assert "disabled" in page.content.decode().split('id="launch"')[1].split("</form>")[0]

    def test_a_warning_is_overruled_by_name(
        self, desk: Desk, draft: Campaign, riverside: Team, alice: User
    ) -> None:
        riverside.hours_from, riverside.hours_to = time(9), time(19)
        riverside.save()
        change(draft, **AT_NIGHT)
        text = text_of(desk.get("review", draft))
        assert "at 03:30: people may be asleep" in text
        assert "Send it at that time" in text

        assert "Nothing was sent yet." in press(desk, draft)
        assert draft.state == "draft"

        press(desk, draft, overrule="night")

        assert draft.state == "freezing"
        overruled = draft.events.get(kind=CampaignEvent.Kind.OVERRULED)
        assert overruled.actor == alice
        assert "Alice Moreau confirmed: It goes out" in text_of(desk.get("campaign", draft))

        User.objects.filter(pk=alice.pk).update(language="es")
        assert "Alice Moreau confirmó: Sale" in text_of(desk.get("campaign", draft))

    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("http://localhost:8000/media/a.jpg", "Ask the person who runs it to set MEDIA"),
            ("http://192.168.1.4/a.jpg", "This address is in a private network"),
            ("https://example.org/a.jpg", ""),
            ("https://localhost.example.org/a.jpg", ""),
        ],
    )
    def test_a_file_that_phone_networks_cannot_fetch_is_told_and_confirmed(
        self, desk: Desk, draft: Campaign, settings: Settings, url: str, sentence: str
    ) -> None:
        settings.MEDIA_BASE_URL, settings.DEMO = "http://localhost:8000/media", False
        change(draft, media_kind="image", media_url=url)
        told = text_of(desk.get("review", draft))
        assert ("phone networks cannot" in told) is bool(sentence)
        assert sentence in told
        settings.DEMO = True
        assert "phone networks cannot" not in text_of(desk.get("review", draft))

    def test_the_same_text_to_the_same_people_is_pointed_out(
        self, desk: Desk, draft: Campaign, front_desk: Channel, patients: RecipientList
    ) -> None:
        other = world.a_list(front_desk.team, world.phones(5, start=500), "Others")
        world.launched(world.a_campaign(front_desk, other, name="Not these"))
        assert "got the same text with" not in text_of(desk.get("review", draft))
        again = world.a_campaign(front_desk, patients, name="Last week", text="See  YOU in spring.")
        world.launched(again)

        assert "12 of these people already got the same text with “Last week”." in text_of(
            desk.get("review", draft)
        )

        # Whoever was left out then was told nothing.
        again.recipients.update(left_out="missing_value")
        assert "got the same text with" not in text_of(desk.get("review", draft))

    def test_another_campaign_on_the_same_channel_is_pointed_out(
        self, desk: Desk, draft: Campaign, front_desk: Channel, riverside: Team
    ) -> None:
        other = world.a_list(riverside, world.phones(5, start=500), "Others")
        later = {"wall_time": "2027-04-02T09:30", "time_zone": "America/New_York"}
        world.launched(world.a_campaign(front_desk, other, name="Recall", text="x", **later))
        change(draft, **later)
        assert "“Recall” goes out through the same channel" in text_of(desk.get("review", draft))

    def test_many_people_are_typed(self, desk: Desk, draft: Campaign, riverside: Team) -> None:
        riverside.confirm_typed_above = 10
        riverside.save()
        assert "Type 12 to send it" in text_of(desk.get("review", draft))
        assert "Type the number of people" in press(desk, draft, typed_count="11")
        assert draft.state == "draft"
        press(desk, draft, typed_count="12")
        assert draft.state == "freezing"

    def test_many_people_are_sent_to_only_with_the_password(
        self, desk: Desk, draft: Campaign, riverside: Team
    ) -> None:
        riverside.confirm_typed_above = 10
        riverside.save()
        leave_open(desk)

        told = press(desk, draft, typed_count="12")

        assert "Enter your password and we do what you asked for" in told
        assert draft.state == "draft"
        riverside.confirm_typed_above = 12
        riverside.save()
        press(desk, draft)
        assert draft.state == "freezing"


class TestSlots:
    def test_a_pace_is_drawn_and_said(
        self, desk: Desk, draft: Campaign, settings: Settings
    ) -> None:
        change(draft, pace_count=4, pace_minutes=10)
        page = desk.get("review", draft)
        assert "4 people every 10 minutes" in text_of(page)
        assert page.content.decode().count("<rect ") >= 3

    def test_zones_have_a_first_and_a_last_message(
        self, desk: Desk, front_desk: Channel, riverside: Team
    ) -> None:
        phones = ["+12125550101", "+12125550102", "+447900000123"]
        draft = world.a_campaign(front_desk, world.a_list(riverside, phones, "Two lands"))
        change(
            draft,
            hours_from=time(9),
            hours_to=time(19),
            hours_zone="recipient",
            wall_time="2027-04-02T06:00",
            time_zone="America/New_York",
        )
        text = text_of(desk.get("review", draft))
        assert "Europe/London 1 Fri 2 Apr 2027, 11:00 BST" in text
        assert "America/New York 2 Fri 2 Apr 2027, 09:00 EDT" in text

    def test_a_zone_that_does_not_exist_is_counted_and_told_how_to_write(
        self, desk: Desk, draft: Campaign, patients: RecipientList
    ) -> None:
        cells = ["Mars/Olympus", *[""] * (patients.row_count - 1)]
        world.fill(patients, "Clock", cells)
        own = {"hours_from": time(9), "hours_to": time(19), "hours_zone": "recipient"}
        change(draft, zone_field="Clock", **own)
        text = text_of(desk.get("review", draft))
        assert "1 person has no known time zone" in text
        assert "Write names such as Europe/Berlin in the column “Clock” of your list" in text
        # Both ways that it names work.
        for cell in ("Europe/Berlin", ""):
            Recipient.objects.filter(fields__Clock=cells[0]).update(fields={"Clock": cell})
            text = text_of(desk.get("review", draft))
            assert "no known time zone" not in text
            assert "Get the message 12" in text
            cells[0] = cell

    def test_the_cases_of_the_zones_are_read_each(
        self, desk: Desk, front_desk: Channel, riverside: Team
    ) -> None:
        with (Path(__file__).parent / "zones.csv").open() as table:
            rows = list(csv.DictReader(table))
        people = world.a_list(riverside, [row["Phone"] for row in rows], "Zones")
        world.fill(people, "Time zone", [row["Time zone"] for row in rows])
        draft = world.a_campaign(front_desk, people)
        change(draft, hours_zone="recipient", zone_field="Time zone", **BY_DAY)
        text = text_of(desk.get("review", draft))
        assert "known time zone" not in text
        assert ONLY_IN_HOURS in text
        for zone in ("America/New York", "America/Los Angeles", "America/Chicago"):
            assert zone in text

    @pytest.mark.parametrize(
        ("phones", "cells", "warning"),
        [
            (["+12125550101"], ["Mars/Olympus"], "1 person has no known time zone"),
            (["+881612345678"], [""], "1 person has no time zone we can use"),
            (["+881612345678"], ["Mars"], "1 person has no time zone we can use"),
        ],
    )
    def test_no_line_says_that_the_hours_are_kept_where_another_says_who_is_in_doubt(
        self,
        desk: Desk,
        front_desk: Channel,
        riverside: Team,
        phones: list[str],
        cells: list[str],
        warning: str,
    ) -> None:
        people = world.a_list(riverside, ["+12125550102", *phones], "Doubts")
        world.fill(people, "Clock", ["", *cells])
        draft = world.a_campaign(front_desk, people)
        change(draft, hours_zone="recipient", zone_field="Clock", **BY_DAY)
        text = text_of(desk.get("review", draft))
        assert warning in text
        assert ONLY_IN_HOURS not in text
        # Nobody is told to be sent to by two clocks.
        assert ("so the one of their number counts" in text) != ("campaign's time" in text)

    def test_what_a_days_hours_do_not_hold_is_told_unless_the_box_says_so(
        self, desk: Desk, draft: Campaign, riverside: Team
    ) -> None:
        hours = {"hours_from": time(9), "hours_to": time(10), "pace_count": 5, "pace_minutes": 30}
        change(draft, wall_time="2027-04-02T09:00", time_zone="America/New_York", **hours)
        spilled = (
            "It does not fit into the sending hours of one day: 2 people get it on a later day."
        )
        text = text_of(desk.get("review", draft))
        not_ticked = "What is not out by then continues by itself the next morning"
        assert f"{spilled} You did not tick “{not_ticked}”." in text
        assert "Nothing was sent yet." in press(desk, draft)
        change(draft, continues_next_day=True)
        text = text_of(desk.get("review", draft))
        assert spilled in text
        assert "You did not tick" not in text
        press(desk, draft)
        assert draft.state == "freezing"

    @pytest.mark.parametrize(
        "timing",
        [
            {"pace_count": 6, "pace_minutes": 30},
            {"pace_count": 6, "pace_minutes": 24 * 60},
        ],
    )
    def test_what_one_day_holds_or_a_daily_pace_parts_needs_no_word(
        self, desk: Desk, draft: Campaign, timing: dict[str, int]
    ) -> None:
        hours = {"hours_from": time(9), "hours_to": time(10)}
        change(draft, wall_time="2027-04-02T09:00", time_zone="America/New_York", **hours, **timing)
        assert "It does not fit into the sending hours" not in text_of(desk.get("review", draft))

    def test_who_gets_it_by_their_own_clock_has_their_own_days(
        self, desk: Desk, front_desk: Channel, riverside: Team
    ) -> None:
        # It is still Friday in New York when Sydney's Saturday begins.
        people = world.a_list(riverside, ["+12125550101", "+61236451234"], "Far apart")
        draft = world.a_campaign(front_desk, people)
        change(
            draft,
            wall_time="2027-04-02T09:00",
            time_zone="America/New_York",
            hours_zone="recipient",
            **BY_DAY,
        )
        assert "It does not fit into the sending hours" not in text_of(desk.get("review", draft))

    def test_the_chart_tells_the_real_times_in_the_pages_zone(
        self, desk: Desk, draft: Campaign
    ) -> None:
        change(
            draft,
            wall_time="2027-04-02T20:50",
            time_zone="Asia/Kolkata",
            pace_count=5,
            pace_minutes=120,
        )
        page = desk.get("review", draft).content.decode()
        titles = re.findall("<title>([^<]*)</title>", page.split("plan-timeline", 1)[1])
        assert titles == [
            "Fri 2 Apr, 20:50 IST · 5 people",
            "Fri 2 Apr, 22:50 IST · 5 people",
            "Sat 3 Apr, 00:50 IST · 2 people",
        ]

    def test_a_bar_of_several_slots_tells_from_when_to_when(self) -> None:
        begin = datetime(2027, 4, 2, 15, tzinfo=UTC)
        slots = [(begin + timedelta(minutes=7 * n), 1) for n in range(100)]
        bars = list(plan_report.bars(slots))
        assert sum(bar.people for bar in bars) == 100
        told = {moment for bar in bars for moment in (bar.at, bar.until)}
        assert told <= {at.isoformat() for at, _people in slots}
        assert (bars[0].at, bars[-1].until) == (slots[0][0].isoformat(), slots[-1][0].isoformat())


class TestLargeAudiences:
    @pytest.fixture(autouse=True)
    def large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(plan_making, "SMALL", 5)
        monkeypatch.setattr(plan_making, "SMALL_WHILE_WRITING", 5)

    def test_a_worker_makes_the_plan_while_the_page_waits(
        self, desk: Desk, draft: Campaign
    ) -> None:
        assert "Working out the plan" in text_of(desk.get("review", draft))
        assert "Working out the plan" in text_of(desk.get("planning", draft))

        plan_making.make_estimate(draft.pk)

        assert desk.get("planning", draft)["HX-Refresh"] == "true"
        assert "Get the message 12" in text_of(desk.get("review", draft))
        press(desk, draft)
        assert draft.state == "freezing"

    def test_a_change_makes_another_plan(self, desk: Desk, draft: Campaign) -> None:
        desk.get("review", draft)
        plan_making.make_estimate(draft.pk)
        world.add_people(draft.lists.get(), world.phones(3, start=900))
        assert "Working out the plan" in text_of(desk.get("review", draft))
        plan_making.make_estimate(draft.pk)
        assert "Get the message 15" in text_of(desk.get("review", draft))

    def test_a_worker_that_died_is_followed_by_another(
        self, desk: Desk, draft: Campaign, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk.get("review", draft)
        with monkeypatch.context() as patch:
            patch.setattr(plan_report, "report", _dies)
            with pytest.raises(KeyboardInterrupt):
                plan_making.make_estimate(draft.pk)
        plan_making.make_estimate(draft.pk)
        assert DraftEstimate.objects.get().report is None
        DraftEstimate.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        plan_making.make_estimate(draft.pk)
        assert DraftEstimate.objects.get().report is not None

    def test_one_look_at_everybody_makes_the_composers_figures_and_the_plan(
        self, desk: Desk, draft: Campaign, alice: User
    ) -> None:
        assert figures_of(draft, alice) == (None, True)
        assert plan_making.make_estimate(draft.pk)
        figures, wants_worker = figures_of(draft, alice)
        assert figures is not None
        assert (figures.people, wants_worker) == (12, False)
        assert "Get the message 12" in text_of(desk.get("review", draft))
        assert not plan_making.make_estimate(draft.pk)

    def test_the_figures_do_not_wait_for_the_plan(
        self, desk: Desk, draft: Campaign, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk.get("review", draft)
        monkeypatch.setattr(plan_report, "report", _dies)
        with pytest.raises(KeyboardInterrupt):
            plan_making.make_estimate(draft.pk)
        assert figures_of(draft, alice)[0] is not None
        assert "Working out the plan" in text_of(desk.get("planning", draft))

    def test_a_draft_with_problems_has_figures_and_a_plan_once_they_are_mended(
        self, desk: Desk, draft: Campaign, alice: User
    ) -> None:
        Team.objects.update(test_required=True)
        assert figures_of(draft, alice) == (None, True)
        assert plan_making.make_estimate(draft.pk)
        assert figures_of(draft, alice)[0] is not None
        Team.objects.update(test_required=False)
        assert "Working out the plan" in text_of(desk.get("review", draft))
        assert figures_of(draft, alice)[0] is not None
        assert plan_making.make_estimate(draft.pk)
        assert "Get the message 12" in text_of(desk.get("review", draft))

    def test_a_worker_stops_when_something_else_is_wanted(
        self, desk: Desk, draft: Campaign, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk.get("review", draft)
        report = plan_report.report

        def is_overtaken(*args: Any) -> plan_report.PlanReport:
            change(draft, text="Another text")
            assert "Working out the plan" in text_of(desk.get("review", draft))
            return report(*args)

        with monkeypatch.context() as patch:
            patch.setattr(plan_report, "report", is_overtaken)
            assert not plan_making.make_estimate(draft.pk)
        assert DraftEstimate.objects.get().report is None
        assert plan_making.make_estimate(draft.pk)
        assert "Another text" in text_of(desk.get("review", draft))

    def test_a_plan_is_read_in_the_language_of_now(
        self, desk: Desk, draft: Campaign, front_desk: Channel, alice: User
    ) -> None:
        Channel.objects.filter(pk=front_desk.pk).update(messages_per_second=0.0001)
        User.objects.filter(pk=alice.pk).update(language="es")
        desk.get("review", draft)
        plan_making.make_estimate(draft.pk)
        User.objects.filter(pk=alice.pk).update(language="en")
        assert "Sent all at once, part of it would fail" in text_of(desk.get("review", draft))

    def test_it_goes_out_as_its_plan_says_though_it_was_renamed_meanwhile(
        self,
        desk: Desk,
        draft: Campaign,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings.MAX_DISTINCT_TEXTS = 5
        change(draft, text="For you alone: {{PHONE_NUMBER}}")
        desk.get("review", draft)
        survey = plan_making._survey_as_it_is

        def is_renamed(*args: Any) -> Any:
            change(Campaign.objects.get(pk=draft.pk), name="Spring", version=draft.version + 1)
            return survey(*args)

        with monkeypatch.context() as patch:
            patch.setattr(plan_making, "_survey_as_it_is", is_renamed)
            assert plan_making.make_estimate(draft.pk)

        press(desk, draft)
        launch.freeze(draft.pk)
        draft.refresh_from_db()
        assert (draft.state, draft.submissions.count()) == ("scheduled", 12)

    def test_an_old_plan_is_made_again(self, desk: Desk, draft: Campaign) -> None:
        desk.get("review", draft)
        plan_making.make_estimate(draft.pk)
        # However long it took: it is as fresh as its end.
        DraftEstimate.objects.update(wanted_at=timezone.now() - 2 * plan_making.FRESH)
        assert "Get the message 12" in text_of(desk.get("review", draft))
        DraftEstimate.objects.update(finished_at=timezone.now() - plan_making.FRESH)
        assert "Working out the plan" in text_of(desk.get("review", draft))

    def test_a_colleague_who_looks_takes_nobodys_plan_away(
        self, desk: Desk, draft: Campaign, sami: User
    ) -> None:
        desk.get("review", draft)
        plan_making.make_estimate(draft.pk)
        assert figures_of(draft, sami) == (None, True)
        assert "Get the message 12" in text_of(desk.get("review", draft))
        assert plan_making.make_estimate(draft.pk)
        assert figures_of(draft, sami)[0] is not None
        press(desk, draft)
        assert draft.state == "freezing"

    def test_a_long_look_keeps_its_claim(
        self, desk: Desk, draft: Campaign, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change(draft, text="Hi {{CUSTOMER_NAME}}")
        desk.get("review", draft)
        chunks = audience.chunks_of_people
        with time_machine.travel(timezone.now(), tick=False) as clock:

            def read_slowly(campaign: Campaign) -> Iterator[list[audience.PersonRow]]:
                for person in next(chunks(campaign)):
                    clock.shift(plan_making.LEASE * 0.3)
                    # Nobody else takes it over.
                    assert not plan_making.make_estimate(campaign.pk)
                    yield [person]

            monkeypatch.setattr(audience, "chunks_of_people", read_slowly)
            assert plan_making.make_estimate(draft.pk)
        assert DraftEstimate.objects.get().report is not None


def figures_of(draft: Campaign, user: User) -> tuple[Figures | None, bool]:
    """The figures for the draft as it is stored."""
    draft.refresh_from_db()
    return plan_making.figures_of(draft, user)


def leave_open(desk: Desk) -> None:
    """Their browser, eleven minutes after they signed in."""
    session = desk.client.session
    session["proved_at"] = int(time_now()) - 11 * 60
    session.save()


def _dies(*_args: object) -> None:
    raise KeyboardInterrupt


def with_another_name(draft: Campaign, name: str = "Somebody else") -> None:
    """Change one cell of the list, its counters and the time of its change staying as they are."""
    person = Recipient.objects.filter(recipient_list__campaign_choices__campaign=draft).first()
    assert person is not None
    Recipient.objects.filter(pk=person.pk).update(name=name)


def rename(team: Team, sender: User, whose: str) -> None:
    """Change a name, or the zone, that a campaign's text takes from elsewhere."""
    if whose == "team":
        Team.objects.filter(pk=team.pk).update(name="Hillside Dental")
    elif whose == "sender":
        User.objects.filter(pk=sender.pk).update(name="Alice Novak")
    else:
        Team.objects.filter(pk=team.pk).update(time_zone="Europe/London")


class TestApproval:
    @pytest.fixture(autouse=True)
    def four_eyes(self, riverside: Team) -> None:
        riverside.approval_above = 10
        riverside.save()

    def answer(self, desk: Desk, draft: Campaign, answer: str, **more: str) -> Page:
        approval = Approval.objects.latest("pk")
        fields = fields_of(desk.get("review", draft), "approval") or {
            "fingerprint": approval.fingerprint
        }
        url = desk.url("approve", draft, approval.public_id)
        page = desk.client.post(url, {**fields, "answer": answer, **more}, follow=True)
        draft.refresh_from_db()
        return page

    def test_a_colleague_approves_and_with_that_it_is_sent(
        self, desk: Desk, desk_of: DeskOf, sami: User, alice: User, draft: Campaign
    ) -> None:
        assert "Ask for approval: Send to 12 people now" in text_of(desk.get("review", draft))
        press(desk, draft)
        assert draft.state == "draft"
        assert "Alice Moreau asks for approval" in text_of(desk_of(sami).get("review", draft))
        assert "Spring check-up" in text_of(desk_of(sami).get("overview"))

        self.answer(desk_of(sami), draft, "approve")

        assert (draft.state, draft.launched_by, draft.confirmed_count) == ("freezing", alice, 12)
        assert draft.events.get(kind=CampaignEvent.Kind.APPROVED).actor == sami

    def test_whoever_only_looks_is_told_what_it_waits_for(
        self, desk: Desk, desk_of: DeskOf, vera: User, draft: Campaign
    ) -> None:
        change(draft, wall_time="2027-04-02T09:30", time_zone="America/New_York")
        press(desk, draft)
        text = text_of(desk_of(vera).get("campaign", draft))
        assert "Waiting for approval" in text
        assert "Nothing is sent until a colleague approves it." in text
        assert "What would be sent Sent from Front desk SMS" in text
        assert "Goes out Fri 2 Apr 2027, 09:30 America/New_York" in text
        assert "Waiting for approval" in text_of(desk.get("campaigns"))
        # A change takes the approval with it, and with that what it waits for.
        change(draft, version=draft.version + 1)
        assert "Waiting for approval" not in text_of(desk.get("campaigns"))

    def test_only_whom_the_browser_belongs_to_approves(
        self, desk: Desk, desk_of: DeskOf, sami: User, draft: Campaign
    ) -> None:
        press(desk, draft)
        colleague = desk_of(sami)
        leave_open(colleague)

        page = self.answer(colleague, draft, "approve")

        assert "Enter your password and we do what you asked for" in text_of(page)
        assert draft.state == "draft"

    def test_whoever_writes_on_is_told_that_it_waits_and_why_it_was_refused(
        self, desk: Desk, desk_of: DeskOf, sami: User, bob: User, draft: Campaign
    ) -> None:
        waits = "Alice Moreau has asked for approval."
        assert waits not in text_of(desk.get("compose", draft))
        press(desk, draft)
        assert waits in text_of(desk_of(bob).get("compose", draft))
        self.answer(desk_of(sami), draft, "reject", reason="Wrong list")
        text = text_of(desk.get("compose", draft))
        assert waits not in text
        assert "Sami Haddad did not approve it: “Wrong list”" in text
        press(desk, draft)
        desk_of(bob).store(draft, text="Other words")
        text = text_of(desk.get("compose", draft))
        assert waits not in text
        assert "did not approve" not in text

    def test_nobody_approves_their_own(self, desk: Desk, draft: Campaign) -> None:
        press(desk, draft)
        assert "someone else has to approve it" in text_of(desk.get("review", draft))
        self.answer(desk, draft, "approve")
        assert draft.state == "draft"

    def test_any_change_asks_again(
        self, desk: Desk, desk_of: DeskOf, sami: User, draft: Campaign
    ) -> None:
        press(desk, draft)
        world.add_people(draft.lists.get(), world.phones(1, start=700))
        page = self.answer(desk_of(sami), draft, "approve")
        assert draft.state == "draft"
        assert "It changed after approval" in text_of(page) or "it was changed" in text_of(page)
        assert Approval.objects.get().answer == "outdated"

    def test_a_change_that_leaves_counts_and_times_as_they_are_asks_again(
        self, desk: Desk, desk_of: DeskOf, sami: User, draft: Campaign
    ) -> None:
        press(desk, draft)
        with_another_name(draft)
        page = self.answer(desk_of(sami), draft, "approve")
        assert draft.state == "draft"
        assert "It changed after approval" in text_of(page)
        assert Approval.objects.get().answer == "outdated"

    def test_who_is_frozen_is_who_was_approved_to_the_last_cell(
        self, desk: Desk, desk_of: DeskOf, sami: User, draft: Campaign
    ) -> None:
        press(desk, draft)
        self.answer(desk_of(sami), draft, "approve")
        with_another_name(draft)

        launch.freeze(draft.pk)

        draft.refresh_from_db()
        assert (draft.state, draft.state_reason) == ("draft", "not_as_approved")
        assert not draft.submissions.exists()
        assert "this changed: the people who get it" in text_of(desk.get("compose", draft))
        page = text_of(desk.get("review", draft))
        assert "Sami Haddad approved sending it to 12 people, as Alice Moreau had asked" in page
        assert "the same number of people, but a number, a name or a field" in page
        assert "ask for approval again" in page
        press(desk, draft)
        assert "Nothing was sent: it changed" not in text_of(desk.get("review", draft))
        self.answer(desk_of(sami), draft, "approve")
        launch.freeze(draft.pk)
        draft.refresh_from_db()
        assert draft.state == "scheduled"

    def test_it_says_how_many_would_get_it_by_now(
        self, desk: Desk, desk_of: DeskOf, sami: User, draft: Campaign
    ) -> None:
        press(desk, draft)
        self.answer(desk_of(sami), draft, "approve")
        world.add_people(draft.lists.get(), world.phones(1, start=700))
        launch.freeze(draft.pk)
        page = text_of(desk.get("review", draft))
        assert "12 people were approved, 13 people would have got it" in page

    @pytest.mark.parametrize(
        ("whose", "told"),
        [
            ("team", "The team's name in the text: “Riverside Dental” was approved"),
            ("sender", "The sender's name in the text: “Alice Moreau” was approved"),
            ("zone", "The team's time zone: America/New_York was approved"),
        ],
    )
    def test_names_from_elsewhere_are_approved_too(
        self,
        desk: Desk,
        desk_of: DeskOf,
        sami: User,
        alice: User,
        riverside: Team,
        draft: Campaign,
        whose: str,
        told: str,
    ) -> None:
        change(draft, text="{{BUSINESS_NAME}}: ask for {{SENDER_NAME}}.")
        press(desk, draft)
        self.answer(desk_of(sami), draft, "approve")
        rename(riverside, alice, whose)

        launch.freeze(draft.pk)

        draft.refresh_from_db()
        assert (draft.state, draft.state_reason) == ("draft", "not_as_approved")
        page = text_of(desk.get("review", draft))
        assert told in page
        assert "Who gets it:" not in page

    def test_a_name_that_the_text_does_not_say_may_change(
        self, desk: Desk, desk_of: DeskOf, sami: User, alice: User, riverside: Team, draft: Campaign
    ) -> None:
        press(desk, draft)
        self.answer(desk_of(sami), draft, "approve")
        rename(riverside, alice, "team")
        rename(riverside, alice, "sender")
        launch.freeze(draft.pk)
        draft.refresh_from_db()
        assert draft.state == "scheduled"

    def test_what_was_approved_goes_out(
        self, desk: Desk, desk_of: DeskOf, sami: User, draft: Campaign, patients: RecipientList
    ) -> None:
        world.fill(patients, "City", [f"Köln {n}" for n in range(patients.row_count)])
        change(draft, text="See you in {{City}}.")
        press(desk, draft)
        self.answer(desk_of(sami), draft, "approve")

        launch.freeze(draft.pk)

        draft.refresh_from_db()
        assert draft.state == "scheduled"

    def test_a_large_audience_is_compared_with_its_plan_and_when_it_is_frozen(
        self,
        desk: Desk,
        desk_of: DeskOf,
        sami: User,
        draft: Campaign,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(plan_making, "SMALL", 5)
        desk.get("review", draft)
        plan_making.make_estimate(draft.pk)
        press(desk, draft)
        with_another_name(draft)
        self.answer(desk_of(sami), draft, "approve")
        launch.freeze(draft.pk)
        draft.refresh_from_db()
        assert (draft.state, draft.state_reason) == ("draft", "not_as_approved")

        DraftEstimate.objects.all().delete()
        desk.get("review", draft)
        plan_making.make_estimate(draft.pk)
        press(desk, draft)
        with_another_name(draft, "Another one")
        DraftEstimate.objects.all().delete()
        desk_of(sami).get("review", draft)
        plan_making.make_estimate(draft.pk)
        assert "asks for approval" not in text_of(desk_of(sami).get("review", draft))
        assert Approval.objects.latest("pk").answer == "outdated"

    def test_a_change_of_a_filter_asks_again(
        self, desk: Desk, desk_of: DeskOf, sami: User, draft: Campaign, patients: RecipientList
    ) -> None:
        world.fill(patients, "City", ["London"] * patients.row_count)
        named = {"field": "City", "op": "is", "values": ["London"]}
        chosen = world.a_filter(draft.team, patients, conditions=[named], name="Londoners")
        draft.list_choices.all().delete()
        draft.filter_choices.create(saved_filter=chosen)
        assert "Saved filters Londoners" in text_of(desk.get("review", draft))
        press(desk, draft)
        chosen.conditions = [{**named, "values": ["London", "Paris"]}]
        chosen.save()
        self.answer(desk_of(sami), draft, "approve")
        assert draft.state == "draft"

    def test_a_change_of_the_text_asks_again(
        self, desk: Desk, desk_of: DeskOf, sami: User, bob: User, draft: Campaign
    ) -> None:
        press(desk, draft)
        desk_of(bob).store(draft, text="Other words")
        self.answer(desk_of(sami), draft, "approve")
        assert draft.state == "draft"

    def test_a_no_has_a_reason_that_is_shown(
        self, desk: Desk, desk_of: DeskOf, sami: User, draft: Campaign
    ) -> None:
        press(desk, draft)
        page = self.answer(desk_of(sami), draft, "reject")
        assert "Say why" in text_of(page)
        self.answer(desk_of(sami), draft, "reject", reason="Wrong list")
        assert "Sami Haddad did not approve it: “Wrong list”" in text_of(desk.get("review", draft))
        assert draft.state == "draft"

    def test_an_editor_cannot_answer(
        self, desk: Desk, desk_of: DeskOf, bob: User, draft: Campaign
    ) -> None:
        press(desk, draft)
        assert self.answer(desk_of(bob), draft, "approve").status_code == 403

    def test_the_engine_itself_does_not_launch_without(self, draft: Campaign, alice: User) -> None:
        with pytest.raises(LaunchRefused, match="approval"):
            launch.launch(draft, world.confirmed(draft, 12, user=alice))
