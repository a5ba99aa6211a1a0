"""What a person sees when something goes wrong, and what every answer carries."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial

import psycopg
import pytest
import time_machine
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InternalError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from pytest_django.asserts import assertContains
from pytest_django.fixtures import Settings

from config.urls import handler400, handler403, handler404, handler500
from interface import errors
from teams.models import Team, User
from tests.client import Client
from tests.people import ClientOf

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the secret reason")


def find_no_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("database is locked")


def find_a_locked_row(request: HttpRequest) -> HttpResponse:
    raise OperationalError from psycopg.errors.LockNotAvailable()


def be_ended_by_the_server(request: HttpRequest) -> HttpResponse:
    raise InternalError from psycopg.errors.IdleInTransactionSessionTimeout()


def ask_for_too_long(request: HttpRequest) -> HttpResponse:
    raise OperationalError from psycopg.errors.QueryCanceled()


def find_a_locked_file(request: HttpRequest) -> HttpResponse:
    connect = partial(sqlite3.connect, "file:busy?mode=memory&cache=shared", uri=True, timeout=0)
    with closing(connect()) as held, closing(connect()) as waiting:
        held.execute("BEGIN IMMEDIATE")
        try:
            waiting.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError from error
    raise AssertionError("not locked")


def refuse(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("Ask <Alice>.")


def suspect(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("the secret reason")


urlpatterns = [
    path("fail/", fail),
    path("busy/", find_no_database),
    path("locked/", find_a_locked_row),
    path("ended/", be_ended_by_the_server),
    path("slow/", ask_for_too_long),
    path("locked-file/", find_a_locked_file),
    path("refuse/", refuse),
    path("suspect/", suspect),
    path("", include("config.urls")),
]


@pytest.fixture
def browser(alice: User, client_of: ClientOf) -> Client:
    client = client_of(alice)
    client.raise_request_exception = False
    return client


@pytest.mark.urls(__name__)
class TestErrorPages:
    @pytest.mark.parametrize(
        ("address", "status", "advice"),
        [
            ("/suspect/", 400, "reload the page and try again"),
            ("/refuse/", 403, "Ask &lt;Alice&gt;."),
            ("/no/such/page/", 404, "start from the overview"),
            ("/busy/", 503, "wait half a minute"),
            ("/ended/", 503, "look whether it is there"),
            ("/slow/", 503, "look whether it is there"),
            ("/locked/", 503, "nothing was changed and nothing is lost"),
            ("/locked-file/", 503, "Wait ten seconds and do it again"),
            ("/fail/", 500, "look at the overview before you try again"),
        ],
    )
    def test_say_what_happened_and_what_to_do(
        self, browser: Client, address: str, status: int, advice: str
    ) -> None:
        answer = browser.get(address)
        assertContains(answer, advice, status_code=status)
        assertContains(answer, "<h1>", status_code=status)
        assert b"secret" not in answer.content

    @pytest.mark.parametrize(
        ("address", "status"),
        [("/suspect/", 400), ("/refuse/", 403), ("/no/such/page/", 404), ("/fail/", 500)],
    )
    def test_are_one_sentence_for_a_fragment(
        self, browser: Client, address: str, status: int
    ) -> None:
        answer = browser.get(address, headers={"HX-Request": "true"})
        assert answer.status_code == status
        assert answer["Content-Type"].startswith("text/plain")
        assert "<h1" not in answer.content.decode()

    def test_need_no_database(self, db: None) -> None:
        def no_database(*_: object) -> None:
            raise AssertionError("asked the database")

        with connection.execute_wrapper(no_database):
            assert errors.server_error(HttpRequest()).status_code == 500


class TestHeaders:
    def test_pages_are_kept_by_no_cache(
        self, browser: Client, client: Client, riverside: Team
    ) -> None:
        for answer in (browser.get(f"/{riverside.slug}/team/"), client.get("/sign-in/")):
            assert answer["Cache-Control"] == "no-store"

    def test_the_policy_allows_no_inline_code(self, browser: Client, riverside: Team) -> None:
        policy = browser.get(f"/{riverside.slug}/team/")["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy

    def test_the_admin_runs_under_the_same_policy(self, browser: Client, alice: User) -> None:
        alice.is_staff = alice.is_superuser = True
        alice.save()
        directives = {
            words.split()[0]: words.split()[1:]
            for words in browser.get("/admin/")["Content-Security-Policy"].split("; ")
        }
        assert directives["script-src"] == ["'self'"]
        assert directives["style-src"] == ["'self'"]
        assert directives["frame-ancestors"] == ["'none'"]

    def test_other_sites_learn_nothing_and_get_no_window(self, client: Client) -> None:
        answer = client.get("/sign-in/")
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "is_secure", "status"),
    [
        ("/sign-in/", True, 200),
        ("/sign-in/", False, 301),
        ("/static/img/logo.svg", True, 200),
        ("/nothing/here/", True, 404),
        ("/healthz", True, 200),
    ],
)
def test_each_answer_tells_browsers_what_it_is_not_for(
    client: Client, settings: Settings, path: str, is_secure: bool, status: int
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get(path, secure=is_secure)
    assert answer.status_code == status
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_other_hosts_of_the_domain_are_bound_by_choice_only(
    client: Client, settings: Settings
) -> None:
    settings.SECURE_HSTS_SECONDS = 3600
    assert client.get("/sign-in/", secure=True)["Strict-Transport-Security"] == "max-age=3600"
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    both = Client().get("/sign-in/", secure=True)["Strict-Transport-Security"]
    assert both == "max-age=3600; includeSubDomains; preload"


def test_whoever_finds_a_hole_is_told_where_to_report_it(
    client: Client, settings: Settings
) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "security@example.org"
    settings.SECURITY_POLICY_URL = "https://example.org/holes"
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False):
        answer = client.get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode().splitlines() == [
        "Contact: mailto:security@example.org",
        "Expires: 2026-08-29T00:00:00Z",
        "Policy: https://example.org/holes",
        f"Canonical: {settings.BASE_URL}/.well-known/security.txt",
    ]
    settings.SECURITY_CONTACT = "https://example.org/contact"
    assert (
        b"Contact: https://example.org/contact\n" in client.get("/.well-known/security.txt").content
    )


@pytest.mark.urls(__name__)
def test_a_database_that_is_away_says_when_to_come_back(browser: Client) -> None:
    assert browser.get("/busy/").headers["Retry-After"] == "30"
    assert browser.get("/busy/", headers={"HX-Request": "true"}).status_code == 503
    assert browser.get("/locked/").headers["Retry-After"] == "10"
    assert "nothing was changed" in browser.get("/locked/", headers={"HX-Request": "true"}).text
