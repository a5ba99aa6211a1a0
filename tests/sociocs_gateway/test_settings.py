"""A client cannot be made of settings that would send the key to the wrong place."""

from __future__ import annotations

import pytest

from sociocs_gateway import Halt, Misconfigured, Reason, SociocsClient

KEY = "e047aaaaaaaaaaaa:Xqc3bbbbbbbbbbbb"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.sociocs.com",
        "https://api.sociocs.com/",
        "HTTPS://API.sociocs.com",
        "https://gateway.example.org:8443/sociocs",
        "http://127.0.0.1:8790",
        "http://127.8.9.10",
        "http://localhost:8790",
        "http://[::1]:8790",
    ],
)
def test_https_anywhere_and_http_to_this_machine(url: str) -> None:
    assert SociocsClient(url, KEY).masked_key == "…bbbb"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.sociocs.com",
        "http://api.sociocs.com",
        "http://10.0.0.1",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "ftp://api.sociocs.com",
        "file:///etc/passwd",
        "https://",
        "https:///messages",
        "https://ann:secret@api.sociocs.com",
        "https://api.sociocs.com?apikey=1",
        "https://api.sociocs.com#x",
        "https://[::1",
        "https://api.sociocs.com:99999",
        "https://*.sociocs.com",
        " https://api.sociocs.com",
        "https://api.sociocs.com\n",
        "https://api.sociocs.com/a b",
    ],
)
def test_any_other_base_url_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        SociocsClient(url, KEY)
    assert (caught.value.reason, caught.value.halt) == (Reason.SETTINGS, Halt.SETTINGS)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["", " ", KEY + "\n", KEY + " x", "schlüssel", "a\x00b", "\ud800"])
def test_a_key_that_cannot_be_a_header_is_refused(key: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        SociocsClient("https://api.sociocs.com", key)
    assert caught.value.halt is Halt.SETTINGS
    assert KEY not in repr(caught.value)


def test_people_see_the_last_four_characters_of_a_key() -> None:
    client = SociocsClient("https://api.sociocs.com", KEY)
    assert client.masked_key == "…bbbb"
    assert repr(client) == "SociocsClient('https://api.sociocs.com', key='…bbbb')"


def test_a_key_too_short_to_hide_the_rest_shows_nothing() -> None:
    assert SociocsClient("https://api.sociocs.com", "abcd1234").masked_key == "…"


def test_a_client_closes_at_the_end_of_a_with_block() -> None:
    with SociocsClient("https://api.sociocs.com", KEY) as client:
        assert client.masked_key
