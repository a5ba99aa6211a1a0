"""`/webhook-subscriptions`: the program is called as Sociocs would call it (`events`)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse

from api.sociocs_door import envelope
from api.sociocs_door.answering import DoorCall
from api.sociocs_door.bodies import CallBody
from api.sociocs_door.calls import Checked
from api.sociocs_door.faults import CallFault, not_there, said_of
from events.kinds import MESSAGES, VENDOR_KINDS
from events.models import Receiver
from events.receivers import NotTaken, VendorWish, put_vendor_receiver, remove_receiver

_TEXTS = ("platform", "provider", "channel_key", "subscriber_reference_id", "webhook_url")
_LONGEST = 200
_LONGEST_URL = 2000


def save_subscription(call: DoorCall) -> HttpResponse:
    """`POST /webhook-subscriptions`: the same `subscriber_reference_id` again changes it."""
    wish = _wish(call, call.body())
    try:
        receiver = put_vendor_receiver(call.caller.team, call.caller.user, wish)
    except NotTaken as refused:
        raise CallFault(said_of("webhook_url", refused.sentence)) from None
    return envelope.success({"id": receiver.public_id.hex})


def _wish(call: DoorCall, body: CallBody) -> VendorWish:
    checked = Checked(body.fields)
    said = {
        name: checked.text(name, _LONGEST_URL if name == "webhook_url" else _LONGEST)
        for name in (*_TEXTS, "secret")
    }
    for name in _TEXTS:
        if not said[name] and name not in checked.faults:
            checked.fault(name, "is required.")
    mine = {(channel.provider, channel.channel_key) for channel in call.channels}
    if said["channel_key"] and (said["provider"], said["channel_key"]) not in mine:
        checked.fault("channel_key", "is no channel of this provider that the token may use.")
    kinds = body.fields.get("events", [MESSAGES])
    if not isinstance(kinds, list) or not kinds or not all(kind in VENDOR_KINDS for kind in kinds):
        checked.fault("events", f"has to list {' or '.join(VENDOR_KINDS)}, or both.")
    words = _status_words(checked)
    checked.refuse()
    return VendorWish(
        provider=said["provider"],
        channel_key=said["channel_key"],
        reference=said["subscriber_reference_id"],
        url=said["webhook_url"],
        platform=said["platform"],
        kinds=kinds,
        status_words=words,
        secret=said["secret"],
        token_number=call.caller.token.pk,
        token_name=call.caller.token.name,
    )


def _status_words(checked: Checked) -> list[str]:
    subevents = checked.fields.get("subevents", {})
    words = subevents.get("status_updates", []) if isinstance(subevents, dict) else None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        checked.fault("subevents", 'has to be an object such as {"status_updates": ["delivered"]}.')
        return []
    return [word[:40] for word in words[:20]]


def list_subscriptions(call: DoorCall) -> HttpResponse:
    """`GET /webhook-subscriptions`: those that were made through the door."""
    return envelope.success([_shown(receiver) for receiver in _mine(call).order_by("pk")])


def get_subscription(call: DoorCall) -> HttpResponse:
    """`GET /webhook-subscriptions/{id}`."""
    return envelope.success(_shown(_one(call)))


def delete_subscription(call: DoorCall) -> HttpResponse:
    """`DELETE /webhook-subscriptions/{id}`."""
    receiver = _one(call)
    remove_receiver(receiver, call.caller.user)
    return envelope.success({"id": call.part})


def _mine(call: DoorCall) -> QuerySet[Receiver]:
    receivers = Receiver.objects.filter(team=call.caller.team, form=Receiver.Form.SOCIOCS)
    keys = {channel.channel_key for channel in call.channels}
    return receivers.filter(channel_key__in=keys) if call.caller.token.channel_ids else receivers


def _one(call: DoorCall) -> Receiver:
    try:
        wanted = UUID(hex=call.part)
    except ValueError:
        raise not_there("This subscription") from None
    receiver = _mine(call).filter(public_id=wanted).first()
    if receiver is None:
        raise not_there("This subscription")
    return receiver


def _shown(receiver: Receiver) -> dict[str, Any]:
    is_on = receiver.state == Receiver.State.ACTIVE
    return {
        "id": receiver.public_id.hex,
        "platform": receiver.platform,
        "provider": receiver.provider,
        "channel_key": receiver.channel_key,
        "subscriber_reference_id": receiver.reference,
        "webhook_url": receiver.url,
        "events": receiver.kinds,
        "subevents": {"status_updates": receiver.status_words} if receiver.status_words else {},
        "status": "active" if is_on else "paused",
        "trigger_direction": "incoming",
        "created_at": round(receiver.made_at.timestamp() * 1000),
    }
