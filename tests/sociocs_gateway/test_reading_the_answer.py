"""Default-deny: what is not clearly a yes or a no is unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sociocs_gateway import (
    AuthenticationFailed,
    BulkMessage,
    Halt,
    MessageRecipient,
    Misconfigured,
    NotSent,
    OutcomeUnknown,
    Provider,
    Reason,
    Refused,
    SingleMessage,
    SociocsClient,
    TryLater,
)
from tests.sociocs_gateway.asking import refusal_of, unknown_of
from tests.sociocs_gateway.scripted_server import (
    ScriptedServer,
    answer,
    error,
    head,
    job,
    raw,
    success,
)

ANN = MessageRecipient("+14155550101", "Ann")


def test_a_success_with_a_job_id_is_accepted(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(job("65f-Ab"))
    accepted = client.send_bulk(message)
    assert accepted.job_id == "65f-Ab"
    assert accepted.raw == {"job_id": "65f-Ab"}


def test_an_accepted_job_tells_the_gateways_time(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(job())
    assert client.send_bulk(message).server_date == datetime(2026, 2, 3, 10, 11, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "date",
    ["", "yesterday", "Tue, 03 Feb 2026 10:11:12", "Tue, 99 Feb 2026 10:11:12 GMT", "12", "\xe9"],
)
def test_a_date_that_cannot_be_relied_on_is_no_date(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage, date: str
) -> None:
    body = b'{"status": "success", "data": {"job_id": "1"}}'
    lines = ["HTTP/1.1 200 OK", f"Date: {date}", f"Content-Length: {len(body)}", "", ""]
    server.will(raw("\r\n".join(lines).encode("latin-1") + body))
    assert client.send_bulk(message).server_date is None


DOOR = {"X-Sociocs-Door": "1"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 503])
def test_an_answer_of_a_dashboards_own_door_is_not_sociocs_and_stops_the_account(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage, status: int
) -> None:
    server.will(error(status, "no", headers=DOOR))
    with pytest.raises(Misconfigured) as caught:
        client.send_bulk(message)
    assert (caught.value.reason, caught.value.halt) == (Reason.OWN_DOOR, Halt.OWN_DOOR)
    assert len(server.requests) == 1


def test_a_job_that_a_dashboards_own_door_took_is_a_question_and_stops_the_account(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(success({"job_id": "1"}, headers=DOOR))
    unclear = unknown_of(client, message)
    assert (unclear.reason, unclear.halt) == (Reason.OWN_DOOR, Halt.OWN_DOOR)


def test_a_list_of_a_dashboards_own_door_is_not_believed(
    server: ScriptedServer, client: SociocsClient
) -> None:
    server.will(success([], headers=DOOR))
    with pytest.raises(Misconfigured) as caught:
        client.list_bulk_jobs()
    assert caught.value.halt is Halt.OWN_DOOR


@pytest.mark.parametrize(
    ("status", "reason", "halt"),
    [
        (400, Reason.INVALID, None),
        (403, Reason.FORBIDDEN, Halt.AUTHENTICATION),
        (404, Reason.NOT_FOUND, Halt.SETTINGS),
        (405, Reason.METHOD_NOT_ALLOWED, Halt.SETTINGS),
        (413, Reason.TOO_LARGE, None),
        (415, Reason.INVALID, None),
        (422, Reason.INVALID, None),
    ],
)
def test_a_refusal_is_not_sent_and_waits_for_a_person(
    server: ScriptedServer,
    client: SociocsClient,
    message: BulkMessage,
    status: int,
    reason: Reason,
    halt: Halt | None,
) -> None:
    server.will(error(status, "channel_key is not valid", "text is required"))
    refusal = refusal_of(client, message)
    assert (refusal.reason, refusal.http_status, refusal.halt) == (reason, status, halt)
    assert refusal.messages == ("channel_key is not valid", "text is required")


@pytest.mark.parametrize(
    "body", [b"", b"<h1>Bad Request</h1>", b"[]", b'{"errors": 7}', b'{"errors": [7, {}, null]}']
)
def test_a_refusal_needs_no_readable_body(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage, body: bytes
) -> None:
    server.will(answer(body, 400))
    assert refusal_of(client, message).messages == ()


def test_a_refusal_stands_even_when_its_body_is_cut_off(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(raw(head(400, length=500) + b'{"status": "err'))
    assert refusal_of(client, message).http_status == 400


def test_the_vendors_words_are_made_safe_to_show(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(error(400, "a\r\nb\x00\x1b[31m\u202ec", "x" * 5_000))
    first, second = refusal_of(client, message).messages
    assert first == "a b [31m c"
    assert len(second) == 300


def test_at_most_twenty_of_the_vendors_messages_are_kept(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(error(400, *["no"] * 1_000))
    assert len(refusal_of(client, message).messages) == 20


def test_an_error_with_status_200_is_a_refusal(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(error(200, "daily limit reached"))
    refusal = refusal_of(client, message)
    assert (refusal.reason, refusal.http_status) == (Reason.STATUS_ERROR, 200)
    assert refusal.messages == ("daily limit reached",)


def test_an_error_that_also_names_a_job_is_unknown(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(answer({"status": "error", "errors": [], "data": {"job_id": "1"}}))
    assert unknown_of(client, message).reason is Reason.ANSWER_CONTRADICTORY


def test_a_rejected_key_keeps_the_submission_and_halts_the_account(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(error(401, "Unauthorized"))
    with pytest.raises(AuthenticationFailed) as caught:
        client.send_bulk(message)
    assert caught.value.halt is Halt.AUTHENTICATION
    assert caught.value.http_status == 401
    assert isinstance(caught.value, NotSent)
    assert not isinstance(caught.value, Refused)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7),
        ("0", 2),
        ("901", 900),
        ("9" * 400, 900),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("١٢", None),
        # The server's own Date is 10:11:12, whatever our clock says.
        ("Tue, 03 Feb 2026 10:12:12 GMT", 60),
        ("Tue, 03 Feb 2026 09:00:00 GMT", 2),
        ("Tue, 03 Feb 2036 10:12:12 GMT", 900),
    ],
)
def test_the_rate_limit_is_waited_for_within_reason(
    server: ScriptedServer,
    client: SociocsClient,
    message: BulkMessage,
    header: str | None,
    seconds: float | None,
) -> None:
    value = header.encode().decode("latin-1") if header is not None else None
    server.will(error(429, headers={"Retry-After": value} if value is not None else None))
    with pytest.raises(TryLater) as caught:
        client.send_bulk(message)
    assert (caught.value.reason, caught.value.http_status) == (Reason.RATE_LIMITED, 429)
    assert caught.value.retry_after == seconds
    assert caught.value.halt is None


@pytest.mark.parametrize("status", range(500, 512))
def test_a_failure_on_their_side_is_unknown(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage, status: int
) -> None:
    server.will(error(status, "Try again later."))
    unknown = unknown_of(client, message)
    assert (unknown.reason, unknown.http_status) == (Reason.SERVER_ERROR, status)
    assert server.connections == 1


@pytest.mark.parametrize(
    "status", [201, 202, 204, 206, 402, 406, 408, 409, 410, 411, 414, 418, 423, 425, 451, 599]
)
def test_a_status_nobody_documented_is_unknown(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage, status: int
) -> None:
    server.will(job_with_status(status))
    assert unknown_of(client, message).http_status == status
    assert server.connections == 1


def job_with_status(status: int) -> Any:
    return success({"job_id": "1"}, status=status)


@pytest.mark.parametrize("status", [101, 103])
def test_a_provisional_answer_is_no_answer(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage, status: int
) -> None:
    server.will(raw(f"HTTP/1.1 {status} Wait\r\n\r\n".encode()))
    assert unknown_of(client, message).http_status in {None, status}


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        "1",
        {"job_id": None},
        {"job_id": ""},
        {"job_id": " "},
        {"job_id": []},
        {"job_id": ["1"]},
        {"job_id": {"id": "1"}},
        {"job_id": True},
        {"job_id": 1.5},
        {"job_id": ".."},
        {"job_id": "\ufffd"},
        {"job_id": "a\nb"},
        {"job_id": "x" * 201},
        {"id": "1"},
        [{"job_id": "1"}],
    ],
)
def test_a_success_without_a_usable_job_id_is_unknown(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage, data: Any
) -> None:
    server.will(success(data))
    unknown = unknown_of(client, message)
    assert (unknown.reason, unknown.http_status) == (Reason.ANSWER_INCOMPLETE, 200)


def test_a_number_serves_as_job_id(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(success({"job_id": 12345678901234567890123}))
    assert client.send_bulk(message).job_id == "12345678901234567890123"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.ANSWER_NOT_JSON),
        (b"null", Reason.ANSWER_NOT_JSON),
        (b"<!doctype html><title>Please sign in</title>", Reason.ANSWER_NOT_JSON),
        (b'{"status": "success", "data": {"job_id": "1"', Reason.ANSWER_NOT_JSON),
        (b'{"status": "success", "data": {"job_id": "1"}, "n": NaN}', Reason.ANSWER_NOT_JSON),
        (b'{"status": "success", "data": {"job_id": "1"}} {}', Reason.ANSWER_NOT_JSON),
        (b"[" * 50_000 + b"]" * 50_000, Reason.ANSWER_NOT_JSON),
        (b'{"a":' * 70 + b"1" + b"}" * 70, Reason.ANSWER_NOT_JSON),
        (b"\x1f\x8b\x08" + b"\x00" * 100, Reason.ANSWER_NOT_JSON),
        (b'[{"status": "success", "data": {"job_id": "1"}}]', Reason.ANSWER_INCOMPLETE),
        (b'"success"', Reason.ANSWER_INCOMPLETE),
        (b"{}", Reason.ANSWER_INCOMPLETE),
        (b'{"data": {"job_id": "1"}}', Reason.ANSWER_INCOMPLETE),
        (b'{"status": "SUCCESS", "data": {"job_id": "1"}}', Reason.ANSWER_INCOMPLETE),
        (b'{"status": ["success"], "data": {"job_id": "1"}}', Reason.ANSWER_INCOMPLETE),
        (b'{"status": true, "data": {"job_id": "1"}}', Reason.ANSWER_INCOMPLETE),
        (b'{"status": ' + b"1" * 5_000 + b"}", Reason.ANSWER_INCOMPLETE),
    ],
)
def test_an_answer_not_as_documented_is_unknown(
    server: ScriptedServer,
    client: SociocsClient,
    message: BulkMessage,
    body: bytes,
    reason: Reason,
) -> None:
    server.will(answer(body))
    assert unknown_of(client, message).reason is reason


def test_odd_values_beside_the_job_id_do_no_harm(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    data = (
        b'{"job_id": "1", "a\\u0000b": "\\ud800\\u0000x", "n": 1e999, "d": ' + b"9" * 5_000 + b"}"
    )
    server.will(answer(b'\xef\xbb\xbf{"status": "success", "data": ' + data + b"}"))
    raw_data = client.send_bulk(message).raw
    assert raw_data == {"job_id": "1", "ab": "\ufffdx", "n": "1e999", "d": "9" * 5_000}


def test_the_answer_is_kept_as_evidence(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(answer(b"<h1>502 Bad Gateway</h1>" + b"x" * 5_000, 502))
    evidence = unknown_of(client, message).evidence
    assert evidence.startswith("<h1>502 Bad Gateway</h1>")
    assert len(evidence) == 2_000


def test_a_single_message_is_read_by_the_same_table(
    server: ScriptedServer, client: SociocsClient
) -> None:
    server.will(error(400), error(500), success({}), success({"message_id": "m"}))
    single = SingleMessage(Provider.TWILIO_SMS, "front-desk", ANN, text="Hi")
    with pytest.raises(Refused):
        client.send_message(single)
    with pytest.raises(OutcomeUnknown):
        client.send_message(single)
    with pytest.raises(OutcomeUnknown):
        client.send_message(single)
    assert client.send_message(single).message_id == "m"


def test_an_exception_says_in_one_line_what_happened(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(error(503))
    assert str(unknown_of(client, message)) == "server_error, HTTP 503"


def test_a_read_that_fails_is_safe_to_repeat(server: ScriptedServer, client: SociocsClient) -> None:
    server.will(*[answer(b"<html>")] * 3)
    with pytest.raises(TryLater) as caught:
        client.list_bulk_jobs()
    assert caught.value.reason is Reason.ANSWER_NOT_JSON


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.send_message(
            SingleMessage(Provider.TWILIO_SMS, "front-desk", ANN, text="Hi")
        ),
        lambda client: client.block_contact(ANN.phone),
        lambda client: client.reschedule_bulk_job("1", datetime(2026, 4, 2, tzinfo=UTC)),
    ],
)
def test_a_bare_list_says_nothing_about_a_change(
    server: ScriptedServer, client: SociocsClient, ask: Callable[[SociocsClient], object]
) -> None:
    server.will(answer([{"job_id": "1", "message_id": "1", "is_blocked": True}]))
    with pytest.raises(OutcomeUnknown) as caught:
        ask(client)
    assert caught.value.reason is Reason.ANSWER_INCOMPLETE
