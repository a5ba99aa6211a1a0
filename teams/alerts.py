"""Mails about what somebody should know of who did not do it themselves.

Each says in whole sentences what happened and what to do. They go by the worker.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from interface.dates import written
from interface.templatetags.interface import zone_abbreviation
from interface.wording import Text, filled, number
from teams import proving, throttling
from teams.browsers import browser_words
from teams.languages import spoken_by
from teams.letters import Letter, put_down
from teams.models import NeedsSecondStep, Role, Team, User


def tell(people: Iterable[User], subject: Text, happened: Text, advice: Text = "") -> None:
    """Put down one mail for each person: what happened, and what to do if it was not wanted.

    The texts are lazy ones: each person reads them in their own language.
    """
    advice = advice or _(
        "If this should not have happened, check your account and the team's settings now."
    )
    for person in people:
        with spoken_by(person):
            put_down(Letter(person.email, str(subject), f"{happened}\n\n{advice}\n"))


def owners_of(team: Team) -> list[User]:
    """Whom to tell what concerns a team."""
    owners = team.memberships.filter(role=Role.OWNER, user__is_active=True).select_related("user")
    return [membership.user for membership in owners]


def new_browser(request: HttpRequest, user: User) -> None:
    """Somebody signed in with a browser that was not used for the account before."""
    now = timezone.now().astimezone(ZoneInfo(user.time_zone or "UTC"))
    happened = _(
        "Someone signed in to your account on %(moment)s with %(browser)s, from the "
        "address %(address)s. We do not know that browser."
    )
    values = {
        "browser": lazy(browser_words, str)(request.headers.get("User-Agent", "")),
        "address": throttling.client_address(request),
        "moment": lazy(_moment_in_words, str)(now),
    }
    advice = _(
        "If it was you, do nothing. If not, change your password now: that also signs out "
        "that browser."
    )
    subject = _("New sign-in to your account")
    tell([user], subject, filled(happened, values), advice)


def _moment_in_words(moment: datetime) -> str:
    return f"{written(moment, 'D j M Y, H:i')} {zone_abbreviation(moment)}"


def account_changed(user: User, happened: Text) -> None:
    """What signs somebody in was changed: a password, an app, a passkey, recovery codes."""
    advice = _(
        "If it was you, do nothing. If not, choose a new password now and tell an owner of "
        "your team."
    )
    tell([user], _("Your sign-in was changed"), happened, advice)


def new_owner(team: Team, person: User) -> None:
    """Somebody may manage the team from now on."""
    happened = _("%(name)s is now an owner of %(team)s and can manage it.")
    tell(
        owners_of(team),
        filled(_("%(team)s has a new owner"), {"team": team}),
        filled(happened, {"name": person, "team": team}),
    )


def key_changed(team: Team, person: User, label: str) -> None:
    """The team's Sociocs account was added, or got another key."""
    happened = _("%(name)s entered an API key for “%(label)s” in %(team)s.")
    tell(
        owners_of(team),
        filled(_("%(team)s has a new API key"), {"team": team}),
        filled(happened, {"name": person, "label": label, "team": team}),
    )


def senders_chosen(team: Team, person: User, label: str) -> None:
    """Other people than before may send with a channel."""
    happened = _("%(name)s changed who can send with “%(label)s” in %(team)s.")
    tell(
        owners_of(team),
        filled(_("%(team)s: who can send with a channel has changed"), {"team": team}),
        filled(happened, {"name": person, "label": label, "team": team}),
    )


def taken_along(team: Team, person: User, rows: int) -> None:
    """Somebody exported a file; the owners are told of a large one."""
    if rows <= proving.MANY_NUMBERS:
        return
    happened = _("%(name)s exported the numbers of %(n)s people from %(team)s.")
    tell(
        owners_of(team),
        filled(_("A large file was exported from %(team)s"), {"team": team}),
        filled(happened, {"name": person, "n": lazy(number, str)(rows), "team": team}),
    )


def guards_of(team: Team) -> dict[str, Any]:
    """What guards a team's campaigns as it is now, to be compared by `guards_loosened`."""
    names = ("approval_above", "confirm_typed_above", "test_required", "second_step_for")
    return {name: getattr(team, name) for name in names}


def guards_loosened(team: Team, person: User, before: dict[str, Any]) -> None:
    """Tell the owners of each guard that is lower than `before`."""
    now = guards_of(team)
    steps = [*NeedsSecondStep.values]
    lowered = {
        _("Fewer campaigns, or none, need a second person's approval."): _is_higher(
            before["approval_above"], now["approval_above"]
        ),
        _("The number of people has to be typed for fewer campaigns, or for none."): _is_higher(
            before["confirm_typed_above"], now["confirm_typed_above"]
        ),
        _("Campaigns can be sent without a test."): before["test_required"]
        and not now["test_required"],
        _("Fewer people need two-step sign-in."): steps.index(now["second_step_for"])
        < steps.index(before["second_step_for"]),
    }
    if sentences := [sentence for sentence, is_so in lowered.items() if is_so]:
        values = {"name": person, "team": team}
        happened = filled(_("%(name)s changed the settings of %(team)s:"), values)
        subject = filled(_("%(team)s now has weaker safety settings"), {"team": team})
        tell(owners_of(team), subject, lazy(_lines, str)([happened, *sentences]))


def _lines(texts: Iterable[Text]) -> str:
    return "\n".join(map(str, texts))


def _is_higher(before: int | None, now: int | None) -> bool:
    """Whether a limit above which something is asked is out of reach, or further up."""
    return before is not None and (now is None or now > before)
