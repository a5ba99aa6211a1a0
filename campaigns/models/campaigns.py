"""A campaign: what is written, who is chosen, and both as they were fixed at launch."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.opt_out_words import STOPPED_WORDS
from campaigns.states import NOT_AT_REST, CampaignState, Stopped
from interface.discreet import by_number
from interface.enum_columns import choice_constraint, choices
from recipients.models import RecipientList
from recipients.subscriber_keys import key_column
from sociocs_accounts.models import Channel, VendorMember
from teams.models import Team, User


class MediaKind(models.TextChoices):
    """What may be attached; one at most."""

    IMAGE = "image", _("Image")
    VIDEO = "video", _("Video")
    FILE = "file", _("File")


class ClockKeeper(models.TextChoices):
    """Who keeps the clock until a job goes out."""

    SOCIOCS = "sociocs", _("It still goes out")
    HERE = "here", _("It waits here until its time")


class HoursZone(models.TextChoices):
    """By whose clock the sending hours are meant."""

    CAMPAIGN = "campaign", _("The campaign's time zone")
    RECIPIENT = "recipient", _("Each recipient's own time zone")


class Campaign(models.Model):
    """One message, its lists, channel and time, written and launched by a team.

    The message of a draft may change; `launch` copies it into a `Message` that never does.
    """

    # False only where the query that read the row has seen that there is none.
    may_choose_filters = True
    may_leave_out_campaigns = True
    # What happened last, where the query that read the row has asked.
    last_event_kind: str | None = None

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="campaigns")
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="campaigns"
    )
    name = models.CharField(_("name"), max_length=120)
    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, null=True, blank=True, related_name="campaigns"
    )
    # The person of the Sociocs account shown there as sender; null: "Sociocs API".
    sent_as = models.ForeignKey(
        VendorMember, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    state = models.CharField(
        max_length=20, choices=choices(CampaignState), default=CampaignState.DRAFT
    )
    state_reason = models.CharField(max_length=40, blank=True)
    # Raised with every change; a form that shows an older one changes nothing.
    version = models.PositiveIntegerField(default=1)

    text = models.TextField(_("text"), blank=True)
    media_kind = models.CharField(max_length=5, choices=MediaKind.choices, blank=True)
    media_url = models.URLField(_("media address"), max_length=2000, blank=True)
    # How dynamic fields are filled (`personal_texts.FieldRules`): {"fallbacks": {"Dentist": "us"}}.
    field_rules = models.JSONField(default=dict, blank=True)
    # One message for each person instead of jobs for many (`sending.one_by_one`).
    one_by_one = models.BooleanField(default=False)
    # Whether somebody chose that; else the plan does, where texts differ too much for jobs.
    one_by_one_wanted = models.BooleanField(default=False)
    # An approved WhatsApp template instead of text and media (`whatsapp_templates.as_json`).
    template = models.JSONField(default=dict, blank=True)
    # What was typed of one before another way was chosen: unused until somebody chooses it again.
    template_aside = models.JSONField(default=dict, blank=True)
    duplicates_allowed = models.BooleanField(default=False)
    # Whoever got, or is about to get, a campaign of the team in so many days is left out.
    days_left_out = models.PositiveSmallIntegerField(null=True, blank=True)
    lists = models.ManyToManyField(RecipientList, through="CampaignList", related_name="campaigns")

    # Null: "now". A wall time and its zone are what was meant; send_at is what that makes in UTC.
    wall_time = models.CharField(max_length=16, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    # Which of the two, where the clocks go back and a wall time comes twice (PEP 495).
    fold = models.PositiveSmallIntegerField(default=0)
    clock_keeper = models.CharField(
        max_length=10, choices=ClockKeeper.choices, default=ClockKeeper.SOCIOCS
    )
    send_at = models.DateTimeField(null=True, blank=True)
    hand_over_at = models.DateTimeField(null=True, blank=True)
    send_by = models.DateTimeField(null=True, blank=True)
    # What the zone rules said when its jobs were planned (`clock_rules.noted`).
    clock_rules = models.CharField(max_length=64, blank=True)

    # Null: as fast as jobs can be handed over; else so many people in each so many minutes.
    pace_count = models.PositiveIntegerField(null=True, blank=True)
    pace_minutes = models.PositiveIntegerField(null=True, blank=True)
    # Null: at any time of day. hours_to 00:00 is the end of the day.
    hours_from = models.TimeField(null=True, blank=True)
    hours_to = models.TimeField(null=True, blank=True)
    hours_zone = models.CharField(
        max_length=9, choices=HoursZone.choices, default=HoursZone.CAMPAIGN
    )
    # The lists' column that names a recipient's zone; blank: it is told by the number.
    zone_field = models.CharField(max_length=200, blank=True)
    # What the sending hours stop goes on by itself when they begin again.
    continues_next_day = models.BooleanField(default=False)
    # People by time zone, and by why their own zone was not used:
    # {"zones": {"Europe/London": 1200}, "doubts": {"no_such_zone": 3}} (`zones.ZoneDoubt`)
    zone_report = models.JSONField(default=dict, blank=True)
    # How it repeats (`repeats.as_json`); each run is a campaign of its own with this parent.
    repeat = models.JSONField(null=True, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    # Of a run: the day it is for. A day has one run, however often the tick is killed.
    run_on = models.DateField(null=True, blank=True)
    # Of a launched campaign that repeats: when its next run goes out; null: no more of them.
    next_run_at = models.DateTimeField(null=True, blank=True)
    # The day that run is for: zone rules may change which instant that is, not the day.
    next_run_on = models.DateField(null=True, blank=True)
    # Until then messages may join it one by one (`sending.standing`), so it is not over before.
    open_until = models.DateTimeField(null=True, blank=True)
    # Jobs are being taken back from the vendor: what follows (`rescheduling.TakeBack`), else {}.
    take_back = models.JSONField(default=dict, blank=True)

    message = models.ForeignKey(
        "Message", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # How many people the person who launched it had seen on the review page.
    confirmed_count = models.PositiveIntegerField(null=True, blank=True)
    frozen_count = models.PositiveIntegerField(default=0)
    # Why rows of the lists are not in the audience: {"duplicate": 305, "opted_out": 312}.
    left_out = models.JSONField(default=dict, blank=True)
    # How far freezing has come, committed with the rows it made: {"list": 7, "after": 48210}.
    freeze_cursor = models.JSONField(default=dict, blank=True)
    # What the launch form carried: pressing twice launches once.
    launch_token = models.UUIDField(null=True, blank=True, unique=True)
    launched_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    # Who saved the draft last: told to a colleague whose form is older.
    updated_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    launched_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            choice_constraint("state", CampaignState, "campaign_state_is_known"),
            models.CheckConstraint(
                condition=Q(pace_count=None, pace_minutes=None)
                | Q(pace_count__gte=1, pace_minutes__gte=1),
                name="a_pace_is_people_and_minutes",
            ),
            models.CheckConstraint(
                condition=Q(hours_from=None, hours_to=None)
                | Q(hours_from__isnull=False, hours_to__isnull=False),
                name="hours_have_both_ends",
            ),
            models.UniqueConstraint(fields=["parent", "run_on"], name="a_day_has_one_run"),
        )
        indexes = (
            # The history: a team's campaigns, newest first, page by page.
            models.Index(fields=["team", "-created_at", "-id"]),
            # The tick: what is due or under way.
            models.Index(
                fields=["state", "hand_over_at"],
                name="campaigns_at_work",
                condition=Q(state__in=["freezing", "scheduled", "sending", "paused", "cancelling"]),
            ),
            # The overview and the history: what waits for somebody, runs, or goes out next.
            models.Index(
                fields=["team", "state", "send_at"],
                name="campaigns_not_at_rest",
                condition=Q(state__in=[state.value for state in NOT_AT_REST]),
            ),
            # The overview: which drafts somebody wrote last.
            models.Index(
                fields=["team", "-updated_at"], name="drafts_by_change", condition=Q(state="draft")
            ),
            # The calendar: a team's campaigns that go out in some days.
            models.Index(fields=["team", "send_by"], name="campaigns_by_time"),
            # The tick: whose next run is to be made.
            models.Index(
                fields=["next_run_at"],
                name="campaigns_that_repeat",
                condition=Q(next_run_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def largest_job(self) -> int:
        """How many people one of its jobs may hold."""
        if self.channel is None:
            return settings.RECIPIENTS_PER_SUBMISSION
        return self.channel.account.largest_job


class CampaignList(models.Model):
    """A list that a campaign takes people from, or leaves people out by."""

    class Kind(models.TextChoices):
        INCLUDE = "include", _("Send to")
        EXCLUDE = "exclude", _("Leave out")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="list_choices")
    recipient_list = models.ForeignKey(
        RecipientList, on_delete=models.PROTECT, related_name="campaign_choices"
    )
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.INCLUDE)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["campaign", "recipient_list"], name="a_list_is_chosen_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign} · {self.recipient_list}"


class Message(models.Model):
    """The content of a launched campaign; never changed."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="messages")
    text = models.TextField(blank=True)
    media_kind = models.CharField(max_length=5, choices=MediaKind.choices, blank=True)
    media_url = models.URLField(max_length=2000, blank=True)
    # The vendor's id of who is shown there as sender; blank: "Sociocs API".
    user_id = models.CharField(max_length=200, blank=True)
    one_by_one = models.BooleanField(default=False)
    template = models.JSONField(default=dict, blank=True)
    field_rules = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("message of a campaign")
        verbose_name_plural = _("messages of campaigns")

    def __str__(self) -> str:
        return f"#{self.pk}"


class RenderedText(models.Model):
    """One of the different texts that a message with dynamic fields makes of its audience.

    The people who get it stand next to each other: their positions begin with its number
    (`CampaignRecipient.position`).
    """

    # No index of its own: the constraint below begins with the message.
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="rendered_texts", db_index=False
    )
    # From 1, in the order in which the texts came up.
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    # SMS segments that it takes.
    segments = models.PositiveSmallIntegerField()
    recipient_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["message", "number"], name="one_text_per_number"),
        )

    def __str__(self) -> str:
        return f"{self.message} · {self.number}"


class CampaignRecipient(models.Model):
    """One person of a frozen audience, in a fixed place, with their data as it was at launch."""

    # No index of its own: both constraints below begin with the campaign, and a million rows are
    # frozen a sixth sooner without it.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    # Where in the audience; a submission is a range of positions. Where people get different texts,
    # it begins with their text's number (`AudiencePosition`), so that equal texts stand together.
    position = models.PositiveBigIntegerField()
    phone = models.CharField(max_length=16)
    phone_key = key_column()
    # 0, or 1, 2, … for the further rows of a person when duplicates are allowed.
    occurrence = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=200, blank=True)
    fields = models.JSONField(default=dict, blank=True)
    # Why this person was left out after all: when their text was rendered (`rendering.LeftOut`), or
    # when their submission was built ("opted_out").
    left_out = models.CharField(max_length=20, blank=True)
    # What became of it when they opted out after their job was handed over (`delivery.stops`).
    # Whoever was taken out of a job is also left out ("opted_out").
    stopped = models.CharField(
        max_length=10, choices=choices(Stopped), blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("person of a campaign")
        verbose_name_plural = _("people of campaigns")
        constraints = (
            # Nobody twice in a campaign, across all its jobs.
            models.UniqueConstraint(
                fields=["campaign", "phone_key", "occurrence"], name="a_person_is_frozen_once"
            ),
            # Reading a slice, and paging through the audience.
            models.UniqueConstraint(
                fields=["campaign", "position"], name="a_position_holds_one_person"
            ),
        )
        indexes = (
            # The campaigns somebody was in: their page, the history's filter, whose message it was.
            models.Index(fields=["phone_key", "campaign"], name="campaigns_of_a_person"),
            # The few who were left out after all, page by page.
            models.Index(
                fields=["campaign", "position"],
                name="people_left_out",
                condition=~Q(left_out=""),
            ),
            # The few who opted out after hand-over, counted and followed up.
            models.Index(
                fields=["campaign", "stopped"],
                name="people_stopped",
                condition=~Q(stopped=""),
            ),
        )

    __repr__ = by_number

    def __str__(self) -> str:
        return self.phone

    @property
    def stopped_in_words(self) -> str:
        """What became of it when they opted out after hand-over; "" when they did not."""
        return str(STOPPED_WORDS[Stopped(self.stopped)]) if self.stopped else ""
