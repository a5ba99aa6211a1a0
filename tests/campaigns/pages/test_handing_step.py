"""The composer's question how a campaign goes out, and the fields of an approved template."""

from __future__ import annotations

import pytest

from campaigns.models import Campaign, Channel, MessageTemplate
from campaigns.writing import copying, field_use, message, message_templates
from recipients.models import RecipientList
from teams.models import User
from tests.campaigns import world
from tests.campaigns.pages.browsing import Desk, fields_of, text_of

TYPED = {
    "template_id": "HX1",
    "template_body": "Hello {{1}}, see you.",
    "template_variables": "1 = {{CUSTOMER_NAME}}",
}
KEPT = {"id": "HX1", "body": "Hello {{1}}, see you.", "variables": "1 = {{CUSTOMER_NAME}}"}


@pytest.fixture
def whatsapp_draft(clinic: Channel, patients: RecipientList) -> Campaign:
    return world.a_campaign(clinic, patients, text="A text of our own")


# --- Nothing typed is lost ------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["jobs", "each"])
def test_a_template_is_kept_aside_while_another_way_is_chosen(
    desk: Desk, whatsapp_draft: Campaign, way: str
) -> None:
    draft = whatsapp_draft
    desk.write(draft, handing="template", **TYPED)
    desk.write(draft, handing=way)
    draft.refresh_from_db()
    assert (draft.template, draft.template_aside) == ({}, KEPT)
    assert draft.one_by_one is (way == "each")
    fields = fields_of(desk.get("compose", draft))
    assert {name: fields[name] for name in TYPED} == TYPED
    # It is not what goes out.
    assert "A text of our own" in text_of(desk.post("preview", draft, **fields))

    desk.write(draft, handing="template")
    draft.refresh_from_db()
    assert (draft.template, draft.template_aside) == (KEPT, {})
    assert draft.one_by_one


def test_a_template_typed_before_it_was_chosen_is_kept(
    desk: Desk, whatsapp_draft: Campaign
) -> None:
    desk.write(whatsapp_draft, handing="jobs", **TYPED)
    whatsapp_draft.refresh_from_db()
    assert whatsapp_draft.template_aside == KEPT


def test_a_text_stays_with_the_draft_and_out_of_the_template_that_goes_out(
    desk: Desk, whatsapp_draft: Campaign, alice: User
) -> None:
    draft = whatsapp_draft
    media = {"media_kind": "image", "media_url": "https://example.org/a.jpg"}
    desk.write(draft, text="Hi {{Dentist}}", **media)
    page = desk.write(draft, "review", handing="template", **TYPED)
    assert "as the approved template HX1" in text_of(page)
    assert "a.jpg" not in text_of(page)
    draft.refresh_from_db()
    assert field_use.uses_of(draft.team, alice) == []
    sent = message.message_of(draft)
    assert (sent.text, sent.media_kind, sent.media_url) == ("", "", "")
    fields = fields_of(desk.get("compose", draft))
    assert (fields["text"], fields["media_url"]) == ("Hi {{Dentist}}", media["media_url"])


def test_copies_and_saved_messages_have_what_is_aside_too(
    desk: Desk, whatsapp_draft: Campaign, alice: User
) -> None:
    desk.write(whatsapp_draft, handing="each", **TYPED)
    whatsapp_draft.refresh_from_db()
    assert copying.duplicate(whatsapp_draft, alice).template_aside == KEPT
    saved = message_templates.make(whatsapp_draft, alice, "Reminder", "")
    assert MessageTemplate.objects.get() == saved
    assert message_templates.begin(saved, alice).template_aside == KEPT
