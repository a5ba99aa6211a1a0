"""Launching: the confirming act of a person, freezing the audience, cutting it into submissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from campaigns import copying, message
from campaigns.audiences import audience, audience_digest, earlier_campaigns
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.moves import lock, locked_campaign, move_campaign, record_event
from campaigns.scheduling import clock_rules, repeats
from campaigns.scheduling.pacing import CannotPlan
from campaigns.scheduling.timing import lead
from campaigns.states import CampaignState
from campaigns.texts import outside_values, personal_texts
from interface.read_once import reading_once
from interface.wording import by_language
from sending import day_limits, job_times, lateness, one_by_one, readiness, timetable
from sending.failpoints import failpoint
from sending.models import Approval, Submission
from sending.readiness import (
    Confirmation,
    LaunchRefusal,
    LaunchRefused,
)
from teams.models import User

# Why it is a draft again: something of it changed between a second person's approval and freezing.
NOT_AS_APPROVED = "not_as_approved"
# Why it is a draft again: so many were frozen that a second person has to look, and none did.
NOT_APPROVED = "not_approved"
# Why it is a draft again: numbers by which people are left out were emptied meanwhile.
NUMBERS_EMPTIED = "numbers_emptied"
# That the people are others, among the names of values that are.
PEOPLE = "people"
# A run that is late asks; and it says what was launched, whatever became of its template. As a
# draft that a person sends it is one as any other.
_NO_MATTER_FOR_RUNS = {"wall_time", "whatsapp_template"}
# From so many frozen people on, what the database knew of their table is not true any more.
_MANY = 50_000


def launch(campaign: Campaign, confirmation: Confirmation) -> None:
    """Fix the content and begin to freeze the audience. The caller nudges the freeze task.

    A second click, with the same token, is the same launch. Raises LaunchRefused, also for a
    `campaign` that was read before somebody changed it.
    """
    try:
        with transaction.atomic():
            read = campaign.version
            lock(campaign, "state", "version", "launch_token")
            if campaign.launch_token == confirmation.token:
                return
            is_changed = campaign.version != read
            # The team's rules, the channel and its account may have changed without a new version.
            campaign.refresh_from_db()
            if is_changed:
                raise readiness.outdated()
            _launch(campaign, confirmation)
    except IntegrityError:
        raise readiness.outdated() from None


def _launch(campaign: Campaign, confirmation: Confirmation) -> None:
    now, user, people = timezone.now(), confirmation.user, confirmation.people
    # Nobody changes the draft meanwhile: its row is locked.
    with reading_once():
        readiness.check_confirmation(campaign, confirmation, now)
    _begin(campaign, user, confirmation.token, people, readiness.send_time(campaign, now))
    record_event(campaign, CampaignEvent.Kind.LAUNCHED, user, people=people)
    if overruled := confirmation.warnings_overruled():
        record_event(campaign, CampaignEvent.Kind.OVERRULED, user, warnings=overruled)


def _begin(
    campaign: Campaign, user: User, token: UUID, confirmed_count: int | None, send_at: datetime
) -> None:
    now = timezone.now()
    last = job_times.last_job_slot(campaign, send_at, confirmed_count or 0)
    move_campaign(
        campaign,
        CampaignState.FREEZING,
        message=message.message_of(campaign),
        launch_token=token,
        launched_by=user,
        launched_at=now,
        confirmed_count=confirmed_count,
        frozen_count=0,
        left_out={},
        freeze_cursor={},
        send_at=send_at,
        hand_over_at=job_times.hand_over_time(send_at, campaign.clock_keeper, now),
        send_by=lateness.send_by_of(last),
        **repeats.next_run(campaign.repeat, send_at),
    )


def launch_run(run: Campaign, first: Campaign, token: UUID, at: datetime) -> None:
    """Launch a draft that is a run of `first`, due at `at`; whoever is on its lists then gets it.

    What was confirmed when `first` was launched holds for its runs as long as they say the same,
    but not for so many people that a second person has to look. A time that has passed does not
    stand in the way: a run that is late asks. The caller holds a transaction. Raises LaunchRefused.
    """
    user = first.launched_by
    is_run = first.launch_token is not None and run.parent_id == first.pk
    if not is_run or run.version != copying.AS_COPIED:
        raise LaunchRefused(
            LaunchRefusal.UNCONFIRMED,
            _("This is no longer what was sent first. Check it, then send it yourself."),
        )
    if user is None:
        raise LaunchRefused(
            LaunchRefusal.UNCONFIRMED, _("The person who sent it is no longer here.")
        )
    if _problems_of_run(run, user):
        raise LaunchRefused(LaunchRefusal.PROBLEMS, lazy(_problems_of_run, str)(run, user))
    readiness.check_channel(run, user)
    # Lists grow: whoever is there when it is frozen is counted once more.
    if run.team.approval_above is not None and readiness.needs_second_person(
        run, audience.count_audience(run).people
    ):
        raise readiness.not_approved()
    _begin(run, user, token, None, at)


def _problems_of_run(run: Campaign, user: User) -> str:
    problems = readiness.launch_problems(run, timezone.now(), None, user)
    return " ".join(one.sentence for one in problems if one.field not in _NO_MATTER_FOR_RUNS)


def freeze(campaign_id: int) -> None:
    """Freeze what is left of the audience, then plan its submissions. Safe to repeat."""
    for step in (audience.freeze_chunk, personal_texts.place_chunk):
        if not _repeated(step, campaign_id):
            return
    are_others = _are_others_than_approved(campaign_id)
    with transaction.atomic():
        campaign = locked_campaign(campaign_id)
        if campaign.state != CampaignState.FREEZING:
            return
        if changed := _changed_since_approval(campaign, are_others):
            back_to_draft(campaign, NOT_AS_APPROVED, None, changed=changed)
            return
        if _has_to_wait(campaign):
            return
        texts = personal_texts.texts_of(campaign)
        # Nobody has confirmed a number for a run.
        confirmed = campaign.confirmed_count
        if confirmed not in {None, campaign.frozen_count} or not texts:
            back_to_draft(campaign, "audience_changed", None)
            return
        assert campaign.send_at is not None
        now = timezone.now()
        send_at = campaign.send_at
        if not campaign.wall_time:
            # "Now" means LEAD from the moment all is ready, however long freezing took.
            send_at = max(send_at, now + lead())
        try:
            submissions, send_at = _planned(campaign, send_at, now, texts)
        except CannotPlan:
            back_to_draft(campaign, "never_ends", None)
            return
        Submission.objects.bulk_create(submissions, batch_size=500)
        move_campaign(
            campaign,
            CampaignState.SCHEDULED,
            send_at=send_at,
            hand_over_at=job_times.hand_over_time(send_at, campaign.clock_keeper, now),
            send_by=lateness.last_send_by(submissions),
            zone_report=campaign.zone_report,
            clock_rules=clock_rules.noted(campaign),
        )
        personal_texts.count_people(campaign)
        record_event(campaign, CampaignEvent.Kind.FROZEN, people=campaign.frozen_count)
    if campaign.frozen_count >= _MANY:
        _tell_the_planner()


def _tell_the_planner() -> None:
    """Let PostgreSQL see how large the audiences are now, and not only some minutes later.

    By figures of before it looks up the people of each job one by one.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(CampaignRecipient._meta.db_table)
            cursor.execute(f"ANALYZE {table}")


def _approval_of(campaign: Campaign) -> Approval | None:
    """The second person's approval that it was launched by."""
    if campaign.launch_token is None:
        return None
    answer = Approval.Verdict.APPROVED
    return campaign.approvals.filter(token=campaign.launch_token, answer=answer).first()


def _are_others_than_approved(campaign_id: int) -> bool:
    """Whether the frozen people differ in anything from those whom a second person approved."""
    campaign = Campaign.objects.get(pk=campaign_id)
    approved = _approval_of(campaign)
    return approved is not None and approved.audience != audience_digest.of_frozen(campaign)


def _changed_since_approval(campaign: Campaign, are_others: bool) -> list[str]:
    """Codes of what is no longer as a second person approved it; none without an approval."""
    approved = _approval_of(campaign)
    if approved is None:
        return []
    now = personal_texts.outside_values_of(campaign, campaign.launched_by)
    return [PEOPLE] * are_others + outside_values.changed(approved.outside_values, now)


def _lacks_approval(campaign: Campaign) -> bool:
    """Whether more people were frozen than may get it without a second person, and none agreed."""
    is_needed = readiness.needs_second_person(campaign, campaign.frozen_count)
    return is_needed and _approval_of(campaign) is None


def _has_to_wait(campaign: Campaign) -> bool:
    """Make a draft of what somebody has to look at first, and tell whoever repeats it."""
    if earlier_campaigns.are_emptied(campaign):
        reason, why = NUMBERS_EMPTIED, by_language(earlier_campaigns.emptied_sentence)
    elif _lacks_approval(campaign):
        reason, why = NOT_APPROVED, readiness.not_approved().kept()
    else:
        return False
    first, day = campaign.parent, campaign.run_on
    back_to_draft(campaign, reason, None)
    if first is not None and day is not None:
        details: dict[str, Any] = {"day": day.isoformat(), "why": why}
        record_event(first, CampaignEvent.Kind.RUN_WAITS, **details)
    return True


def _repeated(step: Callable[[int], bool], campaign_id: int) -> bool:
    """Repeat a step of freezing until it is done; False when the campaign needs no more of it."""
    try:
        while not step(campaign_id):
            failpoint("freeze_chunk")
            state = Campaign.objects.values_list("state", flat=True).get(pk=campaign_id)
            if state != CampaignState.FREEZING:
                return False
    except personal_texts.TooManyTexts:
        with transaction.atomic():
            campaign = locked_campaign(campaign_id)
            if campaign.state == CampaignState.FREEZING:
                back_to_draft(campaign, "too_many_texts", None)
        return False
    return True


def _planned(
    campaign: Campaign, send_at: datetime, now: datetime, texts: Mapping[int, str]
) -> tuple[list[Submission], datetime]:
    """The submissions of a frozen campaign, unsaved, and when it begins. Raises CannotPlan."""
    own = one_by_one.texts_by_position(campaign) if campaign.one_by_one else {}
    if timetable.is_timed(campaign):
        submissions = timetable.cut_by_slots(campaign, send_at, now, texts, own.values())
    else:
        at_most = 1 if campaign.one_by_one else day_limits.smallest_limit(campaign)
        submissions = job_times.cut_audience(campaign, send_at, texts, at_most)
    day_limits.apply(campaign, submissions)
    if campaign.one_by_one:
        one_by_one.write_texts(submissions, own)
    # Sending hours, or a day with room, may begin later than the chosen time.
    return submissions, max(send_at, submissions[0].planned_slot)


def undo_launch(campaign: Campaign, user: User) -> bool:
    """Take a launch back while nothing was handed over: it is a draft again, nothing was sent.

    False when it is too late for that.
    """
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        if locked.state == CampaignState.FREEZING:
            back_to_draft(locked, "undone", user)
            campaign.refresh_from_db()
            return True
    return False


def back_to_draft(campaign: Campaign, reason: str, user: User | None, **details: Any) -> None:
    """Make a campaign a draft again of which nothing was ever handed over; without submissions."""
    counted = campaign.frozen_count
    audience.drop_audience(campaign)
    personal_texts.drop_texts(campaign)
    move_campaign(
        campaign,
        CampaignState.DRAFT,
        reason,
        frozen_count=0,
        left_out={},
        freeze_cursor={},
        zone_report={},
        launch_token=None,
        send_at=None,
        hand_over_at=None,
        send_by=None,
        clock_rules="",
        next_run_at=None,
        next_run_on=None,
    )
    record_event(
        campaign,
        CampaignEvent.Kind.LAUNCH_UNDONE,
        user,
        reason=reason,
        confirmed=campaign.confirmed_count,
        counted=counted,
        **details,
    )
