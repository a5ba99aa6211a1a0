"""What the vendor calls us with: where it calls, what came, and what it said of whom."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models.campaigns import Campaign, CampaignRecipient
from interface.enum_columns import choices
from interface.phones import is_erased
from recipients.subscriber_keys import key_column
from sending.models import Submission
from sociocs_accounts.encrypted_fields import SecretField
from sociocs_accounts.models import Channel
from sociocs_gateway.results import DeliveryStatus
from teams.models import Membership, Team, User


class WebhookEndpoint(models.Model):
    """Where the vendor reports on one channel: our address, the secrets that sign its calls.

    Without a secret the address does not exist: nothing unsigned is ever believed.
    """

    class State(models.TextChoices):
        ON = "on", pgettext_lazy("a switch", "On")
        UNCLEAR = "unclear", _("No clear answer")
        FAILED = "failed", _("Not sent: Sociocs refused it")
        GONE = "gone", _("Gone at Sociocs")
        PAUSED = "paused", _("Paused at Sociocs")
        CHANGED = "changed", _("Changed at Sociocs")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="webhook")
    # The vendor's id of the subscription; blank until it has told us.
    subscription_id = models.CharField(max_length=200, blank=True)
    secret = SecretField()
    # The secret before or after this one: both are good while one replaces the other.
    other_secret = SecretField(blank=True, default="")
    other_secret_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNCLEAR)
    # A code of `sociocs_gateway.exceptions.Reason`, of the last answer that was none or a no.
    reason = models.CharField(max_length=60, blank=True)
    wants_replies = models.BooleanField(_("replies"), default=True)
    wants_statuses = models.BooleanField(_("which messages arrived"), default=True)
    # Updates on messages of which nobody can say whose they were.
    unattributed_count = models.PositiveIntegerField(default=0)
    last_event_at = models.DateTimeField(null=True, blank=True)
    # When to ask the vendor's list of messages who they went to; null: nothing to learn.
    learn_at = models.DateTimeField(null=True, blank=True)
    learn_tries = models.PositiveSmallIntegerField(default=0)
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    renewed_at = models.DateTimeField(null=True, blank=True)
    # When the vendor was last asked how it has the subscription; and when one that it had paused
    # was switched on again by itself.
    checked_at = models.DateTimeField(null=True, blank=True)
    resumed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("address for reports")
        verbose_name_plural = _("addresses for reports")
        indexes = (
            # The tick: whose messages are to be looked up.
            models.Index(
                fields=["learn_at"],
                name="endpoints_to_learn",
                condition=Q(learn_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return str(self.public_id)


class WebhookEvent(models.Model):
    """One genuine call of the vendor, kept as it came before anything is made of it."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CREDITED = "credited", _("Credited")
        UNATTRIBUTED = "unattributed", _("Not linked to a campaign")
        NOT_NEWER = "not_newer", _("Nothing new")
        REPLY = "reply", _("A reply")
        NOT_UNDERSTOOD = "not_understood", _("Not understood")
        FAILED = "failed", _("Could not be processed")

    # No index of its own: the constraint below begins with the endpoint.
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    # The same body again is the same event: a call repeated by the vendor, or by a stranger.
    body_sha256 = models.BinaryField(max_length=32)
    # Null after a while (`delivery_reports.KEEP_BODIES`); the hash stays longer (`keeping`).
    body = models.BinaryField(null=True)
    received_at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=15, choices=Outcome.choices, default=Outcome.WAITING)

    class Meta:
        verbose_name = _("report from Sociocs")
        verbose_name_plural = _("reports from Sociocs")
        constraints = (
            models.UniqueConstraint(
                fields=["endpoint", "body_sha256"], name="an_event_is_kept_once"
            ),
        )
        indexes = (
            # The task takes what waits, in the order it came.
            models.Index(fields=["id"], name="events_waiting", condition=Q(outcome="waiting")),
            # Counted for whoever looks after the server, among millions.
            models.Index(fields=["id"], name="events_failed", condition=Q(outcome="failed")),
            # Old bodies are emptied.
            models.Index(
                fields=["received_at"],
                name="events_with_a_body",
                condition=Q(body__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"


class SentMessage(models.Model):
    """One message at the vendor: how far it got, and whose it was once that is known."""

    # No index of its own: the constraint below begins with the channel.
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="sent_messages", db_index=False
    )
    message_id = models.CharField(max_length=200)
    # Null: not attributable (yet). The campaign is the recipient's, for counting.
    # No index of its own: the other constraint is one.
    recipient = models.ForeignKey(
        CampaignRecipient,
        on_delete=models.CASCADE,
        null=True,
        related_name="sent_messages",
        db_index=False,
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    # The job it went out with, for counting reports on jobs that are not (all) out.
    submission = models.ForeignKey(
        Submission, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    status = models.CharField(
        max_length=10, choices=choices(DeliveryStatus), default=DeliveryStatus.UNKNOWN.value
    )
    # The network's own code of why it failed, such as Twilio's 30003.
    error_code = models.CharField(max_length=40, blank=True)
    seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("message at Sociocs")
        verbose_name_plural = _("messages at Sociocs")
        constraints = (
            models.UniqueConstraint(
                fields=["channel", "message_id"], name="a_message_is_known_once"
            ),
            # Messages are counted as people.
            models.UniqueConstraint(fields=["recipient"], name="one_message_of_each_person"),
        )
        indexes = (
            # What is still to be credited to somebody.
            models.Index(
                fields=["channel", "seen_at"],
                name="messages_unattributed",
                condition=Q(recipient__isnull=True),
            ),
            # A job's people by how far their message got.
            models.Index(
                fields=["submission", "status"],
                name="messages_of_a_job",
                condition=Q(submission__isnull=False),
            ),
            # A campaign's people by how far their message got, page by page.
            models.Index(
                fields=["campaign", "status", "recipient"],
                name="messages_of_a_campaign",
                condition=Q(recipient__isnull=False),
            ),
            # The overview counts what failed by day.
            models.Index(
                fields=["channel", "changed_at"],
                name="messages_failed",
                condition=Q(status="failed"),
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"


class DeliveryCount(models.Model):
    """How many messages of a campaign have come how far; kept with every change of a message."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="delivery_counts", db_index=False
    )
    status = models.CharField(max_length=10, choices=choices(DeliveryStatus))
    messages = models.IntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["campaign", "status"], name="one_count_per_delivery_status"
            ),
        )

    def __str__(self) -> str:
        return f"{self.status}: {self.messages}"


class RepliesRead(models.Model):
    """How far a member has read what people wrote to the team."""

    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="+")
    # The newest reply on the page when they last looked; ids grow with time.
    last_reply_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"#{self.membership_id}"


class Reply(models.Model):
    """What somebody wrote to a channel, and whether it was a wish not to be messaged."""

    class Wish(models.TextChoices):
        NONE = "", _("No wish")
        STOP = "stop", _("Opted out")
        MAYBE = "maybe", _("May want to stop")
        START = "start", _("Opted in again")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="replies")
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="replies", db_index=False
    )
    # The vendor's id; of a message without one, the event's.
    message_id = models.CharField(max_length=200)
    phone = models.CharField(max_length=16)
    phone_key = key_column()
    name = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    # How many files, images and videos came with it.
    media_count = models.PositiveSmallIntegerField(default=0)
    wish = models.CharField(max_length=5, choices=Wish.choices, blank=True, default=Wish.NONE)
    # The campaign whose message reached the person last before they wrote.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.SET_NULL, null=True, related_name="replies", db_index=False
    )
    sent_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        constraints = (
            models.UniqueConstraint(fields=["channel", "message_id"], name="a_reply_is_kept_once"),
        )
        indexes = (
            # The replies of a team, and of a campaign, page by page.
            models.Index(fields=["team", "id"], name="replies_in_order"),
            models.Index(fields=["campaign", "id"], name="replies_of_a_campaign"),
            # What somebody wrote, and wished last.
            models.Index(fields=["team", "phone_key", "-sent_at"], name="replies_of_a_person"),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_emptied(self) -> bool:
        """Whether nobody knows any more who wrote what."""
        return is_erased(self.phone)
