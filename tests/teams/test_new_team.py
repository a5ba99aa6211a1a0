"""Who makes a team, and what it begins with."""

from __future__ import annotations

from pytest_django.asserts import assertContains, assertNotContains
from pytest_django.fixtures import Settings

from teams.models import Role, Team, User
from tests import world
from tests.people import ClientOf

SAID = {"name": "Élan Müller & Co", "time_zone": "Europe/Berlin", "default_country": "DE"}


def test_by_default_only_staff_make_one(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    assertNotContains(client.get("/account/"), "Create a team")
    assertContains(client.post("/teams/new/", SAID), "people who run this site", status_code=403)
    root = client_of(world.create_person("Root", is_staff=True))
    assertContains(root.get("/", follow=True), "/teams/new/")
    assert root.post("/teams/new/", SAID).status_code == 302
    team = Team.objects.get(name=SAID["name"])
    assert (team.slug, team.time_zone, team.daily_limit) == ("elan-muller-co", "Europe/Berlin", 500)
    assert team.memberships.get().role == Role.OWNER


def test_everybody_makes_one_where_the_settings_say_so(
    client_of: ClientOf, alice: User, settings: Settings
) -> None:
    settings.EVERYBODY_MAKES_TEAMS = True
    client = client_of(alice)
    assertContains(client.get("/account/"), "/teams/new/")
    for name in ("Admin", "山田歯科", "Admin"):
        assert client.post("/teams/new/", SAID | {"name": name}).status_code == 302
    slugs = Team.objects.filter(memberships__user=alice).values_list("slug", flat=True)
    assert {"admin-2", "admin-3", "team"} <= set(slugs)
    assertContains(client.post("/teams/new/", SAID), "Wait an hour", status_code=422)
