"""Pages while the table of sessions cannot be written, and while a session ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test.signals import template_rendered
from django.urls import reverse

from teams.models import Team, User
from tests.browsing import text_of
from tests.client import Client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@contextmanager
def a_writer_that_holds_sessions() -> Iterator[None]:
    holds, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute("LOCK TABLE django_session IN EXCLUSIVE MODE")
                holds.set()
                is_over.wait(60)
        finally:
            connection.close()

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET lock_timeout = 100")
        else:
            cursor.execute("PRAGMA busy_timeout = 100")
    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        connection.close()


@pytest.fixture
def alices(riverside: Team, alice: User) -> Client:
    """Her browser, in which she has visited no team yet."""
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    return client


@pytest.fixture
def overview(riverside: Team) -> str:
    return reverse("overview", args=[riverside.slug])


def test_a_page_is_shown_although_nothing_can_be_written(alices: Client, overview: str) -> None:
    with a_writer_that_holds_sessions():
        page = alices.get(overview)
    assert page.status_code == 200
    # What would have been kept is kept the next time.
    alices.get(overview)
    assert alices.session["team"] == "riverside-dental"


def test_a_button_says_that_nothing_was_changed(alices: Client) -> None:
    with a_writer_that_holds_sessions():
        page = alices.post(reverse("sign-out"))
    assert page.status_code == 503
    assert "nothing was changed" in text_of(page)


def test_whoever_signed_out_in_another_tab_meanwhile_sees_the_page(
    alices: Client, overview: str
) -> None:
    def sign_out_elsewhere(**_: object) -> None:
        Session.objects.all().delete()

    template_rendered.connect(sign_out_elsewhere)
    try:
        assert alices.get(overview).status_code == 200
    finally:
        template_rendered.disconnect(sign_out_elsewhere)
    assert alices.get(overview).status_code == 302
