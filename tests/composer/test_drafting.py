"""Drafts that save themselves, people who meet in one, and copies."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
import time_machine

from campaigns import copying
from campaigns.models import Campaign
from composer.models import DraftPage
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, Fields, Page, fields_of, text_of
from tests.desks import DeskOf

# Before every day that is typed here.
pytestmark = [pytest.mark.at("2026-12-01T15:00Z"), pytest.mark.thorough]


class Composer:
    """An open composer page: what its script would send, one save after the other."""

    def __init__(self, desk: Desk, draft: Campaign) -> None:
        self.desk, self.draft = desk, draft
        self.fields = fields_of(desk.get("compose", draft))

    def save(self, is_heard: bool = True, **typed: object) -> Page:
        """Type and save; `is_heard` is false when the answer never comes back."""
        self.fields |= {**typed, "n": str(int(self.fields["n"]) + 1)}
        answer = self.desk.post("autosave", self.draft, **self.fields)
        version = re.search(r'data-version="(\d+)"', answer.content.decode())
        if answer.status_code == 200 and is_heard and version:
            self.fields["version"] = version[1]
        return answer

    def look(self, **more: str) -> Page:
        known = {name: self.fields[name] for name in ("page", "version")}
        return self.desk.post("draft-open", self.draft, **known, **more)


@pytest.fixture
def mine(desk: Desk, draft: Campaign) -> Composer:
    return Composer(desk, draft)


@pytest.fixture
def bobs(desk_of: DeskOf, bob: User, draft: Campaign) -> Composer:
    return Composer(desk_of(bob), draft)


def text_in(draft: Campaign) -> str:
    return Campaign.objects.get(pk=draft.pk).text


# --- Saving by itself -----------------------------------------------------------------------------


@pytest.mark.both_databases
def test_what_is_typed_is_stored_and_the_time_is_told(
    desk_of: DeskOf, alice: User, draft: Campaign
) -> None:
    with time_machine.travel("2027-04-02T16:04:00Z", tick=False):
        answer = Composer(desk_of(alice), draft).save(text="Half a sen")
    assert text_of(answer) == "Saved 12:04"
    assert text_in(draft) == "Half a sen"


def test_saving_goes_on_with_the_version_that_saving_made(mine: Composer, draft: Campaign) -> None:
    for text in ("One", "One two", "One two three"):
        assert mine.save(text=text).status_code == 200
    draft.refresh_from_db()
    assert (draft.text, draft.version) == ("One two three", 4)


def test_what_the_draft_says_already_makes_no_new_version(mine: Composer, draft: Campaign) -> None:
    for _ in range(3):
        assert mine.save(text="Same").status_code == 200
    draft.refresh_from_db()
    assert draft.version == 2


CANNOT_BE_STORED: dict[str, tuple[Fields, str]] = {
    "a time twice": (
        {"when": "later", "date": "2027-11-07", "time": "01:30"},
        "Which of the two: The clocks go back",
    ),
    "no such day": (
        {"when": "later", "date": "tomorrow", "time": "09:30"},
        "Date: Write the date as 2026-04-02.",
    ),
    "no such list": ({"lists": [str(uuid4())]}, "Send to: You cannot use one of these lists"),
}


@pytest.mark.parametrize("case", CANNOT_BE_STORED)
def test_what_cannot_be_stored_is_told_and_the_rest_is_stored(
    mine: Composer, draft: Campaign, case: str
) -> None:
    faulty, sentence = CANNOT_BE_STORED[case]
    answer = mine.save(text="Kept", **faulty)
    assert "except:" in text_of(answer)
    assert sentence in text_of(answer)
    draft.refresh_from_db()
    assert (draft.text, draft.name, draft.wall_time) == ("Kept", "Spring check-up", "")
    assert draft.list_choices.count() == 1


@pytest.mark.parametrize(
    ("empty", "fields"),
    [
        ({"when": "later", "date": "", "time": ""}, "Date, Time"),
        ({"when": "later", "date": "", "time": "09:30"}, "Date"),
        ({"name": ""}, "Name"),
    ],
)
def test_what_nobody_has_filled_in_yet_is_no_mistake(
    mine: Composer, draft: Campaign, empty: Fields, fields: str
) -> None:
    answer = mine.save(text="Kept", **empty)
    assert f"Still to fill in: {fields}." in text_of(answer)
    assert "text-warning" not in answer.content.decode()
    # The page still asks before somebody leaves it.
    assert "data-left-behind" in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.text, draft.name, draft.wall_time) == ("Kept", "Spring check-up", "")


def test_a_form_without_its_version_is_not_stored(mine: Composer, draft: Campaign) -> None:
    answer = mine.save(text="Kept?", version="")
    assert answer.status_code == 422
    assert "Not saved yet" in text_of(answer)
    assert text_in(draft) == "See you in spring."


def test_another_teams_list_is_not_stored_either(
    mine: Composer, draft: Campaign, elsewhere: Channel
) -> None:
    foreign = world.a_list(elsewhere.team, world.phones(3))
    mine.save(lists=[str(foreign.public_id)])
    assert not draft.list_choices.filter(recipient_list=foreign).exists()


# --- Two people -----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_colleagues_version_is_never_saved_over(
    mine: Composer, bobs: Composer, draft: Campaign
) -> None:
    bobs.save(text="Bob's text")
    answer = mine.save(text="Alice's text")
    assert answer.status_code == 409
    assert "Bob Okafor saved this draft at" in text_of(answer)
    assert "Save mine over it" in text_of(answer)
    assert mine.save(text="Alice's longer text").status_code == 409
    assert text_in(draft) == "Bob's text"


@pytest.mark.both_databases
def test_an_answer_that_got_lost_is_no_conflict_with_oneself(
    mine: Composer, draft: Campaign
) -> None:
    mine.save(text="One", is_heard=False)
    assert mine.save(text="One two").status_code == 200
    page = mine.desk.send({**mine.fields, "version": "1", "n": "3"}, draft, text="One two three")
    assert page.status_code == 200
    assert text_in(draft) == "One two three"


@pytest.mark.both_databases
def test_a_save_that_was_overtaken_by_a_later_one_changes_nothing(
    mine: Composer, draft: Campaign
) -> None:
    before = dict(mine.fields)
    mine.save(text="Late", is_heard=False)
    mine.save(text="Later")
    overtaken = mine.desk.post("autosave", draft, **before | {"text": "Early", "n": "1"})
    assert overtaken.status_code == 409
    assert text_in(draft) == "Later"


def test_a_lost_answer_does_not_hide_a_colleague(
    mine: Composer, bobs: Composer, draft: Campaign
) -> None:
    mine.save(text="Alice's", is_heard=False)
    Composer(bobs.desk, draft).save(text="Bob's")
    assert mine.save(text="Alice's again").status_code == 409
    assert text_in(draft) == "Bob's"


def test_the_mark_of_somebody_elses_page_opens_nothing(
    mine: Composer, bobs: Composer, draft: Campaign
) -> None:
    mine.save(text="Alice's")
    bobs.fields["page"] = mine.fields["page"]
    bobs.fields["n"] = "50"
    assert bobs.save(text="Bob's").status_code == 409
    assert text_in(draft) == "Alice's"


@pytest.mark.both_databases
def test_a_campaign_that_was_launched_meanwhile_is_not_changed(
    mine: Composer, draft: Campaign
) -> None:
    world.launched(draft)
    answer = mine.save(text="Too late")
    assert answer.status_code == 409
    assert "was sent or scheduled meanwhile" in text_of(answer)
    assert text_in(draft) == "See you in spring."
    assert "was sent or scheduled" in text_of(mine.look())


@pytest.mark.both_databases
def test_people_in_one_draft_see_each_other(mine: Composer, bobs: Composer) -> None:
    assert text_of(mine.look()) == ""
    assert "Alice Moreau has this draft open too" in text_of(bobs.look())
    assert "Bob Okafor has this draft open too" in text_of(mine.look())
    bobs.look(leaving="yes")
    assert text_of(mine.look()) == ""


@pytest.mark.both_databases
def test_a_page_that_falls_silent_is_forgotten(
    desk_of: DeskOf, alice: User, bob: User, draft: Campaign
) -> None:
    with time_machine.travel("2027-04-02T16:00:00Z", tick=False) as clock:
        mine, bobs = Composer(desk_of(alice), draft), Composer(desk_of(bob), draft)
        bobs.look()
        assert "Bob Okafor" in text_of(mine.look())
        clock.shift(60)
        assert text_of(mine.look()) == ""
        clock.shift(3 * 86400)
        Composer(desk_of(alice), draft).look()
    assert DraftPage.objects.count() == 1


def test_who_saved_a_newer_version_is_told_before_one_types(mine: Composer, bobs: Composer) -> None:
    bobs.save(text="Newer")
    text = text_of(mine.look())
    assert "Bob Okafor saved a newer version at" in text
    assert "Show the newer one" in text


def test_ones_own_other_tab_is_told(mine: Composer, draft: Campaign) -> None:
    Composer(mine.desk, draft).look()
    assert "in another tab" in text_of(mine.look())


@pytest.mark.parametrize("page", ["", "nonsense"])
def test_a_page_without_a_mark_is_not_noted(desk: Desk, draft: Campaign, page: str) -> None:
    assert desk.post("draft-open", draft, page=page).status_code == 422
    assert not DraftPage.objects.exists()


# --- Copies ---------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_copy_says_what_the_campaign_says(
    desk: Desk, riverside: Team, front_desk: Channel, patients: RecipientList, alice: User
) -> None:
    campaign = world.a_campaign(
        front_desk,
        patients,
        text="Hi {{CUSTOMER_NAME}}",
        media_kind="image",
        media_url="https://example.org/a.jpg",
        field_rules={"fallbacks": {"Dentist": "us"}},
        duplicates_allowed=True,
        pace_count=100,
        pace_minutes=5,
    )
    booked = world.a_list(riverside, world.phones(2), "Booked")
    campaign.list_choices.create(recipient_list=booked, kind="exclude")
    world.launched(campaign)

    page = desk.client.post(desk.url("campaign-duplicate", campaign), follow=True)

    assert "This is a copy of “Spring check-up”" in text_of(page)
    copy = Campaign.objects.latest("pk")
    assert (copy.name, copy.state, copy.version) == ("Spring check-up (copy)", "draft", 2)
    assert (copy.created_by, copy.message, copy.launch_token) == (alice, None, None)
    names = [one.name for one in copying.content_fields() if one.name != "name"]
    assert {n: getattr(copy, n) for n in names} == {n: getattr(campaign, n) for n in names}
    chosen = copy.list_choices.values_list("recipient_list__name", "kind")
    assert set(chosen) == {("Patients 2026", "include"), ("Booked", "exclude")}


@pytest.mark.parametrize(
    ("wall_time", "copied"),
    [
        ("2026-12-24T09:30", "2027-04-02T09:30"),
        ("2026-12-24T06:00", "2027-04-03T06:00"),
        ("2027-04-02T18:00", "2027-04-02T18:00"),
        ("", ""),
    ],
)
def test_a_time_that_has_passed_is_set_to_the_next_day_with_that_hour(
    desk_of: DeskOf, alice: User, draft: Campaign, wall_time: str, copied: str
) -> None:
    Campaign.objects.update(wall_time=wall_time, time_zone="America/New_York")
    with time_machine.travel("2027-04-02T11:00:00Z", tick=False):
        desk_of(alice).post("campaign-duplicate", draft)
    assert Campaign.objects.latest("pk").wall_time == copied


@pytest.mark.both_databases
def test_a_very_long_name_stays_within_its_room(desk: Desk, draft: Campaign) -> None:
    Campaign.objects.update(name="x" * 120)
    desk.post("campaign-duplicate", draft)
    assert Campaign.objects.latest("pk").name == "x" * 113 + " (copy)"


def test_the_history_and_the_campaigns_page_offer_it(
    desk: Desk, desk_of: DeskOf, vera: User, draft: Campaign
) -> None:
    world.launched(draft)
    url = desk.url("campaign-duplicate", draft)
    for page in (desk.get("campaigns"), desk.get("campaign", draft)):
        assert url in page.content.decode()
    assert url not in desk_of(vera).get("campaigns").content.decode()
