"""A team that somebody makes for themselves, where the settings let them."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from teams.addresses import validate_team_address
from teams.models import Membership, Role, Team, User
from teams.throttling import Limit, count_try
from trail.acts import Act
from trail.recording import record

# Each begins with a daily limit of its own: nobody is to have a hundred of them.
_NEW_TEAMS = Limit("new-team", 3)
_LONGEST_SLUG = 50
_TRIES = 5


class TooManyTeams(Exception):
    """This person has made several within the hour."""


def may_make_team(user: User) -> bool:
    """Whether `user` may make a team: staff, or everybody where the settings say so."""
    return user.is_staff or bool(settings.EVERYBODY_MAKES_TEAMS)


def make_team(user: User, name: str, time_zone: str, country: str) -> Team:
    """Make a team with `user` as its owner. Raises TooManyTeams."""
    if not count_try(_NEW_TEAMS, str(user.pk)):
        raise TooManyTeams
    with transaction.atomic():
        team = _saved(Team(name=name, time_zone=time_zone, default_country=country))
        Membership.objects.create(team=team, user=user, role=Role.OWNER)
        record(Act.TEAM_MADE, team, by=user, team_id=team.pk)
    return team


def _saved(team: Team) -> Team:
    """The team at an address that is free; somebody else may take one in the same moment.

    Raises TooManyTeams when they always do.
    """
    for _attempt in range(_TRIES):
        team.slug = _free_slug(team.name)
        with suppress(IntegrityError), transaction.atomic():
            team.save(force_insert=True)
            return team
    raise TooManyTeams


def _free_slug(name: str) -> str:
    """An address made of the name, and a number where somebody has it already."""
    begin = slugify(name)[:_LONGEST_SLUG].strip("-") or "team"
    taken = set(Team.objects.filter(slug__startswith=begin).values_list("slug", flat=True))
    candidates = (begin if n == 1 else f"{begin}-{n}" for n in count(1))
    return next(slug for slug in candidates if slug not in taken and _is_allowed(slug))


def _is_allowed(slug: str) -> bool:
    try:
        validate_team_address(slug)
    except ValidationError:
        return False
    return True
