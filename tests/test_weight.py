"""What a page weighs on its way to a phone: compressed, with everything it is made of."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from demo.views import sample_csv
from tests.browsing import Desk

pytestmark = pytest.mark.thorough

STATIC = re.compile(r'(?:href|src)="/static/([^"#?]+)')
TOKEN = re.compile(rb'csrfmiddlewaretoken" value="(\w+)"')
KILO = 1000
# Compressed when they are made: as they are on the wire.
PACKED = ("woff2", "png", "ico")


def answered(client: Client, url: str) -> bytes:
    """A page as it goes over the wire to a browser."""
    answer = client.get(url, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert answer.status_code == 200
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    return answer.content


def weights(client: Client, url: str) -> dict[str, int]:
    """The page, and each file that it names, in bytes on the wire."""
    page = answered(client, url)
    parts = {"the page itself": len(page)}
    for name in set(STATIC.findall(gzip.decompress(page).decode())):
        path = finders.find(name)
        assert isinstance(path, str), name
        content = Path(path).read_bytes()
        packed = name.rpartition(".")[2] in PACKED
        # As `whitenoise.compress` makes them.
        parts[name] = len(content) if packed else len(brotli.compress(content))
    return parts


def raw(desk: Desk) -> Client:
    """A client of the same person that gets answers as they are."""
    client = Client()
    client.cookies = desk.client.cookies
    return client


def test_the_first_page_weighs_little(db: None) -> None:
    parts = weights(Client(), "/sign-in/")
    assert sum(parts.values()) <= 80 * KILO, parts


def test_the_overview_weighs_little(desk: Desk, draft: Campaign) -> None:
    parts = weights(raw(desk), desk.url("overview"))
    assert sum(parts.values()) <= 80 * KILO, parts


def test_the_composer_weighs_little(desk: Desk, draft: Campaign) -> None:
    parts = weights(raw(desk), desk.url("compose", draft))
    assert sum(parts.values()) <= 120 * KILO, parts


def test_what_reads_no_compressed_pages_gets_them_as_they_are(db: None) -> None:
    answer = Client().get("/sign-in/")
    assert "Content-Encoding" not in answer
    assert b"<html" in answer.content


def test_a_compressed_pages_size_tells_nothing_exact(db: None) -> None:
    """What BREACH measures differs by chance, and the form's token is masked anew each time."""
    sizes, tokens = set(), set()
    client = Client()
    for _ in range(6):
        page = answered(client, "/sign-in/")
        sizes.add(len(page))
        tokens.update(TOKEN.findall(gzip.decompress(page))[:1])
    assert len(sizes) > 1
    assert len(tokens) == 6


@pytest.mark.parametrize("name", ["sample-recipients.csv"])
def test_a_download_is_left_as_it_is(desk: Desk, settings: Settings, name: str) -> None:
    answer = raw(desk).get(f"/demo/{name}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer
    assert answer.content.decode("utf-8-sig") == sample_csv()
