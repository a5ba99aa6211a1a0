"""The schedule step of the composer: what may be typed, what is said about it, what is stored."""

from __future__ import annotations

import re
from datetime import time
from html import unescape

import pytest

from campaigns.models import Campaign
from composer import drafts
from teams.models import Team, User
from tests.browsing import Desk, Fields, Page, complaints_of, fields_of, text_of

# A winter's morning in New York, before every day that is typed here.
pytestmark = [pytest.mark.at("2027-01-10T15:00Z"), pytest.mark.thorough]

LATER: Fields = {"when": "later", "date": "2027-04-02", "time": "09:30"}
WEEKLY: Fields = LATER | {"repeats": "week", "repeat_days": ["0", "3"]}


def moment(desk: Desk, draft: Campaign, **changes: object) -> str:
    """What the page says below the time that is typed."""
    fields = fields_of(desk.get("compose", draft))
    return text_of(desk.client.post(desk.url("moment", draft), {**fields, **changes}))


def test_a_new_draft_keeps_the_teams_hours(desk: Desk, riverside: Team, alice: User) -> None:
    riverside.hours_from, riverside.hours_to = time(10), time(18)
    riverside.save()
    draft = drafts.create(riverside, alice)
    assert (draft.hours_from, draft.hours_to) == (time(10), time(18))


def test_the_whole_step_is_stored_and_shown_again(desk: Desk, draft: Campaign) -> None:
    typed = WEEKLY | {
        "hours": "set",
        "hours_from": "08:00",
        "hours_to": "20:00",
        "hours_zone": "recipient",
        "continues_next_day": "on",
        "clock_keeper": "here",
        "is_paced": "yes",
        "pace_count": "500",
        "pace_every": "2",
        "pace_unit": "hours",
        "repeat_ends": "after",
        "repeat_times": "4",
    }
    page = desk.write(draft, **typed)

    assert not complaints_of(page)
    draft.refresh_from_db()
    assert (draft.pace_count, draft.pace_minutes, draft.clock_keeper) == (500, 120, "here")
    assert (draft.hours_from, draft.hours_to, draft.hours_zone) == (time(8), time(20), "recipient")
    # Friday the 2nd is the first of four; the last is the Monday in the week after the next.
    assert draft.repeat == {
        "every": "week",
        "at": "09:30",
        "zone": "America/New_York",
        "days": [0, 3],
        "until": "2027-04-12",
        "times": 4,
    }
    shown = fields_of(page)
    assert {name: shown[name] for name in typed if name != "repeat_days"} == {
        name: value for name, value in typed.items() if name != "repeat_days"
    }


@pytest.mark.parametrize(
    ("typed", "sentence", "field"),
    [
        ({"hours": "set", "hours_from": "9", "hours_to": "19:00"}, "09:30", "id_hours_from"),
        ({"hours": "set", "hours_from": ""}, "such as 09:00", "id_hours_from"),
        ({"is_paced": "yes", "pace_every": "10"}, "such as 500", "id_pace_count"),
        ({"is_paced": "yes", "pace_count": "0", "pace_every": "9"}, "at least 1", "id_pace_count"),
        ({"is_paced": "yes", "pace_count": "9"}, "such as 10 minutes", "id_pace_every"),
        ({"repeats": "day"}, "choose “Later”", "id_repeats"),
        (LATER | {"repeats": "week"}, "such as Mon", "id_repeat_days_0"),
        (WEEKLY | {"repeat_ends": "after"}, "such as 4", "id_repeat_times"),
        (
            WEEKLY | {"repeat_ends": "on", "repeat_until": "2027-04-01"},
            "Choose 2027-04-02 or later.",
            "id_repeat_until",
        ),
        (LATER | {"time_zone": "Mars/Olympus"}, "such as Europe/Berlin", "id_time_zone"),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field(
    desk: Desk, draft: Campaign, typed: Fields, sentence: str, field: str
) -> None:
    page = desk.write(draft, **typed)
    found = {where: said for said, where in complaints_of(page).items()}
    assert sentence in found[field]
    assert fields_of(page)["text"] == draft.text


def test_hours_without_a_slot_are_told_with_hours_that_work(desk: Desk, draft: Campaign) -> None:
    page = desk.write(draft, "review", hours="set", hours_from="19:00", hours_to="09:00")
    assert any("Try 09:00 to 19:00." in one for one in complaints_of(page))


def test_a_pace_that_never_ends_is_told_with_one_that_does(desk: Desk, draft: Campaign) -> None:
    slow = {"is_paced": "yes", "pace_count": "1", "pace_every": "99", "pace_unit": "days"}
    page = desk.write(draft, "review", **slow)
    (sentence,) = complaints_of(page)
    assert "At 1 person every 99 days it would take more than a year" in sentence
    assert "Try 12 people every 99 days" in sentence


def taken(desk: Desk, draft: Campaign, page: Page, name: str) -> Page:
    """Press the first button below the time that offers something else, then save and review.

    What was typed besides is still there in between.
    """
    (value, *_others) = re.findall(rf'name="{name}" value="([^"]*)" data-use', offered(page))
    typed = fields_of(page)
    mended = desk.client.post(desk.url("compose", draft), {**typed, name: unescape(value)})
    fields = fields_of(mended)
    assert fields["text"] == typed["text"] == "Typed and not saved."
    return desk.client.post(desk.url("compose", draft), {**fields, "review": ""}, follow=True)


def offered(page: Page) -> str:
    return str(page.content.decode()).partition('id="moment"')[2].partition("</details>")[0]


@pytest.mark.parametrize(
    ("typed", "sentence", "name"),
    [
        (
            {"when": "later", "date": "2020-01-01", "time": "09:30"},
            "This is in the past or less than",
            "use_time",
        ),
        (
            {"when": "later", "date": "2031-01-01", "time": "09:30"},
            "This is more than a year ahead. Choose an earlier time.",
            "use_time",
        ),
        (
            {"when": "later", "date": "2027-03-14", "time": "02:30"},
            "The clocks skip this time. Choose an earlier or later one.",
            "use_time",
        ),
        (
            {"hours": "set", "hours_from": "19:00", "hours_to": "09:00"},
            "These sending hours leave no time to send",
            "use",
        ),
        # Up to the end of the day, which no field takes as 24:00.
        ({"hours": "set", "hours_from": "23:45", "hours_to": "23:45"}, "22:45 to 24:00", "use"),
        (
            {"is_paced": "yes", "pace_count": "1", "pace_every": "99", "pace_unit": "days"},
            "At 1 person every 99 days it would take more than a year. This works: 12 people",
            "use",
        ),
    ],
)
def test_what_is_suggested_instead_works_and_nothing_typed_is_lost(
    desk: Desk, draft: Campaign, typed: Fields, sentence: str, name: str
) -> None:
    page = desk.write(draft, "review", text="Typed and not saved.", person="next", **typed)
    assert sentence in text_of(page)
    page = taken(desk, draft, page, name)
    assert not complaints_of(page)
    assert "Review “Spring check-up”" in text_of(page)


def is_unfolded(page: Page) -> bool:
    """Whether the choices besides the time are shown at once."""
    (tag,) = re.findall(r'<details class="schedule-more"[^>]*>', page.content.decode())
    return " open" in tag


@pytest.mark.parametrize(
    ("stop_way", "is_blocked", "is_taken_out"),
    [("both", True, True), ("take_out", False, True), ("block", True, False)],
)
def test_what_becomes_of_those_who_opt_out_later_is_what_the_team_chose(
    desk: Desk, draft: Campaign, stop_way: str, is_blocked: bool, is_taken_out: bool
) -> None:
    Team.objects.filter(pk=draft.team_id).update(stop_way=stop_way)
    page = text_of(desk.get("compose", draft))
    assert ("is blocked at Sociocs" in page) == is_blocked
    assert ("taken out" in page) == is_taken_out


def test_the_choices_besides_the_time_are_told_in_a_line_and_folded(
    desk: Desk, riverside: Team, alice: User
) -> None:
    riverside.hours_from, riverside.hours_to = time(10), time(18)
    riverside.save()
    page = desk.get("compose", drafts.create(riverside, alice))
    line = "Only from 10:00 to 18:00 · as fast as your number can · just once"
    assert line in text_of(page)
    assert not is_unfolded(page)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hours": "set", "hours_from": "08:00", "hours_to": "20:00"}, "Only from 08:00 to 20:00"),
        (
            {"hours": "set", "hours_zone": "recipient"},
            "Only from 09:00 to 19:00 · in each person's own time zone",
        ),
        (
            {"is_paced": "yes", "pace_count": "500", "pace_every": "10"},
            "At any time of day · at most 500 people every 10 minutes",
        ),
        (WEEKLY, "as fast as your number can · repeating"),
        ({"clock_keeper": "here"}, "just once · waits on this server"),
    ],
)
def test_what_is_out_of_the_ordinary_is_told_and_shown_at_once(
    desk: Desk, draft: Campaign, changes: Fields, words: str
) -> None:
    assert words in moment(desk, draft, **changes)
    assert is_unfolded(desk.write(draft, **changes))


def test_a_wrong_choice_is_shown_at_once(desk: Desk, draft: Campaign) -> None:
    # "Now" and the team's hours, but for the day of the last run.
    assert is_unfolded(desk.write(draft, **LATER, repeat_until="tomorrow"))


# It is 23:00 on 29 March in New York.
@pytest.mark.at("2027-03-30T03:00Z", tick=False)
class TestWhatTheTimeMeans:
    def test_how_far_away_it_is(self, desk: Desk, draft: Campaign) -> None:
        told = moment(desk, draft, **LATER)
        assert "in 3 days 10 h · Fri 2 Apr, 09:30 EDT" in told

    def test_at_night_it_waits_for_the_hours(self, desk: Desk, draft: Campaign) -> None:
        night = {"hours": "set", "hours_from": "09:00", "hours_to": "19:00"}
        told = moment(desk, draft, **night)
        assert "now outside your sending hours (09:00 to 19:00)" in told
        assert "in 10 h · Tue 30 Mar, 09:00 EDT" in told

    def test_how_long_the_sender_needs(self, desk: Desk, draft: Campaign) -> None:
        people = draft.lists.get()
        people.recipient_count = 43_200
        people.save()
        told = moment(desk, draft)
        assert "An ordinary number sends about one segment a second: this takes 12 h." in told
        assert "what waits longer than 10 h is dropped. Set a pace of at most 3,600" in told

    def test_the_next_runs_keep_their_wall_time(self, desk: Desk, draft: Campaign) -> None:
        told = moment(desk, draft, **WEEKLY)
        assert "It goes out every Monday and Thursday at 09:30" in told
        assert "Mon 5 Apr, 09:30 EDT" in told

    def test_quick_choices_have_words(self, desk: Desk, draft: Campaign) -> None:
        text = text_of(desk.get("compose", draft))
        assert "Tomorrow at 9:00 Monday at 9:00" in text
