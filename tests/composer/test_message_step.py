"""The message step: rules for fields, figures over all people, fields to insert."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape

import pytest

from campaigns.models import Campaign
from recipients.models import Recipient, RecipientList
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, Fields, complaints_of, fields_of, text_of

pytestmark = pytest.mark.thorough

TEXT = "See {{Dentist}}, {{CUSTOMER_NAME}}."


@pytest.fixture
def dental(patients: RecipientList) -> RecipientList:
    """The patients with a dentist each, but for one."""
    patients.field_names = ["Dentist", "Last visit"]
    patients.save()
    people = list(Recipient.objects.filter(recipient_list=patients).order_by("pk"))
    for number, person in enumerate(people):
        person.fields = {"Dentist": "Dr. Osei" if number else "", "Last visit": "03/04/2026"}
    Recipient.objects.bulk_update(people, ["fields"])
    return patients


def rule(number: int, name: str, missing: str = "write", text: str = "us") -> Fields:
    return {
        f"rule_name_{number}": name,
        f"rule_missing_{number}": missing,
        f"rule_text_{number}": text,
    }


# --- Rules for fields -----------------------------------------------------------------------------


def test_what_is_written_for_an_empty_field_is_kept(
    desk: Desk, draft: Campaign, dental: RecipientList
) -> None:
    desk.store(draft, text=TEXT, day_first="day", **rule(0, "Dentist", text="  your  dentist "))

    draft.refresh_from_db()
    assert draft.field_rules == {"fallbacks": {"Dentist": "your dentist"}, "day_first": True}
    fields = fields_of(desk.get("compose", draft))
    assert (fields["rule_name_0"], fields["rule_text_0"]) == ("Dentist", "your dentist")
    assert (fields["rule_missing_0"], fields["day_first"]) == ("write", "day")
    # CUSTOMER_NAME has a row of its own too: whoever has none is left out.
    assert (fields["rule_name_1"], fields["rule_missing_1"]) == ("CUSTOMER_NAME", "leave_out")


def test_a_field_may_be_left_out_again(desk: Desk, draft: Campaign, dental: RecipientList) -> None:
    desk.store(draft, text=TEXT, **rule(0, "Dentist"))
    draft.refresh_from_db()
    desk.store(draft, **rule(0, "Dentist", "leave_out"))
    draft.refresh_from_db()
    assert draft.field_rules == {}


def test_a_form_without_rows_leaves_the_rules_alone(desk: Desk, draft: Campaign) -> None:
    draft.field_rules = {"fallbacks": {"Dentist": "us"}}
    draft.save()
    form = fields_of(desk.get("compose", draft))
    bare = {name: value for name, value in form.items() if not name.startswith("rule_")}
    desk.send(bare, draft, text="Another text")
    draft.refresh_from_db()
    assert (draft.text, draft.field_rules) == ("Another text", {"fallbacks": {"Dentist": "us"}})


def test_a_field_inside_a_fallback_is_pointed_out_and_kept(
    desk: Desk, draft: Campaign, dental: RecipientList
) -> None:
    page = desk.write(draft, text=TEXT, **rule(0, "Dentist", text="{{Other}}"))

    assert page.status_code == 422
    found = complaints_of(page)
    assert [at for said, at in found.items() if "not filled in" in said] == ["id_rule_text_0"]
    fields = fields_of(page)
    assert (fields["text"], fields["rule_text_0"]) == (TEXT, "{{Other}}")


def test_a_rule_with_a_fault_is_in_sight_though_the_text_has_no_use_for_it(
    desk: Desk, draft: Campaign, dental: RecipientList
) -> None:
    page = desk.write(draft, text="Hi", **rule(0, "Dentist", text="{{Other}}"))
    html = page.content.decode()
    assert '<fieldset class="field-rules" data-field-rules>' in html
    assert '<div class="field-rule" data-rule="Dentist">' in html


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hi {{Nickname}}", "None of the chosen lists has a field “Nickname”."),
        ("Hi {{dentist}}", "Did you mean “Dentist”?"),
        ("Hi {{Dentist", "The field “{{Dentist” is not closed."),
        ("{{#ifeq Dentist}}x{{/ifeq}}", "“ifeq” is written differently"),
    ],
)
def test_a_fault_in_a_field_stops_the_launch_and_loses_nothing(
    desk: Desk, draft: Campaign, dental: RecipientList, text: str, sentence: str
) -> None:
    page = desk.write(draft, "review", text=text)
    found = complaints_of(page)
    assert [at for said, at in found.items() if sentence in said] == ["id_text"], found
    assert fields_of(page)["text"] == text


def test_the_phone_follows_the_rules_of_the_form(
    desk: Desk, draft: Campaign, dental: RecipientList
) -> None:
    form = fields_of(desk.get("compose", draft)) | {"text": TEXT}
    form |= {"media_kind": "image", "media_url": "https://example.org/smile.png"}
    found = text_of(desk.post("preview", draft, **form))
    assert "This person gets no message" in found
    assert "smile.png" not in found
    told = desk.post("preview", draft, **form | rule(0, "Dentist", text="your dentist"))
    assert "See your dentist, Person 2." in text_of(told)


# --- Days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "value", "written"),
    [
        ("US", "2026-09-04", "September 4, 2026"),
        ("GB", "2026-09-04", "4 September 2026"),
        ("GB", "2026-09-04 14:30", "4 September 2026, 14:30"),
        ("GB", "4.9.2026", "4 September 2026"),
        # Nobody knows which day that is.
        ("GB", "03/04/2026", "03/04/2026"),
        ("GB", "room 4", "room 4"),
    ],
)
def test_a_day_of_a_list_is_inserted_as_people_write_it(
    desk: Desk, draft: Campaign, patients: RecipientList, country: str, value: str, written: str
) -> None:
    Team.objects.update(default_country=country)
    world.fill(patients, "Last visit", ["", *[value] * 12])
    page = desk.get("compose", draft).content.decode()
    inserts = re.search(r'data-field="Last visit"\s+data-inserts="([^"]+)"', page)
    assert inserts
    form = fields_of(desk.get("compose", draft))
    form |= {"text": f"Seen {unescape(inserts[1])}.", "shown": "0"}
    assert f"Seen {written}." in text_of(desk.post("preview", draft, **form))


def test_in_spanish_a_day_is_written_in_figures(
    desk: Desk, draft: Campaign, patients: RecipientList
) -> None:
    # The names of months are English in a message, whoever writes it.
    world.fill(patients, "Last visit", ["2026-09-04"] * 13)
    User.objects.update(language="es")
    page = unescape(desk.get("compose", draft).content.decode())
    assert '{{#dateFormat "d/m/yyyy"}}{{Last visit}}{{/dateFormat}}' in page


# --- The phone ------------------------------------------------------------------------------------


def test_one_can_page_through_the_people(desk: Desk, draft: Campaign) -> None:
    form = fields_of(desk.get("compose", draft))
    page = desk.post("preview", draft, **form, person="next")
    assert "2 of 12" in text_of(page)
    for nonsense in ("-4", "nobody", "go-", "go-x", "go-999999999999999999999", "search-x"):
        assert "1 of 12" in text_of(desk.post("preview", draft, **form, person=nonsense))


def test_a_person_is_found_by_number(desk: Desk, draft: Campaign) -> None:
    form = fields_of(desk.get("compose", draft)) | {"person_words": "(202) 555-0007"}
    found = text_of(desk.post("preview", draft, **form, person="search"))
    assert "among 12" in found
    assert "+1 202 555 0007" in found
    form["person_words"] = "Nobody"
    assert "Nobody on these lists matches “Nobody”" in text_of(
        desk.post("preview", draft, **form, person="search")
    )


@pytest.mark.both_databases
def test_the_phone_opens_on_the_first_person_who_gets_the_message(
    desk: Desk, draft: Campaign, dental: RecipientList
) -> None:
    desk.store(draft, text=TEXT)
    page = desk.get("compose", draft)
    assert "2 of 12" in text_of(page)
    assert "See Dr. Osei, Person 3." in text_of(page)
    for phone in world.phones(4):
        world.opt_out(draft.team, phone)
    assert "See Dr. Osei, Person 6." in text_of(desk.get("compose", draft))


def test_where_nobody_gets_the_message_the_phone_says_why(desk: Desk, draft: Campaign) -> None:
    for phone in world.phones(12):
        world.opt_out(draft.team, phone)
    page = text_of(desk.get("compose", draft))
    assert "1 of 12" in page
    assert "gets no message (opted out)" in page


def test_whoever_opted_out_is_said_to_get_nothing(desk: Desk, draft: Campaign) -> None:
    form = fields_of(desk.get("compose", draft))
    world.opt_out(draft.team, world.phones(1)[0])
    assert "gets no message (opted out)" in text_of(desk.post("preview", draft, **form))


def test_people_of_a_list_that_is_not_chosen_stay_hidden(
    desk: Desk, draft: Campaign, riverside: Team
) -> None:
    other = world.a_list(riverside, world.phones(1, 70)).recipients.get()
    form = fields_of(desk.get("compose", draft))
    for ask in ({"person": f"go-{other.pk}"}, {"shown": str(other.pk)}):
        page = desk.post("preview", draft, **form | ask)
        # However it is written; the page's own ids may hold any four digits.
        assert not re.search(r"555\D?0070", page.content.decode())


# --- Fields to insert -----------------------------------------------------------------------------


def test_the_fields_are_those_of_the_chosen_lists(
    desk: Desk, draft: Campaign, dental: RecipientList
) -> None:
    form = fields_of(desk.get("compose", draft))
    offered = "From your lists Name Dentist Last visit Phone Sender's name Team's name"
    assert offered in text_of(desk.post("text-fields", draft, **form))
    form["lists"] = []
    assert "Last visit" not in text_of(desk.post("text-fields", draft, **form))


# --- Figures --------------------------------------------------------------------------------------


def figures_of(desk: Desk, draft: Campaign, **changes: str) -> str:
    form = fields_of(desk.get("compose", draft)) | changes
    return text_of(desk.post("figures", draft, **form))


def test_figures_and_cost_are_those_of_the_rendered_texts(
    desk: Desk, draft: Campaign, dental: RecipientList, riverside: Team
) -> None:
    riverside.price_per_segment = Decimal("0.01")
    riverside.save()
    text = "x" * 145 + TEXT
    found = figures_of(desk, draft, text=text)
    assert "Get it 11 of 12 Segments 2 In total 22 Cost 0.22 USD" in found
    assert "1 person has no Dentist: left out. See one" in found
    assert "Different texts 11" in found


def test_a_small_shortening_is_proposed(desk: Desk, draft: Campaign, riverside: Team) -> None:
    riverside.price_per_segment = Decimal("0.01")
    riverside.save()
    found = figures_of(desk, draft, text="x" * 164)
    assert "Get it" not in found
    assert "Removing 4 characters saves a segment for 12 people (0.12 USD)." in found


def test_dates_that_could_be_two_days_are_told(
    desk: Desk, draft: Campaign, dental: RecipientList
) -> None:
    text = '{{#dateFormat "d mmmm"}}{{Last visit}}{{/dateFormat}}'
    assert "Left out: 12 with a date that cannot be read." in figures_of(desk, draft, text=text)
    form = fields_of(desk.get("compose", draft)) | {"text": text}
    told = desk.post("preview", draft, **form | {"day_first": "month"})
    assert "4 March" in text_of(told)


@pytest.mark.parametrize(
    ("days", "is_asked"),
    [
        (["03/04/2026"], True),
        (["2026-04-03"], False),
        (["31/12/2026", "2026-04-03"], False),
        (["31/12/2026", "03/04/2026"], True),
    ],
)
def test_how_to_read_dates_is_asked_where_some_date_needs_it(
    desk: Desk, draft: Campaign, dental: RecipientList, days: list[str], is_asked: bool
) -> None:
    for number, person in enumerate(dental.recipients.order_by("pk")):
        day = days[number % len(days)]
        Recipient.objects.filter(pk=person.pk).update(fields={"Last visit": day})
    desk.store(draft, text='{{#dateFormat "d mmmm"}}{{Last visit}}{{/dateFormat}}')
    page = desk.get("compose", draft).content.decode()
    question = page.split("data-date-rule")[1].split(">")[0]
    assert ("hidden" not in question) == is_asked


def test_too_many_different_texts_say_what_to_do(
    desk: Desk, draft: Campaign, settings: object
) -> None:
    settings.MAX_DISTINCT_TEXTS = settings.MAX_MESSAGES_ONE_BY_ONE = 5  # type: ignore[attr-defined]
    found = figures_of(desk, draft, text="Hi {{CUSTOMER_NAME}}")
    assert "12 different texts. One campaign can have 5." in found
    assert "Use fewer fields" in found


def test_a_text_with_a_fault_has_no_figures(desk: Desk, draft: Campaign) -> None:
    assert figures_of(desk, draft, text="Hi {{CUSTOMER_NAME") == ""


# --- Names that Sociocs fills in ------------------------------------------------------------------


def test_leaving_the_names_to_sociocs_is_offered_only_where_its_account_can(
    desk: Desk, draft: Campaign
) -> None:
    form = fields_of(desk.get("compose", draft))
    assert "Let Sociocs fill in the names" not in text_of(desk.post("text-fields", draft, **form))
    assert draft.channel is not None
    draft.channel.account.name_placeholder = "{{name}}"
    draft.channel.account.save()
    assert "{{name}} stands in for each name" in text_of(desk.post("text-fields", draft, **form))

    text = "Hi {{CUSTOMER_NAME}}"
    desk.store(draft, text=text, name_by_sociocs="on")

    draft.refresh_from_db()
    assert draft.field_rules == {"name_placeholder": "{{name}}"}
    # The phone shows what the person reads; one text goes to all of them.
    form = fields_of(desk.get("compose", draft))
    assert "Hi Person 2" in text_of(desk.post("preview", draft, **form))
    assert "Different texts" not in text_of(desk.post("figures", draft, **form))
