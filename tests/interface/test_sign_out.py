"""What stays in a browser after sign-out."""

from __future__ import annotations

from teams.models import User
from tests.client import Client
from tests.people import ClientOf


def test_the_browser_forgets_pages_and_storage_but_no_cookies_of_its_host(
    alice: User, client_of: ClientOf
) -> None:
    answer = client_of(alice).post("/sign-out/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_nothing_is_cleared_on_the_way(alice: User, client_of: ClientOf) -> None:
    assert "Clear-Site-Data" not in client_of(alice).get("/account/").headers
    assert "Clear-Site-Data" not in Client().get("/sign-in/").headers
