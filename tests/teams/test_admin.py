"""People and teams in the admin."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains

from interface import admin_mixins
from interface.admin_mixins import CappedPaginator
from teams.models import Membership, Team, User
from tests.client import Client
from tests.people import ClientOf
from tests.world import PASSWORD, create_person

pytestmark = pytest.mark.thorough


@pytest.fixture
def staff(client_of: ClientOf, db: None) -> Client:
    return client_of(User.objects.create_superuser("root@example.org", PASSWORD, name="Root"))


MODELS = [model for model in admin.site._registry if model._meta.app_label != "auth"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_list_opens_and_can_be_searched(staff: Client, model: type[Model]) -> None:
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    assert staff.get(path).status_code == 200
    # Where there is no search, an unknown parameter is answered by a redirect to the list.
    assert staff.get(f"{path}?q=x'").status_code in (200, 302)


@pytest.mark.parametrize("address", ["/admin/", "/admin/teams/user/"])
def test_it_is_for_staff_only(client_of: ClientOf, alice: User, address: str) -> None:
    answer = client_of(alice).get(address, follow=True)
    assertContains(answer, "for the people who run this site", status_code=403)


def test_a_person_is_made_without_a_second_spelling_of_their_address(staff: Client) -> None:
    staff.post(
        "/admin/teams/user/add/",
        {
            "email": "Emil@Example.org",
            "name": "Emil",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
        },
    )
    assert User.objects.get(name="Emil").email == "emil@example.org"


def test_a_team_cannot_take_an_address_of_the_site(staff: Client) -> None:
    answer = staff.post("/admin/teams/team/add/", team_fields(slug="admin"))
    assertContains(answer, "This site uses the address")
    assert not Team.objects.exists()


def test_a_team_is_made_with_its_first_owner(staff: Client) -> None:
    person = create_person()
    staff.post(
        "/admin/teams/team/add/",
        team_fields()
        | {
            "memberships-TOTAL_FORMS": "1",
            "memberships-0-user": str(person.pk),
            "memberships-0-role": "owner",
        },
    )
    membership = Membership.objects.get()
    assert (membership.user, membership.role) == (person, "owner")


def team_fields(**changes: str) -> dict[str, str]:
    return {
        "name": "Riverside Dental",
        "slug": "riverside",
        "time_zone": "Europe/Berlin",
        "default_country": "DE",
        "currency": "EUR",
        "failures_until_left_out": "2",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    } | changes


def test_a_membership_is_not_ended_here_where_lists_would_stay_behind(
    staff: Client, riverside: Team, alice: User, bob: User
) -> None:
    membership = Membership.objects.get(user=bob)
    staff.post(f"/admin/teams/membership/{membership.pk}/delete/", {"post": "yes"})
    staff.post(f"/admin/teams/user/{bob.pk}/delete/", {"post": "yes"})
    assert Membership.objects.filter(user=bob).exists()


def test_a_large_table_is_counted_only_as_far_as_anybody_pages(
    db: None, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(admin_mixins, "COUNTED_ROWS", 3)
    for _ in range(5):
        create_person()
    with django_assert_num_queries(1) as queries:
        assert CappedPaginator(User.objects.order_by("email"), 50).count == 3
    assert "LIMIT 4" in queries.captured_queries[0]["sql"]


def test_a_small_table_is_counted_exactly(db: None) -> None:
    create_person()
    create_person()
    assert CappedPaginator(User.objects.order_by("email"), 50).count == 2
