"""Keys, phone numbers, names and texts go into requests and come out nowhere else."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sociocs_gateway import (
    AuthenticationFailed,
    BulkMessage,
    GatewayError,
    Halt,
    MessageNotExpressible,
    Misconfigured,
    NotExpressible,
    NotFound,
    OutcomeUnknown,
    Reason,
    Refused,
    SociocsClient,
    TryLater,
)
from sociocs_gateway.masking import Masker
from tests.sociocs_gateway import canaries
from tests.sociocs_gateway.scripted_server import (
    Connection,
    Script,
    ScriptedServer,
    answer,
    close_after_reading,
    error,
    head,
    raw,
    reset_before_reading,
    success,
)


def echo(status: int, wrap: Callable[[str], Any] = lambda text: text) -> Script:
    """Answer with everything that was received, in the head and in the body."""

    def script(connection: Connection) -> None:
        request = connection.read_request()
        received = f"{request.method} {request.target} {dict(request.headers)} "
        received += request.body.decode()
        body = json.dumps(wrap(received)).encode()
        headers = {"X-Echo": request.headers["apikey"], "X-Broken": "a\r\n: " + canaries.PHONE}
        connection.send(head(status, headers, len(body)) + body)

    return script


FAILURES: list[Script] = [
    echo(200),
    echo(200, lambda text: {"status": "success", "data": {"echo": text}}),
    echo(200, lambda text: {"status": "error", "errors": [{"msg": text}]}),
    echo(200, lambda text: {"status": "error", "data": text, "errors": [{"msg": text}]}),
    echo(302),
    echo(400, lambda text: {"errors": [{"msg": text}, text]}),
    echo(401),
    echo(404, lambda text: {"errors": [text]}),
    echo(429),
    echo(500),
    reset_before_reading,
    close_after_reading,
    raw(f"HTTP/1.1 {canaries.API_KEY}\r\n\r\n".encode()),
    raw(f"{canaries.PHONE} {canaries.KEY_SECRET}\r\n\r\n".encode()),
    raw(head(headers={f"X{n}": canaries.PHONE for n in range(200)})),
]


def all_that_is_told(error: BaseException) -> str:
    """What a log with tracebacks, a database and an error page could show of an exception."""
    told = ["".join(traceback.format_exception(error)), repr(error), str(error)]
    told += [repr(vars(error)), repr(error.args)]
    return "\n".join(told)


def the_chain_of(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


@pytest.mark.parametrize("script", FAILURES)
def test_no_failure_repeats_what_was_sent(
    server: ScriptedServer,
    client: SociocsClient,
    message: BulkMessage,
    script: Script,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.will(script)
    with pytest.raises(GatewayError) as caught:
        client.send_bulk(message)
    assert canaries.found_in(all_that_is_told(caught.value)) == []
    assert canaries.found_in(caplog.text) == []
    # Nothing else hangs on the exception, such as one of requests' with the URL and the headers.
    assert the_chain_of(caught.value) == [caught.value]


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.block_contact(canaries.PHONE),
        lambda client: client.unblock_contact(canaries.PHONE),
        lambda client: client.is_contact_blocked(canaries.PHONE),
    ],
)
@pytest.mark.parametrize("script", [success({"is_blocked": True}), *FAILURES])
def test_a_phone_in_a_path_stays_out_of_logs(
    server: ScriptedServer,
    client: SociocsClient,
    script: Script,
    ask: Callable[[SociocsClient], object],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    caplog.set_level(logging.DEBUG)
    server.will(*[script] * 3)
    try:
        ask(client)
    except GatewayError as failure:
        assert canaries.found_in(all_that_is_told(failure)) == []  # noqa: PT017 - either is fine
    assert canaries.found_in(caplog.text) == []
    # Something was logged, so the test would have seen a phone in it.
    assert "/contacts/" in caplog.text


def test_the_logs_of_others_are_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3.connectionpool").debug("of another library")
    assert "of another library" in caplog.text


def test_results_show_no_text_and_no_phone(server: ScriptedServer, client: SociocsClient) -> None:
    row = {"job_id": "1", "message_id": "1", "text": canaries.TEXT, "to": canaries.PHONE}
    server.will(success([row]), success([row]), success({"job_id": "1", "to": canaries.PHONE}))
    day = datetime(2026, 1, 1, tzinfo=UTC)
    shown = repr([client.list_bulk_jobs(), client.list_messages(day, day)])
    shown += repr(client.reschedule_bulk_job("1", day))
    assert canaries.found_in(shown) == []


def test_a_client_shows_no_more_of_its_key_than_four_characters(client: SociocsClient) -> None:
    assert canaries.found_in(repr(client) + str(client) + client.masked_key) == []
    assert client.masked_key == "…" + canaries.API_KEY[-4:]


class TestMasking:
    def mask(self, text: str, *words: str, limit: int = 2_000) -> str:
        return Masker(canaries.API_KEY, words)(text, limit)

    @pytest.mark.parametrize(
        ("text", "masked"),
        [
            ("to +14155550142 failed", "to …42 failed"),
            ("to 14155550142.", "to …42."),
            ("twlo_16311113333", "twlo_…33"),
            ("(415) 555-0142", "(…42"),
            ("+49 151 2345 6789", "…89"),
            ("415.555.0142", "…42"),
            ("from 14155550142 to 14155550143", "from …42 to …43"),
            ("error 30003 at line 123456", "error 30003 at line 123456"),
            ("2026-11-23 10:11:12", "2026-11-23 10:11:12"),
            ("2026-11-23T10:11:12Z", "2026-11-23T10:11:12Z"),
        ],
    )
    def test_phones_keep_two_digits_and_dates_stay(self, text: str, masked: str) -> None:
        assert self.mask(text) == masked

    @pytest.mark.parametrize("secret", [canaries.API_KEY, canaries.KEY_SECRET, "e047canary"])
    def test_a_key_and_its_halves_are_masked(self, secret: str) -> None:
        assert self.mask(f"apikey={secret}&x=1") == "apikey=…&x=1"

    def test_words_are_masked_whole(self) -> None:
        assert self.mask("Al and Alan and Al", "Al") == "… and Alan and …"

    def test_a_longer_word_goes_before_its_beginning(self) -> None:
        assert self.mask("Ann Lee called Ann", "Ann", "Ann Lee") == "… called …"

    @pytest.mark.parametrize("ensure_ascii", [True, False])
    def test_words_are_found_as_json_spells_them(self, ensure_ascii: bool) -> None:
        word = 'Zoë "Z"\nÅström'
        text = json.dumps({"name": word}, ensure_ascii=ensure_ascii)
        assert self.mask(text, word) == '{"name": "…"}'

    def test_a_word_across_the_limit_is_masked(self) -> None:
        assert self.mask("x" * 95 + " " + canaries.TEXT, canaries.TEXT, limit=100) == (
            "x" * 95 + " …"
        )

    def test_no_words_leave_a_text_as_it_is(self) -> None:
        assert self.mask("<h1>Bad Gateway</h1>", "", " ") == "<h1>Bad Gateway</h1>"

    def test_the_limit_counts_what_came(self) -> None:
        assert len(self.mask("x" * 5_000)) == 2_000

    def test_controls_do_not_reach_a_log(self) -> None:
        assert self.mask("a\x00b\x1b[2Jc\r\nd\u202ee") == "a b [2Jc \nd e"


EXCEPTIONS: list[GatewayError] = [
    TryLater(Reason.RATE_LIMITED, 429, None, "detail", 7.5),
    TryLater(Reason.DNS),
    Refused(Reason.INVALID, 400, None, "", ("no", "never")),
    NotFound(Reason.NOT_FOUND, 404),
    AuthenticationFailed(Reason.AUTHENTICATION, 401, Halt.AUTHENTICATION),
    Misconfigured(Reason.TLS, None, Halt.TLS, "SSLCertVerificationError"),
    NotExpressible("date_range", "31 days"),
    MessageNotExpressible("no_recipients"),
    OutcomeUnknown(Reason.SERVER_ERROR, 502, None, "", "<h1>Bad Gateway</h1>"),
]


@pytest.mark.parametrize("error", EXCEPTIONS, ids=lambda error: type(error).__name__)
def test_every_exception_survives_a_queue(error: GatewayError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


def test_a_real_failure_survives_a_queue(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(error(400, "no"), answer(b"<html>", 502))
    for _ in range(2):
        with pytest.raises(GatewayError) as caught:
            client.send_bulk(message)
        copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
        assert vars(copy) == vars(caught.value)
