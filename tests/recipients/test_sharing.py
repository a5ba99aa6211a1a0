"""Sharing a list and withdrawing it, by the list's page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from recipients.lists import sharing
from recipients.models import ListShare, Permission, RecipientList, Visibility
from teams import members
from teams.models import Team, User
from tests.client import Client
from tests.people import ClientOf
from tests.recipients.conftest import Door

pytestmark = pytest.mark.thorough


@pytest.fixture
def people(riverside: Team, alice: User) -> RecipientList:
    """A list of Alice's, private."""
    return RecipientList.objects.create(team=riverside, owner=alice, name="Patients", is_ready=True)


def share(client: Client, people: RecipientList, visibility: str, **fields: str) -> Any:
    address = reverse("list-sharing", args=[people.team.slug, people.public_id])
    return client.post(address, {"visibility": visibility, **fields}, follow=True)


def field(person: User) -> str:
    return f"permission_{person.public_id}"


def sees(client: Client, people: RecipientList) -> bool:
    """Whether it stands among the lists; and then, and only then, it opens."""
    page = client.get(reverse("lists", args=[people.team.slug])).content.decode()
    opened = client.get(reverse("list", args=[people.team.slug, people.public_id]))
    assert ("Patients" in page) is (opened.status_code == 200)
    return "Patients" in page


def names(client: Client, team: Team, show: str) -> list[str]:
    answer = client.get(reverse("lists", args=[team.slug]), {"show": show})
    return [one.name for one in answer.context["page"].rows]


def test_a_list_is_lent_to_one_colleague_and_to_nobody_else(
    client_of: ClientOf, people: RecipientList, alice: User, bob: User, sami: User
) -> None:
    answer = share(client_of(alice), people, "named", **{field(bob): "use"})
    assert "You and 1 colleague can now use this list." in answer.content.decode()
    assert sees(client_of(bob), people)
    assert not sees(client_of(sami), people)
    assert ListShare.objects.get().shared_by == alice


def test_withdrawing_takes_effect_at_once(
    client_of: ClientOf, people: RecipientList, alice: User, bob: User
) -> None:
    browser = client_of(bob)
    share(client_of(alice), people, "named", **{field(bob): "edit"})
    assert sees(browser, people)
    share(client_of(alice), people, "private")
    assert not sees(browser, people)
    assert not ListShare.objects.exists()


@pytest.mark.parametrize(
    ("visibility", "fields", "edits"),
    [
        ("team", {}, False),
        ("team", {"team_permission": "edit"}, True),
        ("team", {"bob": "edit"}, True),
        ("named", {"bob": "use"}, False),
        ("named", {"bob": "edit"}, True),
        ("named", {"bob": "use", "team_permission": "edit"}, False),
        ("private", {"bob": "edit", "team_permission": "edit"}, False),
    ],
)
def test_may_edit_is_more_than_may_use(
    client_of: ClientOf,
    people: RecipientList,
    alice: User,
    bob: User,
    visibility: str,
    fields: dict[str, str],
    edits: bool,
) -> None:
    given = {field(bob) if name == "bob" else name: value for name, value in fields.items()}
    share(client_of(alice), people, visibility, **given)
    people.refresh_from_db()
    assert sharing.may_edit(people, bob) is edits
    assert sharing.may_edit(people, alice)
    assert sees(client_of(bob), people) is (visibility != "private")


@pytest.mark.parametrize("before", ["private", "team", "named"])
def test_chosen_people_without_anybody_chosen_is_asked_about(
    client_of: ClientOf, people: RecipientList, alice: User, bob: User, before: str
) -> None:
    hers = client_of(alice)
    share(hers, people, before, **{field(bob): "edit"})

    answer = share(hers, people, "named", **{field(bob): ""})

    html = answer.content.decode()
    assert "Nothing was changed, because no colleague was chosen." in html
    assert "can now use this list" not in html
    # The dialog stands open, with the choice that was made.
    assert '<dialog id="sharing" aria-labelledby="sharing-title" data-opens-itself>' in html
    assert re.search(r'value="named" checked', html)
    people.refresh_from_db()
    assert people.visibility == before
    assert sees(client_of(bob), people) is (before != "private")


def test_a_stranger_cannot_be_lent_anything(
    client_of: ClientOf, people: RecipientList, alice: User, charlie: User
) -> None:
    share(client_of(alice), people, "named", **{field(charlie): "use"})
    sharing.share(people, alice, Visibility.NAMED, people={charlie: Permission.USE})
    assert not ListShare.objects.exists()


def test_only_the_owner_shares(
    client_of: ClientOf, people: RecipientList, alice: User, bob: User, sami: User
) -> None:
    share(client_of(alice), people, "named", **{field(bob): "edit"})
    answer = share(client_of(bob), people, "team", **{field(sami): "use"})
    assert "Only the owner of a list can share it." in answer.content.decode()
    people.refresh_from_db()
    assert people.visibility == Visibility.NAMED
    assert not sees(client_of(sami), people)


def test_nonsense_changes_nothing(
    client_of: ClientOf, people: RecipientList, alice: User, bob: User
) -> None:
    share(client_of(alice), people, "named", **{field(bob): "use"})
    answer = share(client_of(alice), people, "everybody")
    assert "Choose who can use this list." in answer.content.decode()
    assert ListShare.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "status"), [("vera", 403), ("charlie", 404), ("sami", 404), ("bob", 404)]
)
def test_nobody_shares_what_they_cannot_see(
    client_of: ClientOf,
    people: RecipientList,
    request: pytest.FixtureRequest,
    who: str,
    status: int,
) -> None:
    person: User = request.getfixturevalue(who)
    assert share(client_of(person), people, "team").status_code == status
    people.refresh_from_db()
    assert people.visibility == Visibility.PRIVATE


def test_the_dialog_says_who_has_it_and_from_whom(
    client_of: ClientOf, people: RecipientList, alice: User, bob: User, sami: User
) -> None:
    share(client_of(alice), people, "named", **{field(bob): "edit"})
    page = client_of(alice).get(reverse("list", args=[people.team.slug, people.public_id]))
    html = page.content.decode()
    assert '<option value="edit" selected>can edit it</option>' in html
    assert html.count("shared by <bdi>Alice Moreau</bdi>") == 1
    theirs = client_of(bob).get(reverse("list", args=[people.team.slug, people.public_id]))
    assert "Owned by Alice Moreau" in theirs.content.decode()
    assert "you can edit it" in theirs.content.decode()
    assert 'id="sharing"' not in theirs.content.decode()


def test_the_lists_are_filtered(
    client_of: ClientOf, riverside: Team, people: RecipientList, alice: User, bob: User
) -> None:
    RecipientList.objects.create(team=riverside, owner=bob, name="Own", is_ready=True)
    RecipientList.objects.create(
        team=riverside, owner=alice, name="All", is_ready=True, visibility=Visibility.TEAM
    )
    share(client_of(alice), people, "named", **{field(bob): "use"})
    shown = {
        show: names(client_of(bob), riverside, show) for show in ("", "mine", "shared", "team")
    }
    assert shown == {
        "": ["All", "Own", "Patients"],
        "mine": ["Own"],
        "shared": ["Patients"],
        "team": ["All"],
    }


def test_a_leavers_lists_are_handed_over_and_their_loans_end(
    client_of: ClientOf, riverside: Team, people: RecipientList, alice: User, bob: User
) -> None:
    own = RecipientList.objects.create(team=riverside, owner=bob, name="Own", is_ready=True)
    sharing.share(own, bob, Visibility.NAMED, people={alice: Permission.USE})
    share(client_of(alice), people, "named", **{field(bob): "use"})
    members.end_membership(riverside.memberships.get(user=bob), alice)
    own.refresh_from_db()
    assert own.owner == alice
    assert not ListShare.objects.exists()
    assert names(client_of(alice), riverside, "mine") == ["Patients", "Own"][::-1]


def test_a_team_may_share_new_lists_by_default(
    client_of: ClientOf, riverside: Team, alice: User, door: Door
) -> None:
    settings = {
        "name": riverside.name,
        "time_zone": riverside.time_zone,
        "default_country": "US",
        "lists_shared": "on",
    }
    client_of(alice).post(reverse("team-settings", args=[riverside.slug]), settings)
    riverside.refresh_from_db()
    assert riverside.lists_shared
    assert door.imported("Mobile\n4155552671\n").visibility == Visibility.TEAM
    assert door.imported("Mobile\n4155552672\n", visibility="private").visibility == "private"
