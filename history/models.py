"""What became of campaigns: counts by day, follow-ups, notices, reports."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models.campaigns import Campaign
from campaigns.models.events import CampaignEvent
from recipients.claiming import Work
from recipients.files.made_files import MadeFile
from recipients.models import RecipientList
from sociocs_accounts.models import Channel, SeenTrouble
from teams.models import Membership, Team, User


class DayCount(models.Model):
    """One channel's day on the calendar of its team, or the team's own figures (no channel).

    Counted by `history.days` from the jobs themselves, over and over: it may be lost.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, null=True, related_name="+")
    day = models.DateField()
    # People whose job was handed over and went out on that day.
    sent = models.PositiveIntegerField(default=0)
    # People of jobs that the vendor refused, and messages that no phone took.
    failed = models.PositiveIntegerField(default=0)
    opt_outs = models.PositiveIntegerField(default=0)
    # By the team's prices of the day of counting; null where it has none.
    cost = models.DecimalField(max_digits=14, decimal_places=4, null=True)

    class Meta:
        verbose_name = _("figures of a day")
        verbose_name_plural = _("figures by day")
        # The overview reads a month of a team.
        indexes = (models.Index(fields=["team", "day"], name="days_of_a_team"),)

    def __str__(self) -> str:
        return f"{self.day}: {self.sent}"


class FollowUp(Work):
    """Gathering the people whom a campaign did not reach into a list, for a draft that uses it.

    The list is filled piece by piece; `after_position` is committed with each, so that a killed
    worker's successor goes on where it was. The draft is made when the list is whole.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="follow_ups")
    # Codes of `followups.FollowUpGroup`: whom it is for.
    groups = models.JSONField()
    recipient_list = models.ForeignKey(
        RecipientList, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    draft = models.ForeignKey(Campaign, on_delete=models.SET_NULL, null=True, related_name="+")
    after_position = models.BigIntegerField(default=-1)
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    # Null while people are being gathered.
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("message to the rest")
        verbose_name_plural = _("messages to the rest")
        indexes = (
            # The tick: what is still to be gathered.
            models.Index(
                fields=["asked_at"], name="follow_ups_to_do", condition=Q(done_at__isnull=True)
            ),
        )
        constraints = (
            # Pressing twice gathers once.
            models.UniqueConstraint(
                fields=["campaign"],
                condition=Q(done_at__isnull=True),
                name="one_follow_up_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign}"


class Report(MadeFile):
    """A file somebody asked for: the people of a campaign, or the history as it was filtered."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="reports")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # Null: the history, narrowed down by `filters` (`history_filters.Filters`).
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, null=True, related_name="reports"
    )
    filters = models.JSONField(default=dict, blank=True)
    # About how many there will be; 0 where nobody has counted.
    rows_total = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.public_id)


class NoticeKind(models.TextChoices):
    """What somebody may be told of."""

    NEEDS_DECISION = "needs_decision", _("A campaign needs an answer")
    MISSED = "missed", _("A campaign was missed")
    FAILED = "failed", _("A campaign stopped by itself")
    APPROVAL = "approval", _("A campaign is waiting for approval")
    COMPLETED = "completed", _("A campaign is sent")
    TROUBLE = "trouble", _("Sending is held up, or reports do not come in")


class Whose(models.TextChoices):
    """Of whose campaigns somebody wants to be told."""

    NOBODY = "nobody", _("Never")
    MINE = "mine", _("For campaigns I made or sent")
    ALL = "all", _("For all campaigns of the team")


class NoticeChoice(models.Model):
    """What a member chose for one kind; without a row it is what is usual (`notices.usual`)."""

    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="notice_choices", db_index=False
    )
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    in_app = models.CharField(max_length=10, choices=Whose.choices, default=Whose.ALL)
    by_email = models.CharField(max_length=10, choices=Whose.choices, default=Whose.MINE)

    class Meta:
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")
        constraints = (
            models.UniqueConstraint(fields=["membership", "kind"], name="one_choice_per_kind"),
        )

    def __str__(self) -> str:
        return f"{self.membership}: {self.kind}"


class NoticedEvent(models.Model):
    """That everybody concerned has a notice of an event; written with the notices."""

    event = models.OneToOneField(CampaignEvent, on_delete=models.CASCADE, primary_key=True)

    def __str__(self) -> str:
        return f"#{self.event_id}"


class Notice(models.Model):
    """What one person is told, of a campaign or of a trouble, and whether a mail of it went out.

    The mail's state is written before the mail is sent: a process that dies in between sends no
    second one.
    """

    class Mail(models.TextChoices):
        NONE = "none", _("Not wanted")
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Given to the mail server")
        SENT = "sent", pgettext_lazy("a message", "Sent")
        FAILED = "failed", _("Could not be sent")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Both, or the trouble.
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, related_name="+")
    event = models.ForeignKey(CampaignEvent, on_delete=models.CASCADE, null=True, related_name="+")
    trouble = models.ForeignKey(
        SeenTrouble, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    in_app = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(max_length=10, choices=Mail.choices, default=Mail.NONE)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mail_not_before = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["event", "user"], name="one_notice_per_event"),
            models.UniqueConstraint(
                fields=["trouble", "team", "user"],
                condition=Q(trouble__isnull=False),
                name="one_notice_per_trouble",
            ),
            models.CheckConstraint(
                condition=Q(campaign__isnull=False, event__isnull=False, trouble__isnull=True)
                | Q(campaign__isnull=True, event__isnull=True, trouble__isnull=False),
                name="a_notice_tells_of_one_thing",
            ),
        )
        indexes = (
            # A person's inbox in a team, page by page.
            models.Index(
                fields=["user", "team", "id"], name="notices_of_a_person", condition=Q(in_app=True)
            ),
            # The bell of every page.
            models.Index(
                fields=["user", "team", "campaign"],
                name="notices_unread",
                condition=Q(in_app=True, read_at__isnull=True),
            ),
            # The tick: mails that wait.
            models.Index(
                fields=["mail_not_before"], name="notices_to_mail", condition=Q(mail="waiting")
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
