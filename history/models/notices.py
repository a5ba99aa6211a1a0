"""What people are told of when it happens, in the app and by e-mail, and what they chose."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign
from campaigns.models.events import CampaignEvent
from teams.models import Membership, Team, User


class NoticeKind(models.TextChoices):
    """What somebody may be told of."""

    NEEDS_DECISION = "needs_decision", _("A campaign needs a decision")
    MISSED = "missed", _("A campaign missed its time")
    FAILED = "failed", _("A campaign stopped by itself")
    APPROVAL = "approval", _("A campaign waits for approval")
    COMPLETED = "completed", _("A campaign is complete")


class Whose(models.TextChoices):
    """Of whose campaigns somebody wants to be told."""

    NOBODY = "nobody", _("Never")
    MINE = "mine", _("Of campaigns I made or launched")
    ALL = "all", _("Of all campaigns of the team")


class NoticeChoice(models.Model):
    """What a member chose for one kind; without a row it is what is usual (`notices.usual`)."""

    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="notice_choices", db_index=False
    )
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    in_app = models.CharField(max_length=10, choices=Whose.choices, default=Whose.ALL)
    by_email = models.CharField(max_length=10, choices=Whose.choices, default=Whose.MINE)

    class Meta:
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
    """What one person is told: of which campaign, what, and whether a mail of it went out.

    The mail's state is written before the mail is sent: a process that dies in between sends no
    second one.
    """

    class Mail(models.TextChoices):
        NONE = "none", _("Not wanted")
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Handed to the mail server")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Could not be sent")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    event = models.ForeignKey(CampaignEvent, on_delete=models.CASCADE, related_name="+")
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
