"""Sociocs accounts, their channels and members, and what was used of their limits."""

from __future__ import annotations

import uuid
from dataclasses import fields

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from interface.discreet import by_number
from interface.enum_columns import choice_constraint, choices
from sociocs_accounts.encrypted_fields import SecretField
from sociocs_accounts.lanes import MOST_PEOPLE_PER_JOB, Lane, LaneState
from sociocs_gateway.providers import CAPABILITIES, Capabilities, Provider
from teams.models import Team, User


class GatewayAccount(models.Model):
    """A Sociocs account (one API key): a lane of its own, shared by the channels that use it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Whose owners look after its key and channels; null: only the person who runs this server does.
    team = models.ForeignKey(
        Team,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="accounts",
        verbose_name=_("managed by the owners of"),
    )
    label = models.CharField(_("label"), max_length=100)
    api_key = SecretField(_("API key"))
    api_key_tail = models.CharField(max_length=4, editable=False)
    # One lane per key: slots are unique per account, so a key must not be here twice.
    api_key_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    # How Sociocs is asked to fill in people's names in bulk jobs; blank: it is not known to.
    name_placeholder = models.CharField(
        _("Sociocs' own field for the name"),
        max_length=40,
        blank=True,
        validators=[RegexValidator(r"^\{\{\w+\}\}\Z", _("Enter a field, such as {{name}}."))],
    )
    state = models.CharField(max_length=10, choices=choices(LaneState), default=LaneState.OPEN)
    halt_reason = models.CharField(max_length=20, blank=True)
    cool_until = models.DateTimeField(null=True, blank=True)
    probe_needed = models.BooleanField(default=False)
    strikes = models.PositiveSmallIntegerField(default=0)
    rate_limits = models.PositiveSmallIntegerField(default=0)
    redirects = models.PositiveSmallIntegerField(default=0, editable=False)
    # Null: as the settings say; 0: as fast as it goes. Shared by all workers (`call_rates`).
    calls_per_second = models.PositiveIntegerField(_("calls a second"), null=True, blank=True)
    calls_per_minute = models.PositiveIntegerField(_("calls a minute"), null=True, blank=True)
    # Null: as the settings say. Halved when Sociocs finds a job too large (`sending.splitting`).
    people_per_job = models.PositiveIntegerField(
        _("people in a job"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PEOPLE_PER_JOB)],
    )
    # What this account's answers were seen to contain, e.g. {"lists_schedule": true}.
    capabilities = models.JSONField(default=dict, blank=True)
    # Why its list of jobs could not be had last (`troubles.Trouble`), and when; blank: it could.
    list_trouble = models.CharField(max_length=20, blank=True, editable=False)
    list_trouble_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When its channels and team members were last read at Sociocs.
    synced_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("Sociocs account")
        constraints = (
            choice_constraint("state", LaneState, "account_state_is_known"),
            models.CheckConstraint(
                condition=models.Q(people_per_job=None)
                | models.Q(people_per_job__range=(1, MOST_PEOPLE_PER_JOB)),
                name="a_job_holds_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.label} (…{self.api_key_tail})"

    @property
    def largest_job(self) -> int:
        """How many people a job of this account may hold."""
        return self.people_per_job or settings.RECIPIENTS_PER_SUBMISSION

    @property
    def can_be_looked_at(self) -> bool:
        """Whether a job of ours can be told by its slot in the vendor's list, as far as we know."""
        return self.capabilities.get("lists_schedule") is not False

    @property
    def lane(self) -> Lane:
        """Its readiness, as the protocol asks for it."""
        return Lane(
            state=LaneState(self.state),
            halt_reason=self.halt_reason,
            cool_until=self.cool_until,
            probe_needed=self.probe_needed,
            strikes=self.strikes,
            rate_limits=self.rate_limits,
            redirects=self.redirects,
        )

    def keep_lane(self, lane: Lane) -> None:
        """Write its readiness as it is now; the caller holds the row's lock."""
        self.state = lane.state.value
        self.halt_reason = lane.halt_reason
        self.cool_until = lane.cool_until
        self.probe_needed = lane.probe_needed
        self.strikes = lane.strikes
        self.rate_limits = lane.rate_limits
        self.redirects = lane.redirects
        self.save(update_fields=[field.name for field in fields(Lane)])


class Channel(models.Model):
    """One sending line of a team: provider, channel key and a label."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="channels")
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="channels")
    provider = models.CharField(
        max_length=10, choices=[(one.value, CAPABILITIES[one].label) for one in Provider]
    )
    channel_key = models.CharField(max_length=200)
    label = models.CharField(_("label"), max_length=100)
    phone_number = models.CharField(_("number"), max_length=32, blank=True)
    # Null: what is usual for such a sender (`sender_queue.THROUGHPUT`).
    messages_per_second = models.FloatField(
        _("segments or messages it sends in a second"), null=True, blank=True
    )
    # Null: no limit but the team's.
    daily_limit = models.PositiveIntegerField(
        _("people it can be sent to in a day"), null=True, blank=True
    )
    is_active = models.BooleanField(_("in use"), default=True)
    # Whether only `senders` launch and test with it; else whoever may launch at all. Apart from
    # them, so that nobody gets in when the last of them is gone.
    has_chosen_senders = models.BooleanField(
        _("only chosen people can send with it"), default=False
    )
    senders = models.ManyToManyField(
        User, related_name="+", blank=True, verbose_name=_("who can send with it")
    )
    # Since when Sociocs no longer lists it; null: it does, or nobody has looked.
    missing_since = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("label",)
        constraints = (
            models.UniqueConstraint(
                fields=["team", "account", "provider", "channel_key"], name="one_channel_per_key"
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def capabilities(self) -> Capabilities:
        """What this channel's provider can carry."""
        return CAPABILITIES[Provider(self.provider)]


class VendorMember(models.Model):
    """A person of a Sociocs account, as whom a message may be sent; read from `/team-members`."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(GatewayAccount, on_delete=models.CASCADE, related_name="members")
    # The vendor's id, sent as `user_id`.
    user_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    # Since when Sociocs no longer lists them: a draft that names them has to choose again.
    gone_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("person at Sociocs")
        verbose_name_plural = _("people at Sociocs")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["account", "user_id"], name="one_member_per_account_and_id"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ChannelEvent(models.Model):
    """What was changed about a team's channels and accounts, and by whom. Append-only.

    `details` holds labels and counts, never a key: of a key only its last four characters.
    """

    class Kind(models.TextChoices):
        ACCOUNT_ADDED = "account_added", _("added the Sociocs account")
        KEY_CHANGED = "key_changed", _("changed the API key of")
        ACCOUNT_RENAMED = "account_renamed", _("renamed the Sociocs account")
        SYNCED = "synced", _("updated the channels of")
        CHANNEL_ADDED = "channel_added", _("added the channel")
        CHANNEL_CHANGED = "channel_changed", _("changed the channel")
        CHANNEL_STOPPED = "channel_stopped", _("stopped using")
        CHANNEL_USED_AGAIN = "channel_used_again", _("started using again")

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="channel_events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # What it was about, as it was called then.
    subject = models.CharField(max_length=100)
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("change of a channel")
        verbose_name_plural = _("changes of channels")
        # The channels page shows the latest.
        indexes = (models.Index(fields=["team", "-id"], name="channel_events_of_a_team"),)

    def __str__(self) -> str:
        return f"{self.kind} · {self.subject}"


class SeenTrouble(models.Model):
    """Since when a trouble stands (`troubles`): of an account, a channel, or neither: of all.

    Kept by the watch of `history`; what was over before it was news is deleted.
    """

    code = models.CharField(max_length=20)
    account = models.ForeignKey(
        GatewayAccount, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    # What it is about (`troubles.Standing.place`).
    place = models.CharField(max_length=40, blank=True)
    since = models.DateTimeField()
    # When it goes on, or is tried again, by itself.
    next_at = models.DateTimeField(null=True, blank=True)
    # When it became news: from then on it is told in timelines and notices.
    told_at = models.DateTimeField(null=True, blank=True)
    over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("problem")
        constraints = (
            models.UniqueConstraint(
                fields=["code", "place"],
                condition=models.Q(over_at__isnull=True),
                name="a_trouble_stands_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.place}"


class CallRate(models.Model):
    """Until when an account's calls are spoken for, where no Redis keeps that (`call_rates`).

    Seconds since 1970, one number per limit: the theoretical arrival time of the generic cell rate
    algorithm.
    """

    account = models.OneToOneField(
        GatewayAccount, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    by_second = models.FloatField(default=0)
    by_minute = models.FloatField(default=0)

    def __str__(self) -> str:
        return str(self.account)


class NumberForTests(models.Model):
    """A number to which a team's members may send tests, chosen by an owner."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="numbers_for_tests")
    label = models.CharField(_("whose phone it is"), max_length=100)
    phone = models.CharField(_("number"), max_length=16)
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("test number")
        verbose_name_plural = _("test numbers")
        ordering = ("label", "pk")
        constraints = (
            models.UniqueConstraint(fields=["team", "phone"], name="a_test_number_is_there_once"),
        )

    __repr__ = by_number

    def __str__(self) -> str:
        return self.label
