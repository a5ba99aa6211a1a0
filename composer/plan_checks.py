"""The checklist of the plan page: what is in order, and what somebody has to overrule by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import message
from campaigns.models import Campaign
from campaigns.scheduling import timing
from campaigns.scheduling.hours import is_night
from campaigns.scheduling.zones import ZoneDoubt
from campaigns.state_words import left_out_in_words
from campaigns.states import CampaignState
from campaigns.texts import whatsapp_templates
from composer import plan_making
from composer.media import media_check
from composer.plan_report import Other, PlanReport
from composer.schedule_words import overflow_sentence, queue_sentence
from interface.dates import written
from interface.wording import by_language, number, people
from sending import timetable
from sending.readiness import SeenPlan
from sociocs_accounts.sender_queue import Estimate
from teams.models import User

_DAY = timedelta(days=1)
# Who gets nothing because somebody wants it so.
_NOT_A_FAULT = {
    *("duplicate", "opted_out", "failing_number", "excluded", "filtered"),
    *("earlier_campaign", "recent"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the checklist: green, or a warning that is overruled under its `code`."""

    code: str
    is_ok: bool
    sentence: str
    other: Other | None = None

    @property
    def consent(self) -> str:
        """What somebody says who goes ahead in spite of it."""
        words = {
            "earlier": _("Send it to them again"),
            "night": _("Send it at that time"),
            "next_day": _("Continue the next day"),
            "left_out": _("Send it without them"),
            "duplicates": _("Send it to them twice"),
        }
        return words.get(self.code, _("Send it all the same"))


def checks(campaign: Campaign, report: PlanReport, zone: str) -> list[Check]:
    """The whole list; warnings first."""
    check = [
        _earlier(report),
        _conflict(report),
        _night(campaign, report, zone),
        _next_day(campaign, report),
        _queue(campaign, report),
        _left_out(report),
        _zones(campaign, report),
        _duplicates(campaign),
        *_medium(campaign),
        _media_address(campaign),
    ]
    return sorted((one for one in check if one), key=lambda one: one.is_ok)


def warning_checks(checks: list[Check]) -> list[Check]:
    """Those that have to be overruled."""
    return [check for check in checks if not check.is_ok]


def plan_to_confirm(campaign: Campaign, user: User, version: int) -> SeenPlan | None:
    """The plan of a draft as it is now, for whoever has looked at its `version`.

    None: it is not that one any more, its plan is not made yet, or it has problems, which keep it
    from being launched anyhow.
    """
    is_seen = campaign.state == CampaignState.DRAFT and campaign.version == version
    if not is_seen or campaign.channel is None:
        return None
    try:
        # The page that is shown next wants another one, and sees to it that it is made.
        report, _wants = plan_making.report_of(campaign, user, may_want=False)
    except ValueError:
        return None
    if report is None:
        return None
    return SeenPlan(version, report.audience, _warnings_kept(campaign, report), report.people)


def _warnings_kept(campaign: Campaign, report: PlanReport) -> dict[str, dict[str, str]]:
    """The warnings by their codes, each in every language."""

    def said() -> dict[str, str]:
        found = warning_checks(checks(campaign, report, timing.zone_of(campaign)))
        return {check.code: check.sentence for check in found}

    kept = by_language(said)
    codes = next(iter(kept.values()))
    return {code: {one: told.get(code, "") for one, told in kept.items()} for code in codes}


def _earlier(report: PlanReport) -> Check:
    if not report.earlier:
        return Check("earlier", True, _("Nobody got the same text from you in the last 60 days."))
    other = report.earlier[0]
    sentence = _("%(people)s of these people already got the same text with “%(name)s”.")
    return Check(
        "earlier", False, sentence % {"name": other.name, "people": number(other.people)}, other
    )


def _conflict(report: PlanReport) -> Check:
    if not report.conflicts:
        return Check("conflict", True, _("The channel is free at that time."))
    other = report.conflicts[0]
    sentence = _("“%(name)s” goes out through the same channel at that time, so both are slower.")
    return Check("conflict", False, sentence % {"name": other.name}, other)


def _night(campaign: Campaign, report: PlanReport, zone: str) -> Check | None:
    moments = [moment for moment in (report.first_slot, report.last_slot) if moment]
    if not moments:
        return None
    if campaign.hours_from is not None:
        # Of whoever gets it by another clock than their own, nobody knows.
        is_sure = not report.doubts
        sentence = _("It goes out only in your sending hours.")
        return Check("night", True, sentence) if is_sure else None
    ends = [report.last_leaves] if report.last_leaves else []
    at_night = [moment for moment in (*moments, *ends) if is_night(moment, zone)]
    if not at_night:
        return Check("night", True, _("It goes out during the day."))
    if campaign.team.hours_from is None:
        # The team sends at any time of day, and said so.
        return None
    time = written(at_night[0].astimezone(ZoneInfo(zone)), "H:i")
    return Check(
        "night",
        False,
        _("It goes out, or is still going out, at %(time)s: people may be asleep.")
        % {"time": time},
    )


def _next_day(campaign: Campaign, report: PlanReport) -> Check | None:
    """What the hours of one day do not hold goes on by itself if the box for it is ticked."""
    by_pace = campaign.pace_minutes is not None and timedelta(minutes=campaign.pace_minutes) >= _DAY
    if not report.next_day or by_pace:
        return None
    sentence = ngettext(
        "It does not fit into the sending hours of one day: %(people)s gets it on a later day.",
        "It does not fit into the sending hours of one day: %(people)s get it on a later day.",
        report.next_day,
    ) % {"people": people(report.next_day)}
    if not campaign.continues_next_day:
        sentence += " " + _(
            "You did not tick “What is not out by then continues by itself the next morning”."
        )
    return Check("next_day", campaign.continues_next_day, sentence)


def _queue(campaign: Campaign, report: PlanReport) -> Check | None:
    # One by one they leave more slowly than any sender takes them; the plan tells how slowly.
    if campaign.channel is None or not report.people or campaign.one_by_one:
        return None
    segments = report.segments.total if report.segments else 0
    estimate: Estimate = timetable.sender_estimate(campaign, report.people, segments)
    if not timetable.is_timed(campaign) and (overflow := overflow_sentence(estimate)):
        return Check("queue", False, overflow)
    return Check("queue", True, queue_sentence(campaign.channel, estimate))


def _left_out(report: PlanReport) -> Check | None:
    odd = {code: n for code, n in report.left_out.items() if code not in _NOT_A_FAULT}
    if not odd:
        return None
    reasons = ", ".join(f"{number(n)} {why}" for n, why in left_out_in_words(odd))
    return Check("left_out", False, _("Some people get nothing: %(said)s.") % {"said": reasons})


def _zones(campaign: Campaign, report: PlanReport) -> Check | None:
    doubts = {code: n for code, n in report.doubts.items() if code != ZoneDoubt.NO_SUCH_ZONE}
    lines = [_by_campaigns_clock(doubts)] if doubts else []
    if unread := report.doubts.get(ZoneDoubt.NO_SUCH_ZONE):
        sentence = ngettext(
            "%(people)s has no known time zone, so the one of their number counts. Write names "
            "such as Europe/Berlin in the column “%(column)s” of your list.",
            "%(people)s have no known time zone, so the one of their number counts. Write names "
            "such as Europe/Berlin in the column “%(column)s” of your list.",
            unread,
        )
        lines.append(sentence % {"people": people(unread), "column": campaign.zone_field})
    return Check("zones", False, " ".join(lines)) if lines else None


def _by_campaigns_clock(doubts: Mapping[str, int]) -> str:
    count = sum(doubts.values())
    sentence = ngettext(
        "%(people)s has no time zone we can use (%(why)s), so the campaign's time counts.",
        "%(people)s have no time zone we can use (%(why)s), so the campaign's time counts.",
        count,
    )
    words = {
        "nowhere": _("the number belongs to no country"),
        "no_common_hours": _("no sending hours in common"),
    }
    why = ", ".join(f"{number(n)} {words.get(code, code)}" for code, n in doubts.items())
    return sentence % {"people": people(count), "why": why}


def _duplicates(campaign: Campaign) -> Check | None:
    if not campaign.duplicates_allowed:
        return None
    return Check("duplicates", False, _("A number that is on the lists twice gets it twice."))


def _media_address(campaign: Campaign) -> Check | None:
    """A file that phone networks cannot fetch, because its address is known in here alone."""
    in_template = whatsapp_templates.values_of(campaign.template).get(whatsapp_templates.MEDIA, "")
    url = in_template if campaign.template else campaign.media_url
    sentence = media_check.out_of_reach(url)
    return Check("media_address", False, sentence) if sentence else None


def _medium(campaign: Campaign) -> list[Check]:
    if campaign.template:
        return []
    warnings = message.message_warnings(campaign.channel, campaign.media_kind)
    return [Check(f"medium{n}", False, sentence) for n, sentence in enumerate(warnings)]
