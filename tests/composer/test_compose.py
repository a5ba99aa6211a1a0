"""Writing a draft."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from campaigns.models import Campaign, CampaignList
from composer import drafts
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, Fields, complaints_of, fields_of, text_of
from tests.desks import DeskOf
from tests.world import launch_for_others

# Before every day that is typed here.
pytestmark = [pytest.mark.at("2026-12-01T15:00Z"), pytest.mark.thorough]

# What is typed, (part of) the sentence about it, and the field its link leads to.
Case = tuple[Fields, str, str]


def lists_in(campaign: Campaign) -> list[str]:
    return [one.recipient_list.name for one in campaign.list_choices.order_by("pk")]


# --- A new draft ----------------------------------------------------------------------------------


def test_a_new_campaign_opens_in_the_composer(desk: Desk, alice: User) -> None:
    answer = desk.post("campaign-new")

    campaign = Campaign.objects.get()
    assertRedirects(answer, desk.url("compose", campaign))
    assert (campaign.created_by, campaign.state, campaign.time_zone) == (
        alice,
        "draft",
        "America/New_York",
    )


def test_pressing_new_twice_makes_one_draft(desk: Desk) -> None:
    desk.post("campaign-new")
    desk.post("campaign-new")
    assert Campaign.objects.count() == 1


def test_a_draft_that_was_written_in_is_left_alone(desk: Desk) -> None:
    desk.post("campaign-new")
    desk.store(Campaign.objects.get(), text="Hello")
    desk.post("campaign-new")
    assert Campaign.objects.count() == 2


def test_a_new_campaign_begins_with_the_channel_used_last(
    desk: Desk, front_desk: Channel, clinic: Channel, patients: RecipientList
) -> None:
    world.a_campaign(clinic, patients, version=2)
    world.a_campaign(front_desk, patients, version=2)

    def begun() -> Channel | None:
        desk.post("campaign-new")
        return Campaign.objects.latest("pk").channel

    assert begun() == front_desk
    Campaign.objects.filter(version=1).delete()
    # Not one that is no longer in use.
    Channel.objects.filter(pk=front_desk.pk).update(is_active=False)
    assert begun() == clinic


def test_a_new_campaign_may_begin_with_a_list(desk: Desk, patients: RecipientList) -> None:
    desk.post("campaign-new", list=str(patients.public_id))
    assert lists_in(Campaign.objects.get()) == ["Patients 2026"]


@pytest.mark.parametrize("wanted", ["private", "garbage"])
def test_a_list_that_is_not_for_this_person_is_not_chosen(
    desk_of: DeskOf, bob: User, patients: RecipientList, wanted: str
) -> None:
    patients.visibility = "private"
    patients.save()
    desk_of(bob).post("campaign-new", list=str(patients.public_id) if wanted == "private" else "x")
    assert lists_in(Campaign.objects.get()) == []


# --- What the page offers -------------------------------------------------------------------------


def test_the_page_offers_the_teams_channels_and_the_persons_lists(
    desk_of: DeskOf, bob: User, draft: Campaign, elsewhere: Channel, riverside: Team
) -> None:
    hidden = world.a_list(riverside, world.phones(3), "Alice's own")
    hidden.visibility = "private"
    hidden.save()
    foreign = world.a_list(elsewhere.team, world.phones(3), "Of another team")

    text = text_of(desk_of(bob).get("compose", draft))

    assert "Front desk SMS" in text
    assert "Patients 2026" in text
    for name in (elsewhere.label, hidden.name, foreign.name):
        assert name not in text


def test_a_channel_that_is_no_longer_in_use_is_not_offered(desk: Desk, clinic: Channel) -> None:
    clinic.is_active = False
    clinic.save()
    desk.post("campaign-new")
    assert clinic.label not in text_of(desk.get("compose", Campaign.objects.get()))


def test_a_team_without_a_channel_is_told_who_makes_one(desk: Desk) -> None:
    desk.post("campaign-new")
    page = desk.get("compose", Campaign.objects.get())
    assert "Your team has no channel yet" in text_of(page)


def test_the_page_shows_what_the_draft_says(desk: Desk, draft: Campaign) -> None:
    fields = fields_of(desk.get("compose", draft))
    assert fields["text"] == "See you in spring."
    assert fields["channel"] == str(draft.channel.public_id)  # type: ignore[union-attr]
    assert fields["when"] == "now"


# --- Saving ---------------------------------------------------------------------------------------


def test_saving_stores_everything_that_was_typed(
    desk: Desk, draft: Campaign, clinic: Channel, riverside: Team
) -> None:
    guests = world.a_list(riverside, world.phones(3), "Guests")

    page = desk.write(
        draft,
        name="Spring",
        channel=clinic.public_id,
        lists=[guests.public_id],
        text="Hi!\r\n\r\nReply STOP to opt out.\r\n",
        media_kind="image",
        media_url="https://example.org/a.jpg",
        duplicates_allowed="on",
        when="later",
        date="2027-04-02",
        time="09:30",
        time_zone="Europe/Berlin",
    )

    assert "The draft is saved." in text_of(page)
    draft.refresh_from_db()
    assert drafts.content_of(draft) == drafts.Content(
        name="Spring",
        channel=clinic,
        lists=(guests,),
        duplicates_allowed=True,
        text="Hi!\n\nReply STOP to opt out.",
        media_kind="image",
        media_url="https://example.org/a.jpg",
        wall_time="2027-04-02T09:30",
        time_zone="Europe/Berlin",
    )
    assert draft.version == 2


def test_a_draft_that_was_saved_very_often_can_be_saved_again(desk: Desk, draft: Campaign) -> None:
    Campaign.objects.update(version=1234)
    assert "The draft is saved." in text_of(desk.write(draft, text="Again"))


def test_a_half_written_draft_may_be_saved(desk: Desk) -> None:
    desk.post("campaign-new")
    page = desk.write(Campaign.objects.get(), name="Later")
    assert complaints_of(page) == {}


def test_nothing_but_the_forms_fields_is_stored(desk: Desk, draft: Campaign) -> None:
    desk.store(draft, state="completed", team=999, confirmed_count=7)
    draft.refresh_from_db()
    assert (draft.state, draft.confirmed_count) == ("draft", None)


def test_a_text_that_is_markup_stays_text(desk: Desk, draft: Campaign) -> None:
    page = desk.write(draft, text="<script>alert(1)</script>{{7*7}}")
    assert "<script>alert" not in page.content.decode()
    assert fields_of(page)["text"] == "<script>alert(1)</script>{{7*7}}"


# --- What cannot be sent is told, and stays typed -------------------------------------------------


def test_review_names_everything_that_is_missing_next_to_its_field(desk: Desk) -> None:
    desk.post("campaign-new")
    page = desk.write(Campaign.objects.get(), "review")
    # In the order of the page: Who, then What.
    assert list(complaints_of(page).items()) == [
        ("Choose a list first.", "id_lists_0"),
        ("Choose the channel that sends this campaign.", "id_channel_0"),
        ("Write a text or attach an image, video or file.", "id_text"),
    ]
    # When comes last.
    page = desk.write(Campaign.objects.get(), "review", when="later")
    assert list(complaints_of(page).values()) == [
        "id_lists_0",
        "id_channel_0",
        "id_text",
        "id_date",
        "id_time",
    ]


def test_a_campaign_that_says_nothing_is_not_reviewed(desk: Desk, draft: Campaign) -> None:
    page = desk.write(draft, "review", text="   ")
    assert complaints_of(page) == {"Write a text or attach an image, video or file.": "id_text"}


NOT_SENDABLE: dict[str, Case] = {
    "too long": ({"text": "x" * 1601}, "The text is 1 character too long", "id_text"),
    "unknown field": (
        {"text": "Hi {{Dentist}}"},
        "None of the chosen lists has a field “Dentist”",
        "id_text",
    ),
    "no address": ({"media_kind": "image"}, "Enter the public address", "id_media_url"),
    "not http": (
        {"media_kind": "image", "media_url": "ftp://example.org/a.jpg"},
        "This is not a public web address",
        "id_media_url",
    ),
    "a script": (
        {"media_kind": "file", "media_url": "javascript:alert(1)"},
        "This is not a public web address",
        "id_media_url",
    ),
    "past": (
        {"when": "later", "date": "2020-01-01", "time": "09:30"},
        "This time has passed",
        "id_date",
    ),
    "gap": (
        {"when": "later", "date": "2027-03-14", "time": "02:30"},
        "The clocks skip this time. Choose an earlier or later one.",
        "id_date",
    ),
    "far": (
        {"when": "later", "date": "2031-03-14", "time": "09:30"},
        "more than a year ahead",
        "id_date",
    ),
}


@pytest.mark.parametrize("case", NOT_SENDABLE)
def test_what_cannot_be_sent_is_said_at_its_field_and_stays_typed(
    desk: Desk, draft: Campaign, case: str
) -> None:
    changes, sentence, target = NOT_SENDABLE[case]

    page = desk.write(draft, "review", **changes)

    found = complaints_of(page)
    assert [place for text, place in found.items() if sentence in text] == [target], found
    shown = fields_of(page)
    assert {name: shown[name] for name in changes} == changes


@pytest.mark.parametrize("case", [case for case in NOT_SENDABLE if case != "no address"])
def test_a_draft_with_such_a_fault_is_saved_and_says_so(
    desk: Desk, draft: Campaign, case: str
) -> None:
    changes, sentence, _target = NOT_SENDABLE[case]
    page = desk.write(draft, **changes)
    assert "The draft is saved." in text_of(page)
    assert any(sentence in text for text in complaints_of(page))


NOT_STORABLE: dict[str, Case] = {
    "no name": ({"name": " "}, "Give the campaign a name.", "id_name"),
    "no date": ({"when": "later", "time": "09:30"}, "Choose the day", "id_date"),
    "no time": ({"when": "later", "date": "2027-04-02"}, "Choose the time", "id_time"),
    "no such date": (
        {"when": "later", "date": "31.12.2026", "time": "09:30"},
        "Write the date as 2026-04-02.",
        "id_date",
    ),
    "year 202": (
        {"when": "later", "date": "0202-04-02", "time": "09:30"},
        "Write the year with four digits",
        "id_date",
    ),
    "no such zone": (
        {"when": "later", "date": "2027-04-02", "time": "09:30", "time_zone": "Mars/Olympus"},
        "There is no time zone “Mars/Olympus”",
        "id_time_zone",
    ),
    "which of the two": (
        {"when": "later", "date": "2027-11-07", "time": "01:30"},
        "this time comes twice",
        "id_fold_0",
    ),
    "no such channel": ({"channel": "nonsense"}, "not one of your team's", "id_channel_0"),
    "no such list": ({"lists": ["nonsense"]}, "You cannot use one of these lists", "id_lists_0"),
    "far too long": ({"text": "x" * 20_001}, "The text has 20001 characters", "id_text"),
}


@pytest.mark.parametrize("case", NOT_STORABLE)
def test_what_cannot_be_stored_is_said_and_nothing_is_saved(
    desk: Desk, draft: Campaign, case: str
) -> None:
    changes, sentence, target = NOT_STORABLE[case]

    page = desk.write(draft, **({"text": "Typed with care."} | changes))

    assert page.status_code == 422
    found = complaints_of(page)
    assert [place for text, place in found.items() if sentence in text] == [target], found
    draft.refresh_from_db()
    assert draft.version == 1
    typed = changes.get("text", "Typed with care.")
    assert fields_of(page)["text"] == typed


def test_another_teams_channel_cannot_be_chosen(
    desk: Desk, draft: Campaign, elsewhere: Channel
) -> None:
    page = desk.write(draft, channel=elsewhere.public_id)
    assert "This channel is not one of your team's" in " ".join(complaints_of(page))
    draft.refresh_from_db()
    assert draft.channel != elsewhere


@pytest.mark.parametrize("field", ["lists", "lists_left_out"])
def test_another_teams_list_cannot_be_chosen(
    desk: Desk, draft: Campaign, elsewhere: Channel, field: str
) -> None:
    foreign = world.a_list(elsewhere.team, world.phones(3))
    changes: Fields = {field: [foreign.public_id]}
    page = desk.write(draft, **changes)
    assert page.status_code == 422
    assert lists_in(draft) == ["Patients 2026"]


def test_a_list_cannot_get_the_message_and_be_left_out(
    desk: Desk, draft: Campaign, patients: RecipientList
) -> None:
    page = desk.write(draft, lists_left_out=[patients.public_id])
    assert "“Patients 2026” is chosen to get the message and to be left out" in text_of(page)


def test_faults_of_both_kinds_are_told_in_one_go(desk: Desk, draft: Campaign) -> None:
    page = desk.write(draft, "review", name="", text="x" * 1700)
    assert set(complaints_of(page).values()) == {"id_name", "id_text"}


def test_what_is_missing_is_told_with_what_is_wrong(desk: Desk, draft: Campaign) -> None:
    page = desk.write(draft, "review", name="", media_kind="video")
    assert set(complaints_of(page).values()) == {"id_name", "id_media_url"}


def test_all_faults_of_the_message_are_told_in_one_go(desk: Desk, draft: Campaign) -> None:
    wrong: Fields = {"media_kind": "image", "media_url": "ftp://a"}
    page = desk.write(draft, "review", name="", text="Hi {{Nick}} {{", **wrong)
    found = complaints_of(page)
    assert list(found.values()).count("id_text") == 2
    assert "id_media_url" in found.values()
    assert "id_name" in found.values()


PASSED: Fields = {"when": "later", "date": "2026-01-05", "time": "09:30"}


def test_a_missing_list_and_a_past_time_are_told_with_what_cannot_be_saved(
    desk: Desk, draft: Campaign
) -> None:
    page = desk.write(draft, "review", name="", lists=[], **PASSED)
    assert page.status_code == 422
    assert complaints_of(page) == {
        "Give the campaign a name.": "id_name",
        "Choose a list first.": "id_lists_0",
        "This time has passed. Choose a later one, or send it now.": "id_date",
    }
    # Whoever only saves is not told what is missing yet, but what is wrong.
    saved = complaints_of(desk.write(draft, "save", name="", lists=[], **PASSED))
    assert set(saved.values()) == {"id_name", "id_date"}


def test_no_time_is_judged_by_a_zone_that_is_none(desk: Desk, draft: Campaign) -> None:
    page = desk.write(draft, "review", time_zone="Mars/Olympus", **PASSED)
    assert page.status_code == 422
    assert not any("has passed" in one for one in complaints_of(page))


# --- Time -----------------------------------------------------------------------------------------


def test_a_time_that_does_not_exist_comes_with_two_that_do(desk: Desk, draft: Campaign) -> None:
    page = desk.write(draft, when="later", date="2027-03-14", time="02:30")
    html = page.content.decode()
    assert 'value="2027-03-14T01:30" data-use-time>01:30<' in html
    assert 'value="2027-03-14T03:30" data-use-time>03:30<' in html


def test_a_suggested_time_goes_into_the_fields_with_everything_else_still_there(
    desk: Desk, draft: Campaign
) -> None:
    form = fields_of(desk.get("compose", draft)) | {"when": "later", "text": "Half a"}
    page = desk.client.post(
        desk.url("compose", draft), form | {"use_time": "2027-03-14T03:30", "time": "02:30"}
    )
    fields = fields_of(page)
    assert (fields["date"], fields["time"], fields["text"]) == ("2027-03-14", "03:30", "Half a")
    draft.refresh_from_db()
    assert draft.version == 1


@pytest.mark.parametrize(("fold", "hour_in_utc"), [("0", 5), ("1", 6)])
def test_a_time_that_comes_twice_is_the_one_that_was_chosen(
    desk_of: DeskOf, alice: User, draft: Campaign, fold: str, hour_in_utc: int
) -> None:
    with time_machine.travel("2027-10-01T12:00:00Z", tick=False):
        page = desk_of(alice).write(
            draft, "review", when="later", date="2027-11-07", time="01:30", fold=fold
        )
    assert f'datetime="2027-11-07T0{hour_in_utc}:30:01+00:00"' in page.content.decode()


def test_the_composer_says_how_long_it_is_until_then(
    desk_of: DeskOf, alice: User, draft: Campaign
) -> None:
    with time_machine.travel("2027-04-02T10:18:00Z", tick=False):
        desk = desk_of(alice)
        form = fields_of(desk.get("compose", draft))
        page = desk.post(
            "moment", draft, **form | {"when": "later", "date": "2027-04-02", "time": "09:30"}
        )
    assert text_of(page).startswith("in 3 h 12 min · Fri 2 Apr, 09:30 EDT")


def test_a_time_in_another_zone_is_also_told_in_the_teams(
    desk_of: DeskOf, alice: User, draft: Campaign
) -> None:
    later = {"when": "later", "date": "2027-04-02", "time": "15:30", "time_zone": "Europe/Berlin"}
    with time_machine.travel("2027-04-02T10:18:00Z", tick=False):
        desk = desk_of(alice)
        page = desk.post("moment", draft, **fields_of(desk.get("compose", draft)) | later)
    assert "15:30 CEST · your team's time: Fri 2 Apr, 09:30 EDT" in text_of(page)


def test_a_time_that_has_passed_is_told_while_one_chooses(desk: Desk, draft: Campaign) -> None:
    past = {"when": "later", "date": "2020-04-02", "time": "09:30"}
    page = desk.post("moment", draft, **fields_of(desk.get("compose", draft)) | past)
    assert "This is in the past or less than 5 min ahead." in text_of(page)


def test_now_tells_the_undo_window(desk: Desk, draft: Campaign) -> None:
    page = desk.post("moment", draft, **fields_of(desk.get("compose", draft)))
    assert "5 min after you send it. You can undo all of it until then." in text_of(page)


# --- Two people -----------------------------------------------------------------------------------


def test_an_older_form_changes_nothing_and_says_who_was_quicker(
    desk: Desk, desk_of: DeskOf, bob: User, draft: Campaign
) -> None:
    older = fields_of(desk.get("compose", draft))
    desk_of(bob).store(draft, text="Bob's text")

    page = desk.send(older, draft, text="Alice's text")

    assert page.status_code == 409
    assert "Bob Okafor saved this draft at" in text_of(page)
    assert fields_of(page)["text"] == "Alice's text"
    draft.refresh_from_db()
    assert draft.text == "Bob's text"


def test_whoever_was_slower_may_save_over_it_knowingly(
    desk: Desk, desk_of: DeskOf, bob: User, draft: Campaign
) -> None:
    older = fields_of(desk.get("compose", draft))
    desk_of(bob).store(draft, text="Bob's text")
    draft.refresh_from_db()

    desk.send(older, draft, text="Alice's text", overwrite=str(draft.version))

    draft.refresh_from_db()
    assert draft.text == "Alice's text"


def test_saving_over_a_version_that_was_not_shown_is_refused_again(
    desk: Desk, desk_of: DeskOf, bob: User, draft: Campaign
) -> None:
    older = fields_of(desk.get("compose", draft))
    desk_of(bob).store(draft, text="Bob's text")
    desk_of(bob).store(draft, text="Bob's better text")

    page = desk.send(older, draft, text="Alice's text", overwrite="2")

    assert page.status_code == 409
    draft.refresh_from_db()
    assert draft.text == "Bob's better text"


def test_the_same_form_sent_twice_is_saved_once_without_a_fuss(desk: Desk, draft: Campaign) -> None:
    form = fields_of(desk.get("compose", draft)) | {"text": "Once"}
    desk.send(form, draft)
    page = desk.send(form, draft)
    assert page.status_code == 200
    draft.refresh_from_db()
    assert draft.version == 2


def test_a_draft_that_was_launched_meanwhile_is_not_changed(desk: Desk, draft: Campaign) -> None:
    older = fields_of(desk.get("compose", draft))
    world.launched(draft)
    page = desk.send(older, draft, text="Too late")
    assert "was sent or scheduled meanwhile" in text_of(page)
    assert fields_of(page)["text"] == "Too late"
    draft.refresh_from_db()
    assert draft.text == "See you in spring."


def test_a_colleagues_own_list_stays_in_the_draft_but_cannot_be_launched(
    desk_of: DeskOf, sami: User, draft: Campaign, patients: RecipientList
) -> None:
    patients.visibility = "private"
    patients.save()
    desk = desk_of(sami)

    page = desk.write(draft, "review", text="Sami's text")

    assert "“Patients 2026” belongs to Alice Moreau and is not shared with you" in text_of(page)
    assert lists_in(draft) == ["Patients 2026"]


def test_a_launch_that_came_back_says_why(desk: Desk, draft: Campaign, riverside: Team) -> None:
    launch_for_others(draft, 11)
    assert "the lists changed from 11 people to 12 people" in text_of(desk.get("compose", draft))


# --- The parts that answer while one writes -------------------------------------------------------


@pytest.mark.parametrize(("people", "said"), [(1, "1 segment"), (3, "3 segments")])
def test_the_bar_counts_segments_as_people_do(
    desk: Desk, front_desk: Channel, riverside: Team, people: int, said: str
) -> None:
    draft = world.a_campaign(front_desk, world.a_list(riverside, world.phones(people)))
    form = fields_of(desk.get("compose", draft))
    page = desk.post("figures", draft, **form).content.decode()
    assert f'data-fact-of="segments" data-words="{said}"' in page


def test_the_phone_shows_the_text_to_a_real_person_without_saving_it(
    desk: Desk, draft: Campaign
) -> None:
    form = fields_of(desk.get("compose", draft)) | {"text": "A new text"}
    text = text_of(desk.post("preview", draft, **form))
    assert "A new text" in text
    assert "As Person 2 gets it +1 202 555 0000" in text
    assert "1 of 12" in text
    draft.refresh_from_db()
    assert draft.text == "See you in spring."


def test_paging_through_the_people_works_without_scripts(desk: Desk, draft: Campaign) -> None:
    page = desk.write(draft, "save", text="Still here", person="next")
    assert "2 of 12" in text_of(page)
    assert fields_of(page)["text"] == "Still here"
    draft.refresh_from_db()
    assert draft.version == 1


def test_whoever_lacks_a_field_is_told_to_get_nothing(
    desk: Desk, draft: Campaign, patients: RecipientList
) -> None:
    patients.field_names = ["Dentist"]
    patients.save()
    form = fields_of(desk.get("compose", draft)) | {"text": "Dr. {{Dentist}} waits."}
    text = text_of(desk.post("preview", draft, **form))
    assert "This person gets no message (without a value for a field: Dentist)." in text


@pytest.mark.parametrize(
    ("provider", "look"), [("twlo", "phone-sms"), ("twlowa", "phone-whatsapp")]
)
def test_the_phone_looks_like_the_channel(
    desk: Desk, draft: Campaign, clinic: Channel, provider: str, look: str
) -> None:
    channel = Channel.objects.get(provider=provider)
    form = fields_of(desk.get("compose", draft)) | {"channel": channel.public_id}
    assert look in desk.post("preview", draft, **form).content.decode()


def test_the_phone_shows_a_text_that_is_too_long_all_the_same(desk: Desk, draft: Campaign) -> None:
    page = desk.write(draft, "review", text="y" * 1700)
    assert "<p>" + "y" * 1700 in page.content.decode()


def test_whatsapp_warns_of_its_window(desk: Desk, draft: Campaign, clinic: Channel) -> None:
    form = fields_of(desk.get("compose", draft)) | {"channel": clinic.public_id}
    assert "in the last 24 hours" in text_of(desk.post("preview", draft, **form))


def test_the_head_count_adds_up(
    desk: Desk, draft: Campaign, riverside: Team, patients: RecipientList
) -> None:
    world.opt_out(riverside, world.phones(12)[5])
    booked = world.a_list(riverside, world.phones(2, start=6), "Booked")
    form = fields_of(desk.get("compose", draft)) | {"lists_left_out": [booked.public_id]}

    text = text_of(desk.post("audience", draft, **form))

    assert text == "9 people get this message 1 duplicate 1 opted out 2 left out by a list"


def test_duplicates_count_when_they_may_be_sent(desk: Desk, draft: Campaign) -> None:
    form = fields_of(desk.get("compose", draft)) | {"duplicates_allowed": "on"}
    assert text_of(desk.post("audience", draft, **form)) == "13 people get this message"


def test_without_a_list_nobody_is_counted(desk: Desk, draft: Campaign) -> None:
    form = fields_of(desk.get("compose", draft)) | {"lists": []}
    assert "Choose a list" in text_of(desk.post("audience", draft, **form))


# --- Deleting, and who may ------------------------------------------------------------------------


def test_a_draft_can_be_deleted(desk: Desk, draft: Campaign) -> None:
    assertRedirects(desk.post("campaign-delete", draft), desk.url("campaigns"))
    assert not Campaign.objects.exists()


def test_a_draft_whose_launch_was_taken_back_can_be_deleted(desk: Desk, draft: Campaign) -> None:
    launch_for_others(draft, 11)
    desk.post("campaign-delete", draft)
    assert not Campaign.objects.exists()


def test_what_was_launched_cannot_be_deleted(desk: Desk, draft: Campaign) -> None:
    world.launched(draft)
    answer = desk.post("campaign-delete", draft)
    assertRedirects(answer, desk.url("campaign", draft))
    assert CampaignList.objects.filter(campaign=draft).exists()


def test_what_was_launched_opens_on_its_page(desk: Desk, draft: Campaign) -> None:
    world.launched(draft)
    assertRedirects(desk.get("compose", draft), desk.url("campaign", draft))


PAGES = ["compose", "preview", "audience", "moment", "campaign-delete"]


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_finds_nothing(
    desk_of: DeskOf, charlie: User, draft: Campaign, name: str
) -> None:
    assert desk_of(charlie).post(name, draft).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_another_teams_draft_is_not_in_mine(desk: Desk, elsewhere: Channel, name: str) -> None:
    foreign = world.a_campaign(elsewhere)
    assert desk.post(name, foreign).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_a_viewer_may_not_write(desk_of: DeskOf, vera: User, draft: Campaign, name: str) -> None:
    answer = desk_of(vera).post(name, draft)
    assert answer.status_code == 403
    assert "Your role in this team does not allow this" in text_of(answer)


@pytest.mark.parametrize("name", PAGES)
def test_nobody_writes_without_signing_in(nobodys_desk: Desk, draft: Campaign, name: str) -> None:
    assert nobodys_desk.post(name, draft)["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("name", ["preview", "audience", "moment", "campaign-delete"])
def test_reading_an_address_that_acts_is_refused(desk: Desk, draft: Campaign, name: str) -> None:
    assert desk.get(name, draft).status_code == 405


def test_making_a_draft_by_reading_is_refused(desk: Desk) -> None:
    assert desk.get("campaign-new").status_code == 405


def test_an_editor_may_write(desk_of: DeskOf, bob: User, draft: Campaign) -> None:
    assert "The draft is saved." in text_of(desk_of(bob).write(draft, text="By Bob"))


def test_looking_changes_nothing(desk: Desk, draft: Campaign) -> None:
    before = Campaign.objects.values().get()
    desk.get("compose", draft)
    desk.get("compose", draft, check="")
    assert Campaign.objects.values().get() == before


def test_a_time_that_is_too_soon_is_refused(desk: Desk, draft: Campaign) -> None:
    soon = timezone.now() + timedelta(minutes=2)
    page = desk.write(
        draft,
        "review",
        when="later",
        date=f"{soon:%Y-%m-%d}",
        time=f"{soon:%H:%M}",
        time_zone="UTC",
    )
    assert any("less than 5 minutes ahead" in text for text in complaints_of(page))
