"""Which methods addresses answer: a look, a form, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import pytest

from teams.models import User
from tests import effort
from tests.addresses.routes import GET, OF_PAGES, Site, address
from tests.client import Client
from tests.people import ClientOf

pytestmark = pytest.mark.thorough

UNUSUAL = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "X"]
READ = sorted(name for name, route in OF_PAGES.items() if GET in route.methods)


@pytest.mark.parametrize(
    "each", [pytest.param(False, id="by turns"), pytest.param(True, marks=pytest.mark.long)]
)
def test_no_address_answers_an_unusual_method(
    site: Site, client_of: ClientOf, alice: User, each: bool
) -> None:
    for client in (Client(), client_of(alice)):
        for name, methods in zip(OF_PAGES, turns(each), strict=False):
            url = address(name, site.team)
            for method in methods:
                answer = client.generic(method, url)
                assert answer.status_code == 405, (name, method)
                assert answer["Allow"] == "GET, HEAD, POST"


def turns(each: bool) -> Iterator[list[str]]:
    """Which methods an address is asked with, one after the other: each of them, or the next."""
    return cycle([UNUSUAL] if each else [[method] for method in UNUSUAL])


@pytest.mark.parametrize("url", ["/admin/", "/admin/login/", "/static/img/logo.svg", "/nowhere/"])
def test_nor_does_what_is_not_ours(client: Client, url: str) -> None:
    assert client.generic("TRACE", url).status_code == 405


# Of every kind of answer some: a page, a part of one, a file, one that leads on.
HEADS = {*READ[::4], "report-file", "campaign-live", "home", "media-file"} & {*READ}


@pytest.mark.parametrize("name", effort.long_but(HEADS, READ))
def test_asking_for_the_head_is_looking(
    site: Site, client_of: ClientOf, alice: User, name: str
) -> None:
    client, url = client_of(alice), site.url(name, alice)
    looked, head = client.get(url), client.head(url)
    assert head.status_code == looked.status_code
    assert not b"".join(getattr(head, "streaming_content", None) or [head.content])
