"""What the vendor's API has no words for is refused when the message is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sociocs_gateway import (
    CAPABILITIES,
    BulkMessage,
    MessageFault,
    MessageNotExpressible,
    MessageRecipient,
    NotSent,
    Provider,
    SingleMessage,
    Template,
)
from sociocs_gateway.messages import at_time

ANN = MessageRecipient("+14155550101", "Ann")
SMS = Provider.TWILIO_SMS


def bulk(**changes: Any) -> BulkMessage:
    parts: dict[str, Any] = {
        "provider": SMS,
        "channel_key": "front-desk",
        "recipients": [ANN],
        "text": "Hi",
    }
    return BulkMessage(**{**parts, **changes})


def fault_of(**changes: Any) -> str:
    with pytest.raises(MessageNotExpressible) as caught:
        bulk(**changes)
    assert isinstance(caught.value, NotSent)
    return caught.value.code


class ZoneWithoutOffset(tzinfo):
    def utcoffset(self, _moment: datetime | None) -> None:
        return None

    dst = utcoffset

    def tzname(self, _moment: datetime | None) -> None:
        return None


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"provider": "tlnx"}, MessageFault.UNKNOWN_PROVIDER),
        ({"provider": ""}, MessageFault.UNKNOWN_PROVIDER),
        ({"channel_key": ""}, MessageFault.NO_CHANNEL),
        ({"channel_key": "  "}, MessageFault.NO_CHANNEL),
        ({"recipients": []}, MessageFault.NO_RECIPIENTS),
        ({"text": ""}, MessageFault.NO_TEXT_OR_MEDIA),
        ({"text": " \n"}, MessageFault.NO_TEXT_OR_MEDIA),
        ({"text": "", "image_url": ""}, MessageFault.NO_TEXT_OR_MEDIA),
        (
            {"image_url": "https://a.example/1", "file_url": "https://a.example/2"},
            MessageFault.SEVERAL_MEDIA,
        ),
        ({"schedule": datetime(2026, 4, 2)}, MessageFault.SCHEDULE_WITHOUT_ZONE),  # noqa: DTZ001
        (
            {"schedule": datetime(2026, 4, 2, tzinfo=ZoneWithoutOffset())},
            MessageFault.SCHEDULE_WITHOUT_ZONE,
        ),
        (
            {"schedule": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2)))},
            MessageFault.SCHEDULE_OUT_OF_RANGE,
        ),
        ({"text": "Dear {{Name}}"}, MessageFault.DYNAMIC_FIELD_LEFT),
        ({"recipients": [MessageRecipient(ANN.phone, "{{x")]}, MessageFault.DYNAMIC_FIELD_LEFT),
        ({"text": "a\x00b"}, MessageFault.UNSENDABLE_CHARACTER),
        ({"text": "a\ud800b"}, MessageFault.UNSENDABLE_CHARACTER),
        (
            {"recipients": [MessageRecipient(ANN.phone, "\udfff")]},
            MessageFault.UNSENDABLE_CHARACTER,
        ),
        ({"recipients": [MessageRecipient(ANN.phone, "a\x00")]}, MessageFault.UNSENDABLE_CHARACTER),
        ({"channel_key": "\ud800"}, MessageFault.UNSENDABLE_CHARACTER),
        ({"user_id": "\x00"}, MessageFault.UNSENDABLE_CHARACTER),
    ],
)
def test_what_cannot_be_said_is_refused(changes: dict[str, Any], fault: MessageFault) -> None:
    assert fault_of(**changes) == fault


@pytest.mark.parametrize(
    "phone",
    [
        "",
        "+",
        "14155550101",
        "0014155550101",
        "+04155550101",
        "+1 415 555 0101",
        "+1415555010a",
        "+14155550101\n",
        "+123456",
        "+1234567890123456",
        "+١٤١٥٥٥٥٠١٠١",
        " +14155550101",
    ],
)
def test_a_phone_that_is_not_e164_is_refused(phone: str) -> None:
    assert fault_of(recipients=[ANN, MessageRecipient(phone)]) == MessageFault.PHONE_NOT_E164


@pytest.mark.parametrize("phone", ["+1234567", "+123456789012345", "+6834000"])
def test_the_shortest_and_longest_numbers_are_taken(phone: str) -> None:
    assert bulk(recipients=[MessageRecipient(phone)]).recipients[0].phone == phone


def test_a_wrong_phone_is_named_by_its_place_alone() -> None:
    with pytest.raises(MessageNotExpressible) as caught:
        bulk(recipients=[ANN, ANN, MessageRecipient("5550199")])
    assert str(caught.value) == "phone_not_e164: recipient 3"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a.png",
        "//example.org/a.png",
        "example.org/a.png",
        "/a.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "https://",
        "https:///a.png",
        "https://[::1",
        "https://example.org/a b.png",
        "https://example.org/\na.png",
        "https://example.org/{{Name}}.png",
        "https://example.org/\x00",
        "https://example.org/\ud800",
        " https://example.org/a.png",
    ],
)
def test_a_media_url_must_be_http(url: str) -> None:
    assert fault_of(image_url=url) == MessageFault.MEDIA_URL_NOT_HTTP


@pytest.mark.parametrize(
    "url",
    ["http://example.org/a.png", "HTTPS://example.org", "https://example.org:8443/%20?a=1&b=ü#x"],
)
def test_an_http_url_is_taken_as_it_is(url: str) -> None:
    assert json.loads(bulk(video_url=url).body())["video_url"] == url


@pytest.mark.parametrize("provider", list(Provider))
def test_a_text_may_be_as_long_as_the_provider_takes(provider: Provider) -> None:
    longest = CAPABILITIES[provider].max_text_length
    assert len(bulk(provider=provider, text="é" * longest).text) == longest
    assert fault_of(provider=provider, text="é" * (longest + 1)) == MessageFault.TEXT_TOO_LONG


def test_dynamic_fields_pass_when_the_account_fills_them() -> None:
    message = bulk(text="Dear {{CUSTOMER_NAME}}", dynamic_fields_allowed=True)
    assert json.loads(message.body())["text"] == "Dear {{CUSTOMER_NAME}}"


def test_braces_of_two_neighbouring_names_are_no_field() -> None:
    message = bulk(
        recipients=[MessageRecipient(ANN.phone, "a{"), MessageRecipient("+14155550102", "{b")]
    )
    assert len(message.recipients) == 2


def test_text_and_one_media_url_go_together() -> None:
    sent = json.loads(bulk(text="Hi", image_url="https://example.org/a.png").body())
    assert (sent["text"], sent["image_url"]) == ("Hi", "https://example.org/a.png")


def test_media_alone_is_enough() -> None:
    assert "text" not in json.loads(bulk(text="", file_url="https://example.org/a.pdf").body())


def test_the_same_number_twice_is_the_vendors_business() -> None:
    assert len(json.loads(bulk(recipients=[ANN, ANN]).body())["recipients"]) == 2


def test_a_provider_may_be_named_by_its_code() -> None:
    assert bulk(provider="twlo").provider is Provider.TWILIO_SMS


def test_a_message_does_not_change_with_the_list_it_was_made_from() -> None:
    people = [ANN]
    message = bulk(recipients=people)
    people.append(MessageRecipient("+14155550102"))
    assert len(message.recipients) == 1


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        bulk().text = "Other"  # type: ignore[misc]


def test_the_digest_is_that_of_the_body() -> None:
    assert bulk().sha256() == hashlib.sha256(bulk().body()).hexdigest()
    assert bulk().sha256() != bulk(text="Ho").sha256()


def test_a_message_at_another_time_says_that_time_and_nothing_else_new() -> None:
    message = bulk(schedule=datetime(2026, 4, 2, 9, 30, 17, tzinfo=UTC))
    before = json.loads(message.body())
    later = at_time(message, datetime(2026, 4, 2, 9, 31, 5, tzinfo=UTC))

    assert json.loads(later.body()) == before | {"schedule": "2026-04-02T09:31:05+00:00"}
    assert later.sha256() != message.sha256()
    assert json.loads(message.body()) == before
    with pytest.raises(MessageNotExpressible):
        at_time(message, datetime(2026, 4, 2, 9, 31, 5))  # noqa: DTZ001 - without a zone


def test_nothing_private_is_in_a_repr() -> None:
    template = Template("HX1", {"1": "secret-value"})
    single = SingleMessage(Provider.TWILIO_WHATSAPP, "clinic", ANN, template=template)
    shown = repr([bulk(text="secret-text"), ANN, single, template])
    for private in ("4155550101", "Ann", "secret-text", "secret-value"):
        assert private not in shown
    assert "recipients=1" in shown


class TestTemplates:
    @pytest.mark.parametrize(
        ("provider", "variables"),
        [
            (Provider.TWILIO_WHATSAPP, {}),
            (Provider.TWILIO_WHATSAPP, {"1": "Ann"}),
            (Provider.GUPSHUP_WHATSAPP, {}),
            (Provider.GUPSHUP_WHATSAPP, {"MEDIA_URL": "https://example.org/a.png"}),
            (Provider.GUPSHUP_WHATSAPP, {"Header": {}, "Body": {"1": "Ann"}, "Buttons": {}}),
        ],
    )
    def test_the_documented_shapes_are_taken(
        self, provider: Provider, variables: dict[str, Any]
    ) -> None:
        message = SingleMessage(provider, "clinic", ANN, template=Template("HX1", variables))
        sent = json.loads(message.body())["template"]
        assert sent == {"id": "HX1", "variables": variables}

    @pytest.mark.parametrize(
        ("provider", "variables"),
        [
            (Provider.TWILIO_WHATSAPP, {"Body": {"1": "Ann"}}),
            (Provider.TWILIO_WHATSAPP, {"1": None}),
            (Provider.TWILIO_WHATSAPP, {"1": 1}),
            (Provider.TWILIO_WHATSAPP, {1: "Ann"}),
            (Provider.TWILIO_WHATSAPP, {"\ud800": "Ann"}),
            (Provider.TWILIO_WHATSAPP, {"\x00": "Ann"}),
            (Provider.TWILIO_WHATSAPP, ["Ann"]),
            (Provider.GUPSHUP_WHATSAPP, {"Body": {"1": {"2": "Ann"}}}),
            (Provider.GUPSHUP_WHATSAPP, {"Body": ["Ann"]}),
        ],
    )
    def test_any_other_shape_is_refused(self, provider: Provider, variables: Any) -> None:
        with pytest.raises(MessageNotExpressible) as caught:
            SingleMessage(provider, "clinic", ANN, template=Template("HX1", variables))
        assert caught.value.code == MessageFault.TEMPLATE_VARIABLES

    @pytest.mark.parametrize(
        ("changes", "fault"),
        [
            ({"provider": SMS}, MessageFault.TEMPLATE_NOT_SUPPORTED),
            ({"text": "Hi"}, MessageFault.TEMPLATE_AND_CONTENT),
            ({"image_url": "https://example.org/a.png"}, MessageFault.TEMPLATE_AND_CONTENT),
            ({"template": Template(" ")}, MessageFault.TEMPLATE_WITHOUT_ID),
            ({"template": Template("\x00")}, MessageFault.UNSENDABLE_CHARACTER),
            ({"template": Template("HX1", {"1": "{{x}}"})}, MessageFault.DYNAMIC_FIELD_LEFT),
            ({"template": Template("HX1", {"1": "\ud800"})}, MessageFault.UNSENDABLE_CHARACTER),
            ({"recipient": MessageRecipient("5550199")}, MessageFault.PHONE_NOT_E164),
            ({"channel_key": ""}, MessageFault.NO_CHANNEL),
            ({"template": None}, MessageFault.NO_TEXT_OR_MEDIA),
        ],
    )
    def test_a_template_goes_alone_and_only_where_there_are_templates(
        self, changes: dict[str, Any], fault: MessageFault
    ) -> None:
        parts: dict[str, Any] = {
            "provider": Provider.TWILIO_WHATSAPP,
            "channel_key": "clinic",
            "recipient": ANN,
            "template": Template("HX1", {"1": "Ann"}),
        }
        with pytest.raises(MessageNotExpressible) as caught:
            SingleMessage(**{**parts, **changes})
        assert caught.value.code == fault


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00{"))


@given(
    people=st.lists(st.tuples(st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z"), NAMES), min_size=1),
    text=NAMES.filter(str.strip),
)
def test_every_name_and_text_arrives_unchanged(people: list[tuple[str, str]], text: str) -> None:
    message = bulk(recipients=[MessageRecipient(*person) for person in people], text=text)
    sent: Mapping[str, Any] = json.loads(message.body())
    assert sent["text"] == text
    assert [(r["to"], r["name"]) for r in sent["recipients"]] == people


@given(
    moment=st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - the strategy wants it without a zone
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.timezones(),
    )
)
def test_a_schedule_is_the_same_moment_on_the_wire(moment: datetime) -> None:
    sent = json.loads(bulk(schedule=moment).body())["schedule"]
    assert sent.endswith("+00:00")
    assert datetime.fromisoformat(sent) == moment.astimezone(UTC).replace(microsecond=0)
