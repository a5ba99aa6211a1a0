"""Registering WhatsApp templates: a paste is taken apart, and a change says what it breaks."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.urls import reverse

from campaigns.models import Campaign, WhatsAppTemplate
from composer import message_templates
from composer.template_paste import take_apart
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from teams.models import User
from tests import world
from tests.browsing import Desk, Page, complaints_of, fields_of, text_of

pytestmark = pytest.mark.thorough

SID = "HX0123456789abcdef0123456789abcdef"
TWILIO = {
    "sid": SID,
    "friendly_name": "check_up_due",
    "language": "en_US",
    "variables": {"1": "Noor"},
    "types": {
        "twilio/text": {"body": "plain"},
        "whatsapp/card": {
            "body": "Hi {{1}}, your check-up was on {{2}}.",
            "header_text": "Riverside",
            "footer": "Reply STOP to opt out",
            "actions": [
                {"type": "URL", "title": "Book a visit", "url": "https://example.org/{{3}}"},
                {"type": "QUICK_REPLY", "title": "Not now", "id": "no"},
            ],
        },
    },
    "approval_requests": {"name": "check_up", "category": "UTILITY", "status": "approved"},
}
GUPSHUP = {
    "id": "c6aecef6-0000-4000-8000-000000000000",
    "elementName": "table_ready",
    "languageCode": "de",
    "category": "MARKETING",
    "templateType": "IMAGE",
    "status": "REJECTED",
    "data": "Ihr Tisch, {{1}}!\nBis gleich | [Karte,https://example.org/{{1}}]",
}
CONTAINER = {
    "data": "Ihr Tisch, {{1}}!",
    "footer": "Bis gleich",
    "buttons": [{"type": "PHONE_NUMBER", "text": "Anrufen", "phone_number": "+4930123456"}],
}
CONSOLE = f"""Template name
check_up_due
Content template SID: {SID}
Template language
German
WhatsApp category
Marketing
Status: WhatsApp approved
Content type
Text
Body
Hallo {{{{first_name}}}},
Ihre Kontrolle: {{{{day}}}}.
Footer
Praxis am Fluss"""


def url(desk: Desk, name: str, template: WhatsAppTemplate | None = None) -> str:
    return reverse(name, args=[desk.team.slug, *([template.public_id] if template else [])])


def paste(desk: Desk, text: str, **fields: Any) -> Page:
    return desk.client.post(
        url(desk, "whatsapp-template-new"), {"pasted": text, "read": "", **fields}
    )


def shown(page: Page) -> dict[str, Any]:
    form = page.context["form"]
    return {name: form[name].value() for name in form.fields}


# --- What is pasted -------------------------------------------------------------------------------


def test_twilios_json_is_taken_apart_and_saved(desk: Desk, clinic: Channel) -> None:
    page = paste(desk, json.dumps({"contents": [TWILIO]}))
    fields = shown(page)
    assert "Not found" not in text_of(page)
    assert fields == {
        "channel": str(clinic.public_id),
        "name": "check_up_due",
        "provider_id": SID,
        "language": "en_US",
        "category": "utility",
        "status": "approved",
        "header_kind": "text",
        "header": "Riverside",
        "body": "Hi {{1}}, your check-up was on {{2}}.",
        "footer": "Reply STOP to opt out",
        "buttons": "Book a visit = https://example.org/{{3}}\nNot now",
    }
    desk.client.post(url(desk, "whatsapp-template-new"), fields)
    made = WhatsAppTemplate.objects.get()
    assert made.channel == clinic
    assert made.said()["buttons"] == [
        {"text": "Book a visit", "to": "https://example.org/{{3}}"},
        {"text": "Not now", "to": ""},
    ]
    assert "check_up_due" in text_of(desk.client.get(url(desk, "whatsapp-templates")))


@pytest.mark.parametrize(
    ("said", "found", "told"),
    [
        (
            json.dumps({"status": "success", "templates": [GUPSHUP]}),
            {
                "name": "table_ready",
                "provider_id": GUPSHUP["id"],
                "language": "de",
                "category": "marketing",
                "status": "refused",
                "header_kind": "image",
                "body": "Ihr Tisch, {{1}}!\nBis gleich",
                "buttons": "Karte = https://example.org/{{1}}",
            },
            [],
        ),
        (
            json.dumps(
                {
                    "template": GUPSHUP
                    | {"templateType": "TEXT", "containerMeta": json.dumps(CONTAINER)}
                }
            ),
            {
                "name": "table_ready",
                "provider_id": GUPSHUP["id"],
                "language": "de",
                "category": "marketing",
                "status": "refused",
                "body": "Ihr Tisch, {{1}}!",
                "footer": "Bis gleich",
                "buttons": "Anrufen = +4930123456",
            },
            [],
        ),
        (
            CONSOLE,
            {
                "name": "check_up_due",
                "provider_id": SID,
                "language": "de",
                "category": "marketing",
                "status": "approved",
                "body": "Hallo {{first_name}},\nIhre Kontrolle: {{day}}.",
                "footer": "Praxis am Fluss",
            },
            [],
        ),
        (
            "Your table is ready, {{1}}. | [Map,https://example.org] | [Call,+4930123456]",
            {
                "body": "Your table is ready, {{1}}.",
                "buttons": "Map = https://example.org\nCall = +4930123456",
            },
            ["Not found: name, id, language, category, whether WhatsApp approved it."],
        ),
        (
            json.dumps(
                TWILIO | {"language": "Klingon!", "types": {"twilio/carousel": {"body": "A"}}}
            ),
            {"provider_id": SID, "body": "A"},
            ["“Klingon!” is not a word we know", "“twilio/carousel” is a kind of template"],
        ),
        ('{"sid": "HX', {}, ["begins like JSON, but is not complete"]),
        ('{"hello": 1}', {}, ["No template was found in this."]),
        (json.dumps([TWILIO, TWILIO]), {"name": "check_up_due"}, ["There are 2 templates in this"]),
    ],
    ids=["gupshup", "gupshup-parts", "console", "text", "unknown", "cut", "other", "two"],
)
def test_a_paste_is_taken_apart(said: str, found: dict[str, str], told: list[str]) -> None:
    taken = take_apart(said)
    values = {name: text for name, text in taken.values.items() if text}
    assert found.items() <= values.items()
    if not told:
        assert values == found
    assert len(told) <= len(taken.unread) if told else not taken.unread
    for sentence in told:
        assert any(sentence in one for one in taken.unread)


def test_half_a_character_in_a_paste_is_shown_as_a_question_mark(
    desk: Desk, clinic: Channel
) -> None:
    halves = {**TWILIO, "friendly_name": "a\ud800b", "types": {"\udc00": {"body": "Hi \udfff"}}}
    fields = shown(paste(desk, json.dumps(halves)))
    assert (fields["name"], fields["body"]) == ("a?b", "Hi ?")


@pytest.mark.parametrize("long", ["|[" * 50_000, " " * 100_000, "|[a," * 25_000])
def test_a_long_paste_is_read_at_once(long: str) -> None:
    began = time.process_time()
    assert take_apart(f"name: x\nbody: a{long}b").values["name"] == "x"
    assert time.process_time() - began < 20


def test_what_cannot_be_read_keeps_what_was_typed(desk: Desk, clinic: Channel) -> None:
    page = paste(desk, "{", name="Mine", body="Hello")
    assert page.status_code == 422
    assert "is not complete" in text_of(page)
    assert (shown(page)["name"], shown(page)["body"]) == ("Mine", "Hello")
    assert page.context["pasted"] == "{"


def test_a_paste_of_another_provider_chooses_its_channel(desk: Desk, clinic: Channel) -> None:
    india = world.a_channel(clinic.team, provider="gswa", channel_key="india", label="India")
    page = paste(desk, json.dumps(GUPSHUP), channel=str(clinic.public_id))
    assert shown(page)["channel"] == str(india.public_id)


# --- What is typed --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"body": ""}, "id_body"),
        ({"body": "x" * 1025}, "id_body"),
        ({"body": "Hi {{first name}}"}, "id_body"),
        ({"language": "Englisch"}, "id_language"),
        ({"header_kind": "text"}, "id_header"),
        ({"buttons": "x" * 26}, "id_buttons"),
        ({"channel": ""}, "id_channel"),
    ],
)
def test_what_whatsapp_would_not_take_is_told_and_kept(
    desk: Desk, clinic: Channel, changes: dict[str, str], field: str
) -> None:
    typed = {"channel": str(clinic.public_id), "name": "A", "provider_id": "HX1", "body": "Hi"}
    page = desk.client.post(
        url(desk, "whatsapp-template-new"), typed | {"status": "approved"} | changes
    )
    assert page.status_code == 422
    assert set(complaints_of(page).values()) == {field}
    assert not WhatsAppTemplate.objects.exists()


def test_an_id_is_registered_once_for_a_channel(desk: Desk, clinic: Channel) -> None:
    there = world.a_whatsapp_template(clinic)
    typed = {"channel": str(clinic.public_id), "name": "A", "body": "Hi", "status": "approved"}
    typed["provider_id"] = there.provider_id
    page = desk.client.post(url(desk, "whatsapp-template-new"), typed)
    sentence = "“Check-up due” has this id already. Change that one instead."
    assert complaints_of(page) == {sentence: "id_provider_id"}


# --- What a change breaks -------------------------------------------------------------------------


@pytest.fixture
def used(clinic: Channel, patients: RecipientList, alice: User) -> WhatsAppTemplate:
    """A template that a draft, a saved message and a scheduled campaign keep copies of."""
    template = world.a_whatsapp_template(clinic, body="Hi {{1}}")
    values = {"1": "{{CUSTOMER_NAME}}"}
    kept = {
        **template.said(),
        "of": str(template.public_id),
        "name": template.name,
        "variables": f"1 = {values['1']}",
    }
    says = {"text": "", "template": kept, "one_by_one": True}
    draft = world.a_campaign(clinic, patients, name="Autumn draft", **says)
    message_templates.make(draft, alice, "Autumn message", "")
    world.launched(world.a_campaign(clinic, patients, name="On its way", **says))
    return template


def test_a_change_says_what_it_breaks_before_it_is_saved(
    desk: Desk, used: WhatsAppTemplate
) -> None:
    address = url(desk, "whatsapp-template", used)
    form = fields_of(desk.client.get(address), "whatsapp-template")
    page = desk.client.post(address, form | {"body": "Dear {{1}}"})
    assert page.status_code == 409
    told = text_of(page)
    for name in ("Nothing is saved yet", "Autumn draft", "Autumn message", "On its way"):
        assert name in told
    used.refresh_from_db()
    assert used.body == "Hi {{1}}"
    desk.client.post(address, form | {"body": "Dear {{1}}", "confirmed": ""})
    used.refresh_from_db()
    assert used.body == "Dear {{1}}"
    launched = Campaign.objects.get(name="On its way")
    assert launched.message
    assert launched.message.template["body"] == "Hi {{1}}"


def test_another_name_breaks_nothing(desk: Desk, used: WhatsAppTemplate) -> None:
    address = url(desk, "whatsapp-template", used)
    form = fields_of(desk.client.get(address), "whatsapp-template")
    assert desk.client.post(address, form | {"name": "Due"}).status_code == 302


def test_deleting_says_what_it_breaks(desk: Desk, used: WhatsAppTemplate) -> None:
    address = url(desk, "whatsapp-template-delete", used)
    told = text_of(desk.client.get(address))
    assert "Autumn draft" in told
    assert "On its way" in told
    desk.client.post(address)
    assert desk.client.get(url(desk, "whatsapp-template", used)).status_code == 404


def test_templates_are_found_by_a_word_of_their_text(desk: Desk, clinic: Channel) -> None:
    world.a_whatsapp_template(clinic, name="First", body="About teeth")
    world.a_whatsapp_template(clinic, name="Second", body="About gums")
    page = desk.client.get(url(desk, "whatsapp-templates"), {"words": "TEETH"})
    assert "First" in text_of(page)
    assert "Second" not in text_of(page)
