"""Webhook bodies come from anybody: only what is signed is read, and reading never fails oddly."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sociocs_gateway import InvalidEvent, NotExpressible, Provider
from sociocs_gateway.results import DeliveryStatus
from sociocs_gateway.webhooks import (
    MAX_BODY_BYTES,
    IncomingMessage,
    StatusUpdate,
    SubscriptionRequest,
    UnknownEvent,
    parse_event,
    verify,
)

# The vendor's own test vector (Sociocs API, /api/webhooks/introduction).
SECRET = "My Shared Secret"
BODY = b"Hello, World!"
SIGNATURE = "a52954ef969a496aeed237f48b03c6df7ea43cd0f6e595d06dfe7a8b14b5d891"


class TestSignatures:
    def test_the_vendors_test_vector_is_genuine(self) -> None:
        assert verify(BODY, SIGNATURE, [SECRET])

    @pytest.mark.parametrize(
        "signature",
        [
            None,
            "",
            "a52954ef",
            SIGNATURE[:-1] + "2",
            SIGNATURE.upper(),
            SIGNATURE + " ",
            f"sha256={SIGNATURE}",
            f"{SIGNATURE},{SIGNATURE}",
            f"{SIGNATURE}, {SIGNATURE}",
            "ü" * 64,
            "\ud800" * 64,
            "\x00" * 64,
        ],
    )
    def test_any_other_signature_is_not(self, signature: str | None) -> None:
        assert not verify(BODY, signature, [SECRET])

    def test_one_changed_byte_is_not_genuine(self) -> None:
        assert not verify(BODY + b"\n", SIGNATURE, [SECRET])

    @pytest.mark.parametrize(
        "secrets", [[SECRET, "new"], ["new", SECRET], ("old", "new", SECRET), [SECRET, ""]]
    )
    def test_any_of_several_secrets_will_do(self, secrets: list[str]) -> None:
        assert verify(BODY, SIGNATURE, secrets)

    @pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
    def test_without_a_secret_nothing_is_genuine(self, secrets: list[str]) -> None:
        unkeyed = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
        assert not verify(BODY, unkeyed, secrets)

    def test_a_secret_may_have_any_characters(self) -> None:
        signature = hmac.new("sécret 🔑".encode(), BODY, hashlib.sha256).hexdigest()
        assert verify(BODY, signature, ["sécret 🔑"])

    @given(body=st.binary(), signature=st.none() | st.text(), secrets=st.lists(st.text(max_size=8)))
    def test_no_signature_is_an_error(
        self, body: bytes, signature: str | None, secrets: list[str]
    ) -> None:
        assert not verify(body, signature, secrets)


INCOMING: dict[str, Any] = {
    "message_id": "MM1",
    "event": "message",
    "provider": "twlo",
    "channel_key": "twlo_16311113333",
    "direction": "incoming",
    "from": "16311112222",
    "to": "16311113333",
    "text": "STOP",
    "video_urls": [],
    "image_urls": ["https://example.org/a.png"],
    "file_urls": [],
    "contact": {"name": "Emily"},
    "timestamp": 1_754_455_905_897,
}


def parsed(**changes: Any) -> Any:
    return parse_event(json.dumps({**INCOMING, **changes}).encode())


class TestIncomingMessages:
    def test_the_documented_example_is_read(self) -> None:
        message = parsed()
        assert isinstance(message, IncomingMessage)
        assert (message.message_id, message.phone) == ("MM1", "+16311112222")
        assert (message.provider, message.channel_key) == (Provider.TWILIO_SMS, "twlo_16311113333")
        assert (message.text, message.name) == ("STOP", "Emily")
        assert message.image_urls == ("https://example.org/a.png",)
        assert message.sent_at == datetime(2025, 8, 6, 4, 51, 45, 897_000, tzinfo=UTC)
        assert message.raw == INCOMING

    @pytest.mark.parametrize(
        "changes",
        [
            {"message_id": None},
            {"from": ["16311112222"]},
            {"from": {}},
            {"text": None},
            {"text": 7},
            {"contact": "Emily"},
            {"image_urls": "https://example.org/a.png"},
            {"image_urls": [None, 7, {}]},
            {"timestamp": "yesterday"},
            {"timestamp": 10**30},
            {"timestamp": True},
            {"provider": "tlnx"},
            {"provider": ["twlo"]},
            {"channel_key": 7},
        ],
    )
    def test_odd_fields_do_not_lose_a_message(self, changes: dict[str, Any]) -> None:
        assert isinstance(parsed(**changes), IncomingMessage)

    def test_lists_and_objects_may_come_as_json_in_a_text(self) -> None:
        message = parsed(image_urls='["https://example.org/b.png"]', contact='{"name": "Ann"}')
        assert (message.image_urls, message.name) == (("https://example.org/b.png",), "Ann")
        assert parsed(image_urls="[nonsense").image_urls == ()

    @pytest.mark.parametrize("name", ["text", "name", "contact", "image_urls", "timestamp"])
    def test_an_empty_field_is_as_one_that_is_not_there(self, name: str) -> None:
        with_it, without = parsed(**{name: ""}), parsed(**{name: None})
        assert replace(with_it, raw={}) == replace(without, raw={})

    def test_what_no_database_stores_is_taken_out(self) -> None:
        message = parsed(text="ST\x00OP \ud800", channel_key="\x00k")
        assert message.text == "STOP \ufffd"
        assert message.channel_key == "k"
        assert "\x00" not in json.dumps(message.raw)

    def test_nothing_private_is_in_a_repr(self) -> None:
        assert repr(parsed()) == "IncomingMessage(message_id='MM1')"


class TestStatusUpdates:
    def test_a_failure_comes_with_its_reason(self) -> None:
        update = parsed(
            event="status_update",
            event_data={
                "status": "failed",
                "error": {"code": 30003, "message": "Unreachable"},
                "provider_err_obj": {},
            },
        )
        assert isinstance(update, StatusUpdate)
        assert (update.message_id, update.status) == ("MM1", DeliveryStatus.FAILED)
        assert (update.error_code, update.error_message) == ("30003", "Unreachable")

    def test_a_word_nobody_documented_is_unknown_and_kept(self) -> None:
        update = parsed(event="status_update", event_data={"status": "warp"})
        assert (update.status, update.vendor_status) == (DeliveryStatus.UNKNOWN, "warp")

    @pytest.mark.parametrize(
        "changes",
        [
            {"event_data": None},
            {"event_data": []},
            {"event_data": {}},
            {"event_data": {"status": None}},
            {"event_data": {"status": ["sent"]}},
            {"event_data": {"status": "sent"}, "message_id": ""},
            {"event_data": {"status": "sent"}, "message_id": [1]},
        ],
    )
    def test_one_that_cannot_be_credited_is_kept_as_unknown(self, changes: dict[str, Any]) -> None:
        event = parsed(**{"event": "status_update", **changes})
        assert isinstance(event, UnknownEvent)
        assert event.event == "status_update"
        assert event.raw["channel_key"] == "twlo_16311113333"


@pytest.mark.parametrize("event", ["typing", "", None, 7, ["message"], {}])
def test_an_event_nobody_documented_is_kept(event: object) -> None:
    assert isinstance(parsed(event=event), UnknownEvent)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"event=message", "not_json"),
        (b'{"event": NaN}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "not_json"),
        (b"\xff\xfe{\x00}\x00", "not_json"),
        (b"[]", "not_an_object"),
        (b'"message"', "not_an_object"),
        (b"null", "not_an_object"),
        (b" " * MAX_BODY_BYTES + b"{}", "too_large"),
        (b"x" * 10_000_000, "too_large"),
    ],
)
def test_a_body_that_is_no_event_is_invalid(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        parse_event(body)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "body",
    [
        b'{"event": "message", "n": ' + b"9" * 5_000 + b"}",
        b'{"event": "message", "n": 1e999}',
        b'\xef\xbb\xbf{"event": "message"}',
        b'{"event": "message", "text": "\xff"}',
        b" " * (MAX_BODY_BYTES - 20) + b'{"event": "message"}',
    ],
)
def test_odd_json_is_read_all_the_same(body: bytes) -> None:
    assert isinstance(parse_event(body), IncomingMessage)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=8,
)


@given(
    event=st.sampled_from(["message", "status_update", "other"]),
    fields=st.dictionaries(
        st.sampled_from([*INCOMING, "event_data", "name"]),
        JSON | st.fixed_dictionaries({"status": JSON, "error": JSON}),
    ),
)
def test_no_field_of_any_type_is_an_error(event: str, fields: dict[str, Any]) -> None:
    found = parse_event(json.dumps({**fields, "event": event}).encode())
    stored = json.dumps(found.raw, ensure_ascii=False, allow_nan=False)
    assert "\\u0000" not in stored
    assert stored.encode()


@given(body=st.binary(max_size=200))
def test_no_bytes_are_an_error(body: bytes) -> None:
    with contextlib.suppress(InvalidEvent):
        parse_event(body)


class TestSubscriptionRequests:
    @pytest.mark.parametrize(
        "field", ["channel_key", "subscriber_reference_id", "webhook_url", "secret"]
    )
    @pytest.mark.parametrize("value", ["", " ", "a\nb", "\ud800", "\x00"])
    def test_an_empty_or_unprintable_text_is_refused(self, field: str, value: str) -> None:
        parts: dict[str, Any] = {
            "channel_key": "k",
            "subscriber_reference_id": "r",
            "webhook_url": "https://example.org",
            "secret": "s",
        }
        with pytest.raises(NotExpressible):
            SubscriptionRequest(provider=Provider.TWILIO_SMS, **{**parts, field: value})

    def test_its_secret_is_not_in_its_repr(self) -> None:
        request = SubscriptionRequest(
            Provider.TWILIO_SMS, "k", "r", "https://example.org", "the-shared-secret"
        )
        assert "the-shared-secret" not in repr(request)
