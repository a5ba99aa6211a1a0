"""Nothing around a request changes where it goes or what goes with it."""

from __future__ import annotations

import threading

import pytest

from sociocs_gateway import (
    BulkMessage,
    Halt,
    Misconfigured,
    Reason,
    SociocsClient,
    TryLater,
)
from tests.sociocs_gateway import canaries
from tests.sociocs_gateway.asking import MakeClient, unknown_of
from tests.sociocs_gateway.scripted_server import (
    ScriptedServer,
    answer,
    endless,
    error,
    head,
    job,
    success,
)


class TestRedirects:
    @pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
    def test_a_redirect_is_not_followed(
        self,
        server: ScriptedServer,
        other_server: ScriptedServer,
        client: SociocsClient,
        message: BulkMessage,
        status: int,
    ) -> None:
        server.will(answer(b"", status, {"Location": f"{other_server.url}/messages/bulk"}))
        unknown = unknown_of(client, message)
        assert (unknown.reason, unknown.http_status) == (Reason.REDIRECT, status)
        assert unknown.halt is Halt.REDIRECT
        assert other_server.connections == 0

    def test_a_read_follows_no_redirect_either(
        self, server: ScriptedServer, other_server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(answer(b"", 302, {"Location": other_server.url}))
        with pytest.raises(TryLater) as caught:
            client.list_bulk_jobs()
        assert (caught.value.reason, caught.value.halt) == (Reason.REDIRECT, Halt.REDIRECT)
        assert (server.connections, other_server.connections) == (1, 0)

    def test_a_redirect_with_an_endless_body_ends(
        self, server: ScriptedServer, client: SociocsClient, message: BulkMessage
    ) -> None:
        server.will(endless(head(302, {"Location": "/"}, length=None), b"x" * 65_536))
        assert unknown_of(client, message).reason is Reason.REDIRECT


class TestTheSurroundings:
    @pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
    def test_the_environments_proxies_are_not_used(
        self,
        server: ScriptedServer,
        other_server: ScriptedServer,
        client: SociocsClient,
        message: BulkMessage,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
    ) -> None:
        monkeypatch.setenv(name, other_server.url)
        server.will(job())
        client.send_bulk(message)
        assert other_server.connections == 0

    def test_passwords_of_this_machine_are_not_sent(
        self,
        server: ScriptedServer,
        client: SociocsClient,
        message: BulkMessage,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path_factory: pytest.TempPathFactory,
    ) -> None:
        netrc = tmp_path_factory.mktemp("home") / "netrc"
        netrc.write_text("machine 127.0.0.1 login ann password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        server.will(job())
        client.send_bulk(message)
        assert "authorization" not in server.request.headers

    def test_cookies_are_not_kept(self, server: ScriptedServer, client: SociocsClient) -> None:
        server.will(success([], headers={"Set-Cookie": "a=b"}), success([]))
        client.list_bulk_jobs()
        client.list_bulk_jobs()
        assert "cookie" not in server.requests[1].headers


class TestExplicitProxies:
    def test_a_proxy_that_cannot_be_reached_is_not_sent(
        self, other_server: ScriptedServer, make_client: MakeClient, message: BulkMessage
    ) -> None:
        other_server.close()
        client = make_client("https://gateway.invalid", proxies={"https": other_server.url})
        with pytest.raises(TryLater) as caught:
            client.send_bulk(message)
        assert caught.value.reason is Reason.PROXY

    def test_a_proxy_that_declines_is_not_sent_and_learns_nothing(
        self, other_server: ScriptedServer, make_client: MakeClient, message: BulkMessage
    ) -> None:
        other_server.will(error(407))
        client = make_client("https://gateway.invalid", proxies={"https": other_server.url})
        with pytest.raises(TryLater) as caught:
            client.send_bulk(message)
        assert caught.value.reason is Reason.PROXY
        assert other_server.request.method == "CONNECT"
        assert canaries.found_in(repr(dict(other_server.request.headers))) == []

    def test_a_proxy_without_a_host_is_a_setting_to_mend(
        self, make_client: MakeClient, message: BulkMessage
    ) -> None:
        client = make_client("https://gateway.invalid", proxies={"https": "http://"})
        with pytest.raises(Misconfigured) as caught:
            client.send_bulk(message)
        assert caught.value.reason is Reason.SETTINGS


def test_several_threads_share_a_client(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(*[job(str(n)) for n in range(16)])
    found: list[str] = []

    def send() -> None:
        found.append(client.send_bulk(message).job_id)

    threads = [threading.Thread(target=send) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=int) == [str(n) for n in range(16)]
