"""What keeps a draft from being launched."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

import orjson
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import contents, list_access, message
from campaigns.audiences import audience, audience_problems
from campaigns.models import Campaign, CampaignList
from campaigns.problems import Problem
from campaigns.scheduling.timing import lead
from campaigns.states import Outcome
from sending import one_by_one, plan, timetable_problems
from sociocs_accounts.lanes import LaneState
from teams.models import User

FURTHEST = timedelta(days=365)


class LaunchRefused(Exception):
    """The campaign was not launched; nothing changed. `sentence` says why and what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence


class TimeFault(StrEnum):
    """Why nothing can be planned for a time."""

    PASSED = "passed"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"


def time_fault(at: datetime, now: datetime) -> TimeFault | None:
    """Why nothing may go out at `at` if that is settled at `now`; None: it may.

    The one rule for drafts, for a launched campaign's new time, and for what forms say beforehand.
    """
    if at < now:
        return TimeFault.PASSED
    if at < now + lead():
        return TimeFault.TOO_SOON
    return TimeFault.TOO_FAR if at > now + FURTHEST else None


def send_time(campaign: Campaign, now: datetime) -> datetime:
    """When its first job goes out if it is launched at `now`: LEAD from now, or the chosen time.

    Raises ValueError for a wall time that does not exist.
    """
    if not campaign.wall_time:
        return now + lead()
    candidates = plan.resolve_wall_time(campaign.wall_time, campaign.time_zone).candidates
    if not candidates:
        raise ValueError(campaign.wall_time)
    return candidates[min(campaign.fold, len(candidates) - 1)]


def time_problems(campaign: Campaign, now: datetime, people: int | None) -> list[Problem]:
    """Why its schedule keeps a draft from being launched now to so many people."""
    try:
        send_at = send_time(campaign, now)
    except ValueError:
        sentence = _("The clocks jump over this time. Choose an earlier or later one.")
        return [Problem("wall_time", sentence)]
    if fault := time_fault(send_at, now):
        return [Problem("wall_time", _time_sentence(fault))]
    return timetable_problems.problems(campaign, send_at, people)


def _time_sentence(fault: TimeFault) -> str:
    if fault is TimeFault.PASSED:
        return _("This time has passed. Choose a later one, or send it now.")
    if fault is TimeFault.TOO_FAR:
        return _("This is more than a year ahead. Choose an earlier time.")
    minutes = max(round(lead().total_seconds() / 60), 1)
    return ngettext(
        "This is less than %(n)d minute ahead. Choose a later time, or send it now.",
        "This is less than %(n)d minutes ahead. Choose a later time, or send it now.",
        minutes,
    ) % {"n": minutes}


def launch_problems(
    campaign: Campaign,
    now: datetime | None = None,
    people: int | None = None,
    user: User | None = None,
) -> list[Problem]:
    """Everything that keeps `user` from launching a draft now to `people`, field by field."""
    include = CampaignList.Kind.INCLUDE
    has_lists = (
        campaign.list_choices.filter(kind=include).exists()
        or campaign.filter_choices.filter(kind=include).exists()
    )
    found = contents.problems(campaign, audience.field_names(campaign) if has_lists else None)
    if campaign.channel and campaign.channel.account.state == LaneState.HALTED:
        found.append(
            Problem(
                "channel",
                _(
                    "Sociocs does not accept this channel's account at the moment. Ask the person "
                    "who manages this server to check its API key."
                ),
            )
        )
    if campaign.sent_as and campaign.sent_as.gone_since:
        sentence = _("%(name)s is no longer in the Sociocs account. Choose another sender.")
        found.append(Problem("sent_as", sentence % {"name": campaign.sent_as.name}))
    if campaign.team.test_required and not is_tested(campaign):
        sentence = _("Your team launches only what was tested. Send a test of just this message.")
        found.append(Problem("test", sentence))
    found += message.name_problems(campaign)
    if not has_lists:
        found.append(no_list())
    found += one_by_one.problems(campaign, people)
    found += list_access.problems(campaign, user)
    found += audience_problems.problems(campaign)
    return found + time_problems(campaign, now or timezone.now(), people)


def no_list() -> Problem:
    """Nobody is chosen yet."""
    return Problem("lists", _("Choose at least one recipient list."))


def content_sha256(campaign: Campaign) -> str:
    """The hash of all that decides what a person of this draft would get."""
    said = [
        campaign.channel_id,
        campaign.sent_as_id,
        campaign.text,
        campaign.media_kind,
        campaign.media_url,
        campaign.field_rules,
        campaign.template,
    ]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def is_tested(campaign: Campaign) -> bool:
    """Whether Sociocs has taken a test of just this content; for a run, also of its repeat."""
    tested = Campaign.objects.filter(
        Q(pk=campaign.pk) | Q(pk=campaign.parent_id),
        tests__content_sha256=content_sha256(campaign),
        tests__outcome=Outcome.ACCEPTED.value,
    )
    return tested.exists()


def needs_second_person(campaign: Campaign, people: int) -> bool:
    """Whether the team wants a campaign to so many people approved by a colleague."""
    above = campaign.team.approval_above
    return above is not None and people > above
