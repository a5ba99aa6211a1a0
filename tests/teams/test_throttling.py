"""How often signing in may be tried."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import RequestFactory
from pytest_django.asserts import assertContains, assertNotContains
from pytest_django.fixtures import Settings

from teams import throttling
from teams.models import Tries, User
from teams.throttling import Limit
from tests.client import Client
from tests.world import PASSWORD, create_person

pytestmark = pytest.mark.thorough

FIVE = Limit("test", 5)
TOO_MANY = "Too many tries."


@pytest.fixture
def emil(db: None) -> User:
    return create_person("Emil Brandt", PASSWORD, email="emil@example.org")


def try_password(
    client: Client, password: str = "wrong", email: str = "emil@example.org", **ask: Any
) -> Any:
    return client.post("/sign-in/", {"email": email, "password": password}, **ask)


def test_the_eleventh_try_at_an_account_is_not_even_looked_at(client: Client, emil: User) -> None:
    for n in range(10):
        assertNotContains(try_password(client, REMOTE_ADDR=f"192.0.2.{n}"), TOO_MANY)
    answer = try_password(client, PASSWORD, REMOTE_ADDR="192.0.2.99")
    assertContains(answer, f"{TOO_MANY} Wait 60 minutes, or reset your password.")


def test_unknown_accounts_are_throttled_alike(client: Client, db: None) -> None:
    for n in range(10):
        try_password(client, email="nobody@example.org", REMOTE_ADDR=f"192.0.2.{n}")
    answer = try_password(client, email="Nobody@example.org", REMOTE_ADDR="192.0.2.99")
    assertContains(answer, TOO_MANY)


def test_one_address_may_try_twenty_times_at_any_accounts(client: Client, emil: User) -> None:
    for n in range(20):
        assertNotContains(try_password(client, email=f"person{n}@example.org"), TOO_MANY)
    assertContains(try_password(client, PASSWORD), TOO_MANY)
    assert try_password(client, PASSWORD, REMOTE_ADDR="192.0.2.99").status_code == 302


def test_right_passwords_are_not_counted(client: Client, emil: User) -> None:
    for _ in range(25):
        assert try_password(Client(), PASSWORD).status_code == 302


def test_after_an_hour_the_account_opens_again(client: Client, emil: User) -> None:
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False) as clock:
        for n in range(10):
            try_password(client, REMOTE_ADDR=f"192.0.2.{n}")
        clock.shift(timedelta(minutes=25))
        assertContains(try_password(client, PASSWORD, REMOTE_ADDR="192.0.2.99"), "Wait 35 minutes")
        clock.shift(timedelta(minutes=35))
        assert try_password(client, PASSWORD, REMOTE_ADDR="192.0.2.99").status_code == 302


def test_the_header_of_a_proxy_we_do_not_have_changes_nothing(client: Client, emil: User) -> None:
    for n in range(20):
        try_password(client, email=f"p{n}@example.org", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}")
    answer = try_password(client, PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.77")
    assertContains(answer, TOO_MANY)


def test_nobody_can_read_from_the_table_who_tried(client: Client, emil: User) -> None:
    try_password(client)
    for tries in Tries.objects.all():
        assert "emil" not in tries.key
        assert "127.0.0.1" not in tries.key


def test_counts_of_days_gone_by_are_cleared_away(db: None) -> None:
    with time_machine.travel("2026-03-02T09:00:00Z") as clock:
        throttling.count_try(FIVE, "somebody")
        clock.shift(timedelta(hours=25))
        throttling.count_try(FIVE, "somebody else")
    assert Tries.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_threads_get_no_more_than_the_limit() -> None:
    limit, start = Limit("test", 60), Barrier(8)

    def attempt_often(_: int) -> int:
        try:
            start.wait(10)
            return sum(throttling.count_try(limit, "emil@example.org") for _ in range(30))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt_often, range(8))) == 60


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.66, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.66, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "unknown"),
        (1, "not an address", "unknown"),
    ],
)
def test_the_visitors_address_is_what_our_own_proxies_saw(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get(
        "/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded}
    )
    assert throttling.client_address(request) == address


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_a_network_of_version_six_counts_as_one_visitor(remote: str, address: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=remote)
    assert throttling.client_address(request) == address


def test_minutes_left_are_none_for_whoever_may_try(db: None) -> None:
    throttling.count_try(FIVE, "somebody")
    assert throttling.minutes_left(FIVE, "somebody") == 0


# --- Nobody is kept out by what strangers try -----------------------------------------------------

STRANGER, HOME = "203.0.113.9", "198.51.100.7"


@pytest.mark.thorough
def test_the_right_person_gets_in_whatever_strangers_try(emil: User) -> None:
    """From a hundred networks, and with every link for a new password asked for."""
    stranger = Client()
    for n in range(120):
        try_password(stranger, REMOTE_ADDR=f"10.{n % 100}.0.1")
    for _n in range(20):
        stranger.post("/password-reset/", {"email": emil.email}, REMOTE_ADDR=STRANGER)
    assert try_password(Client(), PASSWORD, REMOTE_ADDR=HOME).status_code == 302
    answer = Client().post("/password-reset/", {"email": emil.email}, REMOTE_ADDR=HOME)
    assert answer.headers["Location"] == "/password-reset/sent/"
    # A new network gets two tries by now, and not ten.
    for n in range(2):
        assertNotContains(try_password(stranger, REMOTE_ADDR=f"192.0.2.{n}"), TOO_MANY)
    assertContains(try_password(stranger, REMOTE_ADDR="192.0.2.9"), TOO_MANY)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tries", [60, pytest.param(1_000, marks=pytest.mark.long)])
def test_strangers_in_threads_keep_nobody_out_and_guess_no_more_than_counted(tries: int) -> None:
    create_person("Emil Brandt", PASSWORD, email="emil@example.org")
    known = Client()
    try_password(known, PASSWORD, REMOTE_ADDR=HOME)
    known.post("/sign-out/")
    start = Barrier(8)

    def guess(thread: int) -> int:
        try:
            start.wait(60)
            answers = [
                try_password(Client(), f"guess {n}", REMOTE_ADDR=STRANGER).content.decode()
                for n in range(thread, tries, 8)
            ]
            return sum(TOO_MANY not in answer for answer in answers)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(8))) == 10
    assert try_password(known, PASSWORD, REMOTE_ADDR=STRANGER).status_code == 302
    assert try_password(Client(), PASSWORD, REMOTE_ADDR=HOME).status_code == 302


def test_a_stranger_in_ones_own_network_keeps_no_known_browser_out(emil: User) -> None:
    known = Client()
    try_password(known, PASSWORD, REMOTE_ADDR=HOME)
    known.post("/sign-out/")
    for _n in range(30):
        try_password(Client(), REMOTE_ADDR=HOME)
    assertContains(try_password(Client(), PASSWORD, REMOTE_ADDR=HOME), TOO_MANY)
    assert try_password(known, PASSWORD, REMOTE_ADDR=HOME).status_code == 302


def test_a_known_browser_has_no_more_tries_than_another(emil: User) -> None:
    known = Client()
    try_password(known, PASSWORD)
    known.post("/sign-out/")
    answers = [try_password(known, f"guess {n}", REMOTE_ADDR=f"10.{n}.0.1") for n in range(11)]
    assertContains(answers[-1], TOO_MANY)
    # It is known as Emil's alone, and only while its cookie is as it was.
    assertNotContains(try_password(known, email="nora@example.org"), TOO_MANY)
    known.cookies["known_device"] = "made-up"
    assertNotContains(try_password(known, REMOTE_ADDR="10.99.0.1"), TOO_MANY)


def test_who_is_signed_in_can_prove_it_whatever_strangers_try(emil: User) -> None:
    signed_in = Client()
    signed_in.force_login(emil)
    for _n in range(25):
        try_password(Client())
    assert signed_in.post("/sign-in/again/", {"password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(
    ("url", "fields", "field"),
    [
        ("/sign-in/again/", {}, "password"),
        ("/account/", {"name": "Emil", "email": "new@example.org"}, "current_password"),
        (
            "/account/password/",
            {"new_password1": "nine-herons-in-fog", "new_password2": "nine-herons-in-fog"},
            "old_password",
        ),
    ],
)
def test_an_open_browser_is_no_place_to_guess_the_password(
    emil: User, url: str, fields: dict[str, str], field: str
) -> None:
    left_open = Client()
    left_open.force_login(emil)
    for n in range(10):
        assertNotContains(left_open.post(url, {**fields, field: f"guess {n}"}), TOO_MANY)
    assertContains(left_open.post(url, {**fields, field: PASSWORD}), TOO_MANY)
    emil.refresh_from_db()
    assert (emil.email, emil.check_password(PASSWORD)) == ("emil@example.org", True)
