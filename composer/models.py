"""What belongs to a draft: who has it open, its estimate, tests, media, saved messages."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign, MediaKind
from campaigns.states import Outcome
from interface.discreet import by_number
from interface.enum_columns import choice_constraint, choices
from recipients.claiming import Work
from teams.models import Team, User


class DraftPage(models.Model):
    """A composer page that somebody has, or had, open. Forgotten some days after it was seen."""

    # No index of its own: the constraint below begins with the campaign.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="draft_pages", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # Made anew whenever the page is loaded.
    page = models.UUIDField()
    # When it last said that it is open; null once it was left.
    seen_at = models.DateTimeField(null=True, blank=True)
    # The draft's version that its last save made, and the number that save had on the page.
    saved_version = models.PositiveIntegerField(null=True, blank=True)
    saved_n = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["campaign", "page"], name="a_page_is_known_once"),
        )

    def __str__(self) -> str:
        return f"{self.campaign} · {self.user}"


class DraftEstimate(Work):
    """What a worker found when it looked at a large audience: the composer's figures, the plan.

    Only ever a copy of what the draft and its lists say: it may be lost, and is made again. Figures
    only: a personal text stands nowhere before the launch.
    """

    # No index of its own: the constraint below begins with the campaign.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="estimates", db_index=False
    )
    # Texts may name who sends them, and problems depend on whose lists they are: one for each who
    # looks, so that nobody's look takes a colleague's plan away.
    wanted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    # SHA-256 of all that it depends on (`plan_making.key_of`): another one, and it is out of date.
    key = models.CharField(max_length=64)
    wanted_at = models.DateTimeField()
    # Of `plan_report.STEPS`.
    steps_done = models.PositiveSmallIntegerField(default=0)
    # `figures.Figures` as JSON; null until the texts are rendered.
    figures = models.JSONField(null=True, blank=True)
    # `plan_report.PlanReport` as JSON; null while it is being made, and of a draft with problems.
    report = models.JSONField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["campaign", "wanted_by"], name="one_estimate_for_each_who_looks"
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign}"


# Longer than any call takes: an answer that is not here by then will not come.
GIVEN_UP_AFTER = timedelta(minutes=3)


class SentTest(models.Model):
    """One message that somebody sent to a phone of the team's own. Never repeated by itself.

    Written before the call and completed after it, as an `Attempt` is.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="tests")
    # What the form carried: one click is one message, however often it arrives here.
    token = models.UUIDField(unique=True)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    label = models.CharField(max_length=100)
    phone = models.CharField(max_length=16)
    # What was tested (`readiness.content_sha256`): a launch may have to be of just that.
    content_sha256 = models.CharField(max_length=64)
    outcome = models.CharField(max_length=10, choices=choices(Outcome), default=Outcome.OPEN)
    reason = models.CharField(max_length=60, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    # The vendor's own words when it refused; no recipients in them.
    refusal = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (choice_constraint("outcome", Outcome, "test_outcome_is_known"),)
        indexes = (
            # A campaign's latest tests.
            models.Index(fields=["campaign", "-id"], name="tests_of_a_campaign"),
        )

    __repr__ = by_number

    def __str__(self) -> str:
        return f"{self.campaign} · {self.label}"

    @property
    def is_waiting(self) -> bool:
        """Whether its answer may still come."""
        is_young = timezone.now() - self.created_at < GIVEN_UP_AFTER
        return self.outcome == Outcome.OPEN and is_young


class MediaFile(models.Model):
    """An uploaded file: public for whoever knows its name, which nobody can guess."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="media_files")
    uploaded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # What its uploader called it; shown to the team only.
    label = models.CharField(_("name"), max_length=200)
    # What it is called in the store and in its address.
    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=5, choices=MediaKind.choices)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # The media page: a team's files, newest first.
        indexes = (models.Index(fields=["team", "-id"], name="media_files_of_a_team"),)

    def __str__(self) -> str:
        return self.label

    @property
    def url(self) -> str:
        """The public address, as the provider fetches it."""
        return f"{settings.MEDIA_BASE_URL}/{self.name}"


class MessageTemplate(models.Model):
    """A message to begin campaigns with. The whole team sees it, in its folder."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="message_templates")
    name = models.CharField(_("name"), max_length=120)
    # Blank: in no folder.
    folder = models.CharField(_("folder"), max_length=60, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # The number of the version that campaigns begin with.
    current = models.PositiveIntegerField(default=1)
    used_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["team", "folder", "name"]),)

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """What a template said at one time; never changed."""

    # No index of its own: the constraint below begins with the template.
    template = models.ForeignKey(
        MessageTemplate, on_delete=models.CASCADE, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField()
    # The columns of a campaign (`copying.content_fields`) by name.
    content = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # Lists, filters and earlier campaigns (`choices.as_json`).
    choices = models.JSONField(default=dict)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["template", "number"], name="a_template_version_is_numbered_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.template} · {self.number}"
