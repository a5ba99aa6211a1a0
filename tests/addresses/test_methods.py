"""Which methods addresses answer: a look, a form, and nothing else."""

from __future__ import annotations

import pytest

from teams.models import User
from tests.addresses.routes import GET, OF_PAGES, Site, address
from tests.client import Client
from tests.people import ClientOf

pytestmark = pytest.mark.thorough

UNUSUAL = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "X"]
READ = sorted(name for name, route in OF_PAGES.items() if GET in route.methods)


def test_no_address_answers_an_unusual_method(site: Site, client_of: ClientOf, alice: User) -> None:
    for client in (Client(), client_of(alice)):
        for name in OF_PAGES:
            url = address(name, site.team)
            for method in UNUSUAL:
                answer = client.generic(method, url)
                assert answer.status_code == 405, (name, method)
                assert answer["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("url", ["/admin/", "/admin/login/", "/static/img/logo.svg", "/nowhere/"])
def test_nor_does_what_is_not_ours(client: Client, url: str) -> None:
    assert client.generic("TRACE", url).status_code == 405


def test_asking_for_the_head_is_looking(site: Site, client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    for name in READ:
        url = site.url(name, alice)
        looked, head = client.get(url), client.head(url)
        assert head.status_code == looked.status_code, name
        assert not b"".join(getattr(head, "streaming_content", None) or [head.content]), name
