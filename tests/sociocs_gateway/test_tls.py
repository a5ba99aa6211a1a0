"""Nothing is sent to a server whose certificate cannot be trusted, and a person is asked."""

from __future__ import annotations

import ssl
import time
import warnings
from datetime import timedelta
from pathlib import Path

import pytest

from sociocs_gateway import (
    BulkMessage,
    Halt,
    MessageRecipient,
    Misconfigured,
    OutcomeUnknown,
    Reason,
    SociocsClient,
    TryLater,
)
from tests.sociocs_gateway import canaries
from tests.sociocs_gateway.asking import MakeClient
from tests.sociocs_gateway.certificates import Authority
from tests.sociocs_gateway.scripted_server import (
    ScriptedServer,
    close_after_reading,
    close_after_the_first_bytes,
    close_at_once,
    drip,
    head,
    job,
    never_read,
    reset_before_reading,
    running,
)

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def misconfiguration_of(client: SociocsClient, message: BulkMessage) -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        client.send_bulk(message)
    return caught.value


def test_a_trusted_server_is_spoken_to(
    authority: Authority, make_client: MakeClient, message: BulkMessage
) -> None:
    with running(authority.server_context()) as server:
        server.will(job("1"))
        client = make_client(server.url, ca_bundle=authority.bundle)
        assert client.send_bulk(message).job_id == "1"
        assert server.request.headers["apikey"] == canaries.API_KEY


def test_a_scheme_in_capitals_is_just_as_safe(
    authority: Authority, make_client: MakeClient, message: BulkMessage
) -> None:
    with running(authority.server_context()) as server:
        server.will(job("1"))
        url = server.url.replace("https", "HTTPS")
        assert make_client(url, ca_bundle=authority.bundle).send_bulk(message).job_id == "1"
        assert misconfiguration_of(make_client(url), message).halt is Halt.TLS


def test_a_certificate_nobody_vouches_for_halts_the_account(
    authority: Authority, make_client: MakeClient, message: BulkMessage
) -> None:
    with running(authority.server_context()) as server:
        failure = misconfiguration_of(make_client(server.url), message)
        assert (failure.reason, failure.halt) == (Reason.TLS, Halt.TLS)
        assert server.requests == []


def test_an_expired_certificate_halts_the_account(
    authority: Authority, make_client: MakeClient, message: BulkMessage
) -> None:
    with running(authority.server_context(valid_for=-timedelta(days=1))) as server:
        client = make_client(server.url, ca_bundle=authority.bundle)
        assert misconfiguration_of(client, message).halt is Halt.TLS
        assert server.requests == []


def test_a_certificate_of_another_host_halts_the_account(
    authority: Authority, make_client: MakeClient, message: BulkMessage
) -> None:
    with running(authority.server_context(host="127.0.0.2")) as server:
        client = make_client(server.url, ca_bundle=authority.bundle)
        assert misconfiguration_of(client, message).halt is Halt.TLS
        assert server.requests == []


def test_an_outdated_tls_version_halts_the_account(
    authority: Authority, make_client: MakeClient, message: BulkMessage
) -> None:
    context = authority.server_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with running(context) as server:
        client = make_client(server.url, ca_bundle=authority.bundle)
        assert misconfiguration_of(client, message).halt is Halt.TLS
        assert server.requests == []


def test_a_server_without_tls_halts_the_account(
    server: ScriptedServer, make_client: MakeClient, message: BulkMessage
) -> None:
    server.will(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    client = make_client(server.url.replace("http:", "https:"))
    assert misconfiguration_of(client, message).halt is Halt.TLS
    assert server.requests == []


@pytest.mark.parametrize(
    "script", [close_at_once, reset_before_reading, close_after_the_first_bytes]
)
def test_a_handshake_that_breaks_off_is_tried_again_later(
    server: ScriptedServer, make_client: MakeClient, message: BulkMessage, script: object
) -> None:
    server.will(script)  # type: ignore[arg-type]
    with pytest.raises(TryLater) as caught:
        make_client(server.url.replace("http:", "https:")).send_bulk(message)
    assert (caught.value.reason, caught.value.halt) == (Reason.CONNECT, None)


def test_a_handshake_that_does_not_end_is_tried_again_later(
    server: ScriptedServer, make_client: MakeClient, message: BulkMessage
) -> None:
    server.will(never_read)
    client = make_client(server.url.replace("http:", "https:"), connect_timeout=0.3)
    with pytest.raises(TryLater) as caught:
        client.send_bulk(message)
    assert caught.value.reason is Reason.CONNECT_TIMEOUT


def test_a_connection_lost_after_the_handshake_is_unknown(
    authority: Authority, make_client: MakeClient, message: BulkMessage
) -> None:
    with running(authority.server_context()) as server:
        server.will(close_after_reading)
        with pytest.raises(OutcomeUnknown) as caught:
            make_client(server.url, ca_bundle=authority.bundle).send_bulk(message)
        assert caught.value.reason is Reason.CONNECTION_LOST


@pytest.mark.parametrize("script", [drip(head()), never_read])
def test_the_total_time_holds_through_tls(
    authority: Authority, make_client: MakeClient, script: object
) -> None:
    people = [MessageRecipient(f"+1415{n:07d}", "x" * 100) for n in range(100_000)]
    message = BulkMessage("twlo", "front-desk", people, text="Hi")  # type: ignore[arg-type]
    message.body()
    with running(authority.server_context()) as server:
        server.will(script)  # type: ignore[arg-type]
        client = make_client(server.url, ca_bundle=authority.bundle, total_timeout=0.8)
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown) as caught:
            client.send_bulk(message)
        assert caught.value.reason is Reason.TIMEOUT
        assert time.monotonic() - started < 20


def test_the_environment_cannot_add_an_authority(
    authority: Authority,
    make_client: MakeClient,
    message: BulkMessage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, authority.bundle)
    with running(authority.server_context()) as server:
        assert misconfiguration_of(make_client(server.url), message).halt is Halt.TLS


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_authorities_that_cannot_be_read_are_a_setting_to_mend(
    tmp_path: Path, make_client: MakeClient, content: str | None
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(Misconfigured) as caught:
        make_client("https://gateway.invalid", ca_bundle=str(bundle))
    assert caught.value.reason is Reason.SETTINGS
