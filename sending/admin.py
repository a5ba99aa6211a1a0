"""Jobs, attempts and decisions in the admin: facts, to look at."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.state_words import SUBMISSION_WORDS
from campaigns.states import Outcome, SubmissionState
from interface.admin_mixins import ReadOnlyAdmin, colours, labelled, show_only
from sending import control, rescheduling
from sending.models import Approval, Attempt, DayTotal, Decision, Submission
from teams.models import User


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    """Jobs: one future or past call each."""

    list_display = (
        "campaign",
        "seq",
        "state_label",
        "job_id",
        "recipient_count",
        "planned_slot",
        "how",
        "account",
    )
    list_filter = ("state", "account")
    search_fields = ("job_id__exact", "=public_id", "campaign__name")
    actions = ("pause_campaigns",)

    @labelled(description=_("state"), ordering="state", label=colours(SUBMISSION_WORDS))
    def state_label(self, submission: Submission) -> tuple[str, str]:
        """Its state in words."""
        return submission.state, str(SUBMISSION_WORDS[SubmissionState(submission.state)].label)

    @admin.action(description=_("Pause the campaigns of these jobs"), permissions=["view"])
    def pause_campaigns(self, request: HttpRequest, queryset: QuerySet[Submission]) -> None:
        """As the button on each campaign's page does."""
        user = request.user
        assert isinstance(user, User)
        for campaign in Campaign.objects.filter(submissions__in=queryset).distinct():
            try:
                rescheduling.pause(campaign, user)
            except control.NotPossible as refused:
                messages.warning(request, f"{campaign}: {refused}")
            else:
                messages.success(request, _("“%(name)s” is paused.") % {"name": campaign})


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Calls that were made, or may have been made."""

    list_display = (
        "submission",
        "n",
        "outcome_label",
        "reason",
        "http_status",
        "slot",
        "job_id",
        "started_at",
    )
    list_filter = ("outcome", "reason", "account")
    search_fields = ("=id", "job_id__exact", "submission__campaign__name")
    list_select_related = ("submission__campaign",)
    ordering = ("-started_at",)

    @labelled(
        description=_("outcome"),
        ordering="outcome",
        label={
            Outcome.OPEN.value: "info",
            Outcome.ACCEPTED.value: "success",
            Outcome.AMBIGUOUS.value: "warning",
            Outcome.NOT_SENT.value: "danger",
        },
    )
    def outcome_label(self, attempt: Attempt) -> tuple[str, str]:
        """What is known of it."""
        return attempt.outcome, attempt.get_outcome_display()


# What people answered.
show_only(
    Decision,
    "submission kind user created_at",
    filters="kind",
    search="user__email user__name submission__campaign__name",
    list_select_related=("submission__campaign", "user"),
)

# How many people the campaigns of each team and channel go to on each day.
show_only(
    DayTotal,
    "day team channel people",
    filters="day",
    search="team__name channel__label",
    ordering=("-day", "team"),
)

# Who asked for approval, of what, and who answered.
show_only(
    Approval,
    "campaign people asked_by asked_at answer answered_by",
    filters="answer",
    search="campaign__name asked_by__email answered_by__email",
)
