"""Makes people and teams for tests: say what matters to the test, the rest is filled in."""

from __future__ import annotations

import itertools
from typing import Any

from teams.models import Membership, Role, Team, User

# Fulfils the rules for passwords and is in nobody's list of common ones.
PASSWORD = "seven-otters-in-amber"

_numbers = itertools.count(1)


def create_person(name: str = "", password: str | None = None, **fields: Any) -> User:
    """Save a person; with `password=None` they can only be signed in by `client.force_login`."""
    number = next(_numbers)
    name = name or f"Person {number}"
    fields.setdefault("email", f"{name.split()[0].lower()}{number}@example.org")
    return User.objects.create_user(name=name, password=password, **fields)


def create_team(owner: User | None = None, **fields: Any) -> Team:
    """Save a team, with its owner if there is to be one."""
    number = next(_numbers)
    # Tests run at night as well: whoever wants sending hours says so.
    any_time = {"hours_from": None, "hours_to": None}
    values = {"name": f"Team {number}", "slug": f"team-{number}"} | any_time | fields
    team = Team.objects.create(**values)
    if owner is not None:
        add_member(team, owner, Role.OWNER)
    return team


def add_member(team: Team, person: User, role: Role = Role.EDITOR) -> Membership:
    """Put a person into a team."""
    return Membership.objects.create(team=team, user=person, role=role)
