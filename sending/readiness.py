"""What keeps a draft from being launched, and what whoever launches it has to have confirmed.

`launch` asks all of this itself while the draft's row is locked, wherever a launch comes from. A
page, or whatever else lets people launch, only builds the `Confirmation` and shows the refusal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import orjson
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns import list_access, message
from campaigns.audiences import audience, choices, earlier_campaigns
from campaigns.models import Campaign
from campaigns.problems import Problem
from campaigns.scheduling.timing import lead
from campaigns.states import CampaignState, Outcome, PauseReason
from interface.wording import Text, as_read, by_language
from sending import job_times, one_by_one, timetable_problems
from sending.models import Approval
from sociocs_accounts.channel_rights import why_not_with
from sociocs_accounts.lanes import LaneState
from teams.models import User

FURTHEST = timedelta(days=365)


class LaunchRefusal(StrEnum):
    """Why nothing was launched."""

    # It was changed, or launched, since the confirmation was given.
    OUTDATED = "outdated"
    # Something of the draft has to be mended first.
    PROBLEMS = "problems"
    NOBODY = "nobody"
    # An owner lets others send with this channel.
    CHANNEL = "channel"
    # So many people that the password is wanted.
    PASSWORD = "password"  # noqa: S105 - not one
    # There is no plan of the draft as it is now that somebody could have seen.
    NO_PLAN = "no_plan"
    # So many people that their number has to be typed.
    NOT_TYPED = "not_typed"
    # A warning that nobody has overruled.
    WARNING = "warning"
    # Nothing but a second person's approval is missing.
    APPROVAL = "approval"
    # A run that is not what its campaign's launch confirmed.
    UNCONFIRMED = "unconfirmed"


class LaunchRefused(Exception):
    """The campaign was not launched; nothing changed. `sentence` says why and what to do.

    Where it may be kept for other readers it is given lazily, to be said in their languages.
    """

    def __init__(self, code: LaunchRefusal, sentence: Text) -> None:
        super().__init__(code)
        self.code = code
        self._sentence = sentence

    @property
    def sentence(self) -> str:
        return str(self._sentence)

    def kept(self) -> dict[str, str]:
        """The sentence in each language, for those who read of it later."""
        return by_language(lambda: self.sentence)


# --- When -----------------------------------------------------------------------------------------


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
    candidates = job_times.resolve_wall_time(campaign.wall_time, campaign.time_zone).candidates
    if not candidates:
        raise ValueError(campaign.wall_time)
    return candidates[min(campaign.fold, len(candidates) - 1)]


def time_problems(campaign: Campaign, now: datetime, people: int | None) -> list[Problem]:
    """Why its schedule keeps a draft from being launched now to so many people."""
    try:
        send_at = send_time(campaign, now)
    except ValueError:
        return [Problem("wall_time", job_times.skipped_sentence())]
    if fault := time_fault(send_at, now):
        return [Problem("wall_time", _time_sentence(fault))]
    return timetable_problems.schedule_problems(campaign, send_at, people)


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


# --- What is wrong with a draft -------------------------------------------------------------------


def launch_problems(
    campaign: Campaign,
    now: datetime | None = None,
    people: int | None = None,
    user: User | None = None,
) -> list[Problem]:
    """Everything that keeps `user` from launching a draft now to `people`, field by field."""
    has_lists = choices.has_people(campaign)
    problems = message.content_problems(
        campaign, audience.audience_field_names(campaign) if has_lists else None
    )
    if campaign.channel and campaign.channel.account.state == LaneState.HALTED:
        problems.append(
            Problem(
                "channel",
                _(
                    "Sociocs does not accept this channel's account at the moment. Ask the person "
                    "who manages this server to check its API key."
                ),
            )
        )
    if campaign.state_reason == PauseReason.RESTORED:
        sentence = _(
            "An older copy of the database was put back, so this may have been sent already. "
            "Look in Sociocs. If it was not, copy this campaign and send the copy."
        )
        problems.append(Problem("name", sentence))
    if campaign.sent_as and campaign.sent_as.gone_since:
        sentence = _("%(name)s is no longer in the Sociocs account. Choose another sender.")
        problems.append(Problem("sent_as", sentence % {"name": campaign.sent_as.name}))
    if campaign.team.test_required and not is_tested(campaign):
        sentence = _("Your team sends only what was tested. Send a test of this message first.")
        problems.append(Problem("test", sentence))
    problems += message.name_problems(campaign)
    if not has_lists:
        problems.append(no_list())
    problems += one_by_one.one_by_one_problems(campaign, people)
    problems += list_access.list_problems(campaign, user)
    problems += earlier_campaigns.exclusion_problems(campaign)
    return problems + time_problems(campaign, now or timezone.now(), people)


def counted_problems(campaign: Campaign, user: User) -> list[Problem]:
    """The same for as many people as its audience has, where that matters."""
    # Whether a pace ever ends, and whether each may get a message, depends on how many they are.
    is_counted = campaign.channel and (campaign.pace_count or campaign.one_by_one)
    people = audience.count_audience(campaign).people if is_counted else None
    return launch_problems(campaign, people=people or None, user=user)


def no_list() -> Problem:
    """Nobody is chosen yet."""
    return Problem("lists", _("Choose a list first."))


def content_sha256(campaign: Campaign) -> str:
    """The hash of all that decides what a person of this draft would get."""
    # One by one or in jobs, a person gets the same.
    said = {name: getattr(campaign, name) for name in message.SENT if name != "one_by_one"}
    said |= {"channel": campaign.channel_id, "sent_as": campaign.sent_as_id}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def is_tested(campaign: Campaign) -> bool:
    """Whether Sociocs has taken a test of just this content; for a run, also of its repeat."""
    tested = Campaign.objects.filter(
        Q(pk=campaign.pk) | Q(pk=campaign.parent_id),
        tests__content_sha256=content_sha256(campaign),
        tests__outcome=Outcome.ACCEPTED.value,
    )
    return tested.exists()


# --- What a person confirms -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeenPlan:
    """The plan of a draft of this `version`, as far as launching hangs on it.

    `audience`: the fingerprint of its people, where a second person has to approve them.
    `warnings`: a sentence in each language (`by_language`) for each thing that has to be
    overruled, by its code.
    """

    version: int
    audience: str = ""
    warnings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # As the plan counts them, whatever the form says.
    people: int = 0


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What `user`, who launches, has confirmed; `token` tells a second click from another launch.

    `version` of the draft and number of `people` are those that they saw. `plan`: the draft's plan
    as it is now; `overruled`: codes of its warnings; `typed`: the number that they typed;
    `is_proved`: the password was typed lately. `approval`: a second person has agreed to what
    `user` confirmed when they asked for it; then it is the second person's password that counts.
    """

    user: User
    token: UUID
    version: int
    people: int
    plan: SeenPlan | None = None
    overruled: frozenset[str] = frozenset()
    typed: int | None = None
    is_proved: bool = False
    approval: Approval | None = None

    def warnings_overruled(self) -> list[Mapping[str, str]]:
        """Their sentences in each language, in the order of the plan."""
        if self.approval is not None:
            return list(self.approval.overruled)
        return list(self.plan.warnings.values()) if self.plan else []


def is_number_typed(campaign: Campaign, people: int) -> bool:
    """Whether the team wants the number typed before a campaign goes to so many people."""
    return _is_above(campaign.team.confirm_typed_above, people)


def needs_second_person(campaign: Campaign, people: int) -> bool:
    """Whether the team wants a campaign to so many people approved by a colleague."""
    return _is_above(campaign.team.approval_above, people)


def _is_above(mark: int | None, people: int) -> bool:
    return mark is not None and people > mark


def check_confirmation(campaign: Campaign, confirmation: Confirmation, now: datetime) -> None:
    """Raise LaunchRefused unless `campaign`, whose row is locked, may be launched with this.

    APPROVAL comes last: whoever gets it has confirmed everything else.
    """
    people = confirmation.people
    if campaign.state != CampaignState.DRAFT or campaign.version != confirmation.version:
        raise outdated()
    if problems := launch_problems(campaign, now, people, confirmation.user):
        raise LaunchRefused(
            LaunchRefusal.PROBLEMS, " ".join(problem.sentence for problem in problems)
        )
    check_channel(campaign, confirmation.user)
    if people < 1:
        raise LaunchRefused(
            LaunchRefusal.NOBODY,
            _("Nobody would get this message. Choose a list with people who may get it."),
        )
    # To so many, only the browser's owner sends.
    most = max(people, confirmation.plan.people if confirmation.plan else 0)
    is_typed, is_second = is_number_typed(campaign, most), needs_second_person(campaign, most)
    if (is_typed or is_second) and not confirmation.is_proved:
        sentence = _("It goes to so many people that you have to enter your password first.")
        raise LaunchRefused(LaunchRefusal.PASSWORD, sentence)
    if confirmation.approval is not None:
        if not _is_approved(campaign, confirmation, confirmation.approval):
            raise not_approved()
        return
    _check_plan(confirmation, is_typed)
    if is_second:
        raise not_approved()


def check_channel(campaign: Campaign, user: User) -> None:
    """Raise LaunchRefused for a channel with which an owner lets only others send."""
    if campaign.channel and why_not_with(campaign.channel, user):
        sentence = lazy(why_not_with, str)(campaign.channel, user)
        raise LaunchRefused(LaunchRefusal.CHANNEL, sentence)


def _check_plan(confirmation: Confirmation, is_typed: bool) -> None:
    plan_seen = confirmation.plan
    if plan_seen is None or plan_seen.version != confirmation.version:
        sentence = _("Something changed, so the plan is worked out again. Look at it first.")
        raise LaunchRefused(LaunchRefusal.NO_PLAN, sentence)
    if is_typed and confirmation.typed != confirmation.people:
        sentence = _("Type the number of people, exactly as the page says, to send it.")
        raise LaunchRefused(LaunchRefusal.NOT_TYPED, sentence)
    for code, warning in plan_seen.warnings.items():
        if code not in confirmation.overruled:
            sentence = _("Nothing was sent yet. Look at this first, and confirm it: %(what)s")
            raise LaunchRefused(LaunchRefusal.WARNING, sentence % {"what": as_read(warning)})


def _is_approved(campaign: Campaign, confirmation: Confirmation, approval: Approval) -> bool:
    """Whether a second person did approve just this launch, as the database has it."""
    approved = campaign.approvals.filter(
        pk=approval.pk,
        answer=Approval.Verdict.APPROVED,
        answered_by__isnull=False,
        asked_by=confirmation.user,
        token=confirmation.token,
        version=confirmation.version,
        people=confirmation.people,
    )
    return approved.exclude(answered_by=confirmation.user).exists()


def outdated() -> LaunchRefused:
    """It is no longer what was confirmed."""
    return LaunchRefused(
        LaunchRefusal.OUTDATED,
        _("This campaign has changed since you opened this page. Look at it again, then send it."),
    )


def not_approved() -> LaunchRefused:
    """A second person has to see it first."""
    sentence = gettext_lazy("A second person has to approve it, since so many people get it.")
    return LaunchRefused(LaunchRefusal.APPROVAL, sentence)
