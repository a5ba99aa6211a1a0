"""The pages of what Sociocs reports: which channels, and what people wrote back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign
from delivery.models import Reply, WebhookEndpoint
from delivery.replies import submission_of
from recipients.models import OptOut, RecipientList
from recipients.opting_out import opt_outs
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from teams.models import User
from tests import world
from tests.browsing import Desk, text_of
from tests.desks import DeskOf
from tests.world import accepted, job

pytestmark = [pytest.mark.thorough]


def reported(channel: Channel, **fields: Any) -> WebhookEndpoint:
    values = {"secret": Secret.of("hush-hush"), "state": "on", "subscription_id": "s1"} | fields
    return WebhookEndpoint.objects.create(channel=channel, **values)


def test_each_channel_says_whether_and_what_is_reported(
    desk: Desk, front_desk: Channel, clinic: Channel, elsewhere: Channel
) -> None:
    reported(front_desk, unattributed_count=1234, wants_replies=False)
    text = text_of(desk.get("delivery"))
    assert f"Clinic WhatsApp {clinic.channel_key} Off" in text
    assert re.search(r"Front desk SMS \+[\d ]+ On", text)
    assert "which messages arrived Last report nothing yet" in text
    assert "1,234 messages: Sociocs has not said" in text
    assert "Not yours" not in text


def test_the_secret_is_shown_to_nobody(desk: Desk, front_desk: Channel) -> None:
    reported(front_desk)
    html = desk.get("delivery").content.decode()
    assert "hush-hush" not in html
    assert WebhookEndpoint.objects.get().secret.token not in html


@pytest.mark.parametrize(
    ("state", "reason", "sentence"),
    [
        (
            "unclear",
            "timeout",
            "The reports may or may not be on (Sociocs stayed silent for too long)",
        ),
        ("failed", "authentication", "Sociocs does not accept the channel's API key."),
        ("gone", "", "Switch them on again."),
    ],
)
def test_what_went_wrong_is_said(
    desk: Desk, front_desk: Channel, state: str, reason: str, sentence: str
) -> None:
    reported(front_desk, state=state, reason=reason)
    assert sentence in text_of(desk.get("delivery"))


def test_only_owners_see_buttons(desk_of: DeskOf, front_desk: Channel, sami: User) -> None:
    reported(front_desk)
    assert "Renew" not in text_of(desk_of(sami).get("delivery"))


def test_nothing_chosen_changes_nothing(desk: Desk, front_desk: Channel) -> None:
    url = desk.url("delivery-on", None, front_desk.public_id)
    page = desk.client.post(url, follow=True)
    assert "Choose at least one: which messages arrived" in text_of(page)
    assert not WebhookEndpoint.objects.exists()


def a_reply(channel: Channel, text: str, **fields: Any) -> Reply:
    now = timezone.now()
    return Reply.objects.create(
        **{
            "team": channel.team,
            "channel": channel,
            "message_id": text,
            "phone": "+12025550001",
            "text": text,
            "sent_at": now,
            "received_at": now,
        }
        | fields
    )


@pytest.mark.both_databases
def test_replies_are_shown_newest_first_with_their_campaign(
    desk: Desk, draft: Any, front_desk: Channel, elsewhere: Channel
) -> None:
    world.launched(draft)
    a_reply(front_desk, "See you <b>there</b>", campaign=draft)
    a_reply(front_desk, "STOP", wish="stop")
    a_reply(elsewhere, "Not for us")
    page = desk.get("replies")
    text = text_of(page)
    assert text.index("Opted out") < text.index("See you <b>there</b>")
    assert b"See you <b>" not in page.content
    assert "Spring check-up" in text
    assert "Not for us" not in text
    assert "See you" not in text_of(desk.get("replies", wish=""))
    of_one = text_of(desk.get("campaign-replies", draft))
    assert "See you" in of_one
    assert "Opted out" not in of_one


def test_replies_are_found_by_words_name_and_number_and_no_address_names_them(
    desk: Desk, front_desk: Channel
) -> None:
    a_reply(front_desk, "Can I come on Thursday?", name="Ada Eze", phone="+12025550155")
    a_reply(front_desk, "Thank you", name="Ben Ito")

    def found(words: str) -> str:
        answer = desk.client.post(desk.url("replies-search"), {"words": words})
        assert answer["Location"] == desk.url("replies")
        return text_of(desk.get("replies"))

    for words in ("thursday", "ada", "202 555-0155"):
        assert "Thursday" in found(words)
        assert "Thank you" not in found(words)
    assert "No reply holds these words" in found("zebra")
    assert "Thank you" in found("  ")


def test_no_number_stands_in_an_address(desk: Desk, front_desk: Channel) -> None:
    reply = a_reply(front_desk, "Hi")
    html = desk.get("replies").content.decode()
    assert "12025550001/" not in html
    html = desk.client.get(desk.url("reply", None, reply.public_id)).content.decode()
    assert "/people/" in html
    assert "12025550001/" not in html


@pytest.mark.both_databases
def test_beside_a_reply_stands_what_was_written_back_and_forth(
    desk: Desk, draft: Campaign, front_desk: Channel
) -> None:
    world.launched(draft)
    accepted(job(draft), "a", slot=timezone.now() - timedelta(minutes=5))
    first = a_reply(front_desk, "Who is this?", campaign=draft)
    a_reply(front_desk, "Yes please", campaign=draft)
    other = a_reply(front_desk, "Not I", phone="+12025550099")
    text = text_of(desk.client.get(desk.url("reply", None, first.public_id)))
    thread = text.partition("About this person")[2]
    order = [draft.text, "Who is this?", "Yes please"]
    assert [thread.index(words) for words in order] == sorted(map(thread.index, order))
    assert "Not I" not in thread
    thread = text_of(desk.client.get(desk.url("reply", None, other.public_id)))
    assert draft.text not in thread


def test_a_reply_to_another_team_is_not_there(desk: Desk, elsewhere: Channel) -> None:
    reply = a_reply(elsewhere, "Not for us")
    assert desk.client.get(desk.url("reply", None, reply.public_id)).status_code == 404


def test_what_a_private_campaign_wrote_to_somebody_is_not_read_in_their_thread(
    desk_of: DeskOf, bob: User, draft: Campaign, front_desk: Channel, patients: RecipientList
) -> None:
    Campaign.objects.update(text="Hi {{CUSTOMER_NAME}}, see you in spring.")
    draft.refresh_from_db()
    world.launched(draft)
    person = draft.recipients.get(phone="+12025550001")
    theirs = submission_of(person)
    assert theirs is not None
    accepted(theirs, "a", slot=timezone.now() - timedelta(minutes=5))
    reply = a_reply(front_desk, "Thanks", campaign=draft)
    url = reverse("reply", args=[draft.team.slug, reply.public_id])
    patients.visibility = "private"
    patients.save()
    assert "Hi {{CUSTOMER_NAME}}, see you" in text_of(desk_of(bob).client.get(url))
    assert person.name not in text_of(desk_of(bob).client.get(url)).partition("You sent:")[2]


def test_a_reply_is_marked_as_new_until_it_was_looked_at(desk: Desk, front_desk: Channel) -> None:
    a_reply(front_desk, "Hello")
    page = desk.get("replies")
    assert "Unread" in text_of(page)
    newest = re.search(r'name="newest" value="([^"]+)"', page.content.decode())
    assert newest is not None
    desk.client.post(desk.url("replies-read"), {"newest": newest[1]})
    assert "Unread" not in text_of(desk.get("replies"))


def held_back(channel: Channel, text: str = "Wrong number") -> Reply:
    opt_outs.add_opt_outs(channel.team, ["+12025550001"], OptOut.Source.UNSURE, None)
    return a_reply(channel, text, wish="maybe")


def test_what_may_be_a_wish_waits_to_be_decided(desk: Desk, front_desk: Channel) -> None:
    assert "Nothing to decide" in text_of(desk.get("replies", unsure=""))
    held_back(front_desk)
    a_reply(front_desk, "Thank you")
    page = text_of(desk.get("replies", unsure=""))
    assert "Wants to stop? 1" in page
    assert "left out until you decide" in page
    assert "Thank you" not in page


@pytest.mark.both_databases
def test_one_click_opts_out_whoever_was_held_back(desk: Desk, front_desk: Channel) -> None:
    reply = held_back(front_desk)
    desk.client.post(desk.url("reply-opt-out", None, reply.public_id))
    assert OptOut.objects.open().get().source == OptOut.Source.BY_HAND
    assert "Nothing to decide" in text_of(desk.get("replies", unsure=""))


def test_one_click_lets_whoever_was_held_back_be(desk: Desk, front_desk: Channel) -> None:
    reply = held_back(front_desk)
    url = desk.url("reply-let-be", None, reply.public_id)
    desk.client.post(url)
    assert not OptOut.objects.open().exists()
    assert "already decided about this person" in text_of(desk.client.post(url, follow=True))


def test_letting_be_lifts_no_sure_wish(desk: Desk, front_desk: Channel) -> None:
    reply = a_reply(front_desk, "Wrong number", wish="maybe")
    world.opt_out(front_desk.team, reply.phone)
    desk.client.post(desk.url("reply-let-be", None, reply.public_id))
    assert OptOut.objects.open().exists()


def test_anybody_who_wrote_can_be_opted_out_and_one_is_back_where_one_was(
    desk: Desk, front_desk: Channel
) -> None:
    reply = a_reply(front_desk, "My son has this phone now")
    url, here = desk.url("reply-opt-out", None, reply.public_id), desk.url("replies") + "?wish"
    assert desk.client.post(url, {"back": here}).headers["Location"] == here
    assert "Opted out" in text_of(desk.get("replies"))
    elsewhere = desk.client.post(url, {"back": "https://example.org/"}).headers["Location"]
    assert elsewhere == desk.url("replies")


@pytest.mark.both_databases
def test_new_replies_are_counted_until_they_are_looked_at(desk: Desk, front_desk: Channel) -> None:
    assert "Replies 1 new" not in text_of(desk.get("overview"))
    a_reply(front_desk, "Hello")
    assert "Replies 1 new" in text_of(desk.get("overview"))
    newest = re.search(r'name="newest" value="([^"]+)"', desk.get("replies").content.decode())
    assert newest is not None
    desk.client.post(desk.url("replies-read"), {"newest": newest[1]})
    desk.client.post(desk.url("replies-read"), {"newest": "made up"})
    assert "Replies 1 new" not in text_of(desk.get("overview"))
    a_reply(front_desk, "Hello again")
    assert "Replies 1 new" in text_of(desk.get("overview"))
