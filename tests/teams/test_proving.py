"""The password is asked for once more where a browser left open would do most harm."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from recipients.models import Export, OptOut, RecipientList
from teams import day_sums, proving
from teams.models import Membership, Role, Team, User
from tests import world
from tests.client import Client
from tests.people import ClientOf
from tests.world import PASSWORD

pytestmark = pytest.mark.thorough

AGAIN = "/sign-in/again/"


@pytest.fixture
def left_open(alice: User, client_of: ClientOf) -> Client:
    """Alice's browser, eleven minutes after she signed in."""
    alice.set_password(PASSWORD)
    alice.save()
    client = client_of(alice)
    session = client.session
    session["proved_at"] = int(time.time()) - 11 * 60
    session.save()
    return client


@pytest.fixture
def people(riverside: Team) -> RecipientList:
    made = world.a_list(riverside, world.phones(3))
    RecipientList.objects.filter(pk=made.pk).update(visibility="team")
    return made


def take_along(client: Client, team: Team, people: RecipientList) -> Any:
    return client.post(f"/{team.slug}/lists/{people.public_id}/export/", {"format": "csv"})


def test_many_numbers_leave_only_with_the_password(
    left_open: Client, riverside: Team, people: RecipientList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "MANY_NUMBERS", 2)
    page = f"/{riverside.slug}/lists/{people.public_id}/"

    sent_away = take_along(left_open, riverside, people)
    assert sent_away.status_code == 302
    assert sent_away["Location"].startswith(AGAIN)
    assert not Export.objects.exists()
    assertContains(left_open.get(sent_away["Location"]), "Confirm that it is you")

    wrong = left_open.post(AGAIN, {"next": page, "password": "not-the-password"})
    assertContains(wrong, "do not match")
    assert take_along(left_open, riverside, people).status_code == 302

    right = left_open.post(AGAIN, {"next": page, "password": PASSWORD})
    assertRedirects(right, page, fetch_redirect_response=False)
    assert take_along(left_open, riverside, people).status_code == 200
    assert Export.objects.count() == 1


def test_a_few_numbers_leave_without_it(
    left_open: Client, riverside: Team, people: RecipientList
) -> None:
    assert take_along(left_open, riverside, people).status_code == 200


def test_what_leaves_in_parts_adds_up_over_the_day(
    left_open: Client, riverside: Team, people: RecipientList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "MANY_NUMBERS", 8)
    world.opt_out(riverside, world.phones(9)[8])
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False) as clock:
        start_anew(left_open)
        register = reverse("opt-outs-export", args=[riverside.slug])
        assert left_open.post(register).status_code == 200
        assert take_along(left_open, riverside, people).status_code == 200
        assert take_along(left_open, riverside, people).status_code == 200
        asked = take_along(left_open, riverside, people)
        assert asked["Location"].startswith(AGAIN)
        assertContains(left_open.get(asked["Location"]), "10 people today")
        assert Export.objects.count() == 3
        left_open.post(AGAIN, {"password": PASSWORD})
        assert take_along(left_open, riverside, people).status_code == 200
        clock.shift(timedelta(days=1))
        start_anew(left_open)
        assert take_along(left_open, riverside, people).status_code == 200


def start_anew(client: Client) -> None:
    """A session of this moment in which nobody proved who they are."""
    client.force_login(User.objects.get(name="Alice Moreau"))
    session = client.session
    session["proved_at"] = 0
    session.save()


def test_many_opt_outs_are_lifted_only_with_the_password(
    left_open: Client, riverside: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_sums, "MANY_LIFTED", 2)
    entries = [world.opt_out(riverside, phone) for phone in world.phones(4)]
    answers = [
        left_open.post(
            reverse("opt-out-lift", args=[riverside.slug, entry.public_id]),
            {"reason": "They asked for it"},
        )["Location"]
        for entry in entries
    ]
    assert [answer.startswith(AGAIN) for answer in answers] == [False, False, True, True]
    assert OptOut.objects.open().count() == 2


def test_roles_change_only_with_the_password(
    left_open: Client, riverside: Team, vera: User
) -> None:
    member = Membership.objects.get(user=vera)
    url = f"/{riverside.slug}/team/members/{vera.public_id}/role/"

    assert left_open.post(url, {"role": Role.OWNER})["Location"].startswith(AGAIN)
    member.refresh_from_db()
    assert member.role == Role.VIEWER

    left_open.post(AGAIN, {"password": PASSWORD})
    left_open.post(url, {"role": Role.EDITOR})
    member.refresh_from_db()
    assert member.role == Role.EDITOR


def test_an_api_key_is_typed_only_with_the_password(left_open: Client, riverside: Team) -> None:
    url = f"/{riverside.slug}/channels/accounts/new/"
    assert left_open.get(url)["Location"].startswith(AGAIN)
    left_open.post(AGAIN, {"password": PASSWORD})
    assert left_open.get(url).status_code == 200


def test_it_leads_to_no_other_site(left_open: Client) -> None:
    answer = left_open.post(AGAIN, {"next": "https://evil.example/", "password": PASSWORD})
    assertRedirects(answer, "/", fetch_redirect_response=False)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("invite", {"email": "mallory@example.org", "role": "owner"}),
        ("team-settings", {"approval_above": "", "confirm_typed_above": ""}),
        ("member-remove", {}),
        ("test-number-add", {"label": "Mine", "phone": "+16317471555"}),
    ],
)
def test_no_guard_is_lowered_at_an_open_browser(
    left_open: Client, riverside: Team, vera: User, path: str, fields: dict[str, str]
) -> None:
    url = reverse(path, args=[riverside.slug, *([vera.public_id] if "member" in path else [])])
    assert left_open.post(url, fields)["Location"].startswith(AGAIN)
    assert (riverside.invitations.count(), riverside.numbers_for_tests.count()) == (0, 0)
    assert riverside.memberships.filter(user=vera).exists()
    key = left_open.session.session_key
    left_open.post(AGAIN, {"password": PASSWORD})
    # What the open browser's key was before opens nothing any more.
    assert left_open.session.session_key != key
    answer = left_open.post(url, fields)
    assert not answer.headers.get("Location", "").startswith(AGAIN)


def test_a_session_ends_twelve_hours_after_signing_in_however_busy_it_was(
    alice: User, client_of: ClientOf
) -> None:
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False) as clock:
        client = client_of(alice)
        for _hour in range(12):
            clock.shift(timedelta(hours=1))
            client.session.save()
            assert client.get("/account/").status_code == 200
        session = client.session
        session["busy"] = True
        session.save()
        clock.shift(timedelta(minutes=1))
        assert client.get("/account/").status_code == 302


@pytest.mark.parametrize(("is_staff", "status"), [(True, 302), (False, 200)])
def test_staff_who_were_away_for_half_an_hour_sign_in_again(
    alice: User, client_of: ClientOf, is_staff: bool, status: int
) -> None:
    alice.is_staff = is_staff
    alice.save()
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False) as clock:
        client = client_of(alice)
        for _quarter in range(4):
            clock.shift(timedelta(minutes=25))
            assert client.get("/account/").status_code == 200
        clock.shift(timedelta(minutes=31))
        assert client.get("/account/").status_code == status
