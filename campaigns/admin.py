"""Campaigns in the admin: accounts and channels are managed here, all else is looked at.

States, attempts, decisions and events are facts. Nothing here can change them: what may be done
about a campaign is done on its page, where the rules are.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextInputWidget,
)

from campaigns import (  # noqa: F401 - register their pages
    account_admin,
    delivery_admin,
    drafting_admin,
    limits_admin,
    schedule_admin,
)
from campaigns.gateway import reopen
from campaigns.models import (
    Attempt,
    BlockCheck,
    Campaign,
    CampaignEvent,
    CampaignList,
    CampaignRecipient,
    Channel,
    Decision,
    GatewayAccount,
    Heartbeat,
    Message,
    RenderedText,
    Submission,
    VendorBlock,
)
from campaigns.secrets import key_sha256, remember_key
from campaigns.states import CampaignState, LaneState, Outcome, SubmissionState
from campaigns.timeline import sentence
from campaigns.words import CAMPAIGN_WORDS, PAUSE_WORDS, SUBMISSION_WORDS
from teams.admin_mixins import ReadOnlyAdmin

# unfold's colours of labels for the tones of `campaigns.words`.
_COLOURS = {"neutral": "", "info": "info", "success": "success", "warning": "warning"}


def _colours(words: Any) -> dict[str, str]:
    return {str(state.value): _COLOURS.get(word.tone, "danger") for state, word in words.items()}


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """An account with its key: a key goes in, and never comes out again."""

    new_api_key = forms.CharField(
        label=_("API key"),
        required=False,
        strip=True,
        max_length=500,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = GatewayAccount
        fields = ("label", "team", "calls_per_second", "calls_per_minute", "name_placeholder")
        widgets = {
            "name_placeholder": UnfoldAdminTextInputWidget(),
            "label": UnfoldAdminTextInputWidget(),
            "calls_per_second": UnfoldAdminIntegerFieldWidget(),
            "calls_per_minute": UnfoldAdminIntegerFieldWidget(),
        }
        help_texts = {
            "name_placeholder": _(
                "Only if Sociocs fills it in for this account's bulk jobs, such as {{name}}: send "
                "a test first. Writers may then let it, and everybody shares one text. Empty: "
                "names are always written here."
            ),
            "calls_per_second": _("By all workers together. Empty: as the settings say; 0: any."),
            "calls_per_minute": _("What Sociocs itself says (HTTP 429) is honoured anyway."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tail = self.instance.api_key_tail
        self.fields["new_api_key"].help_text = (
            _("The key in use ends in …%(tail)s. Leave this empty to keep it.") % {"tail": tail}
            if tail
            else _("From app.sociocs.com, Settings, API keys: two parts with a colon between.")
        )

    def clean_new_api_key(self) -> str:
        """The new key, or "" to keep the old one."""
        key = str(self.cleaned_data["new_api_key"])
        if not key and not self.instance.api_key_tail:
            raise forms.ValidationError(_("Enter the account's API key."))
        same = GatewayAccount.objects.filter(api_key_sha256=key_sha256(key))
        if key and same.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(
                _(
                    "This key is here already, under another account. Use that account: two with "
                    "one key would get in each other's way."
                )
            )
        return key


@admin.register(GatewayAccount)
class GatewayAccountAdmin(ModelAdmin):  # type: ignore[misc]
    """Sociocs accounts: one per API key."""

    form = AccountForm
    list_display = ("label", "masked_key", "state_label", "halt_reason", "cool_until")
    list_filter = ("state",)
    search_fields = ("label", "=api_key_tail")
    autocomplete_fields = ("team",)
    actions = ("use_again",)
    readonly_fields = (
        "state_in_words",
        "why_halted",
        "cool_until",
        "probe_needed",
        "strikes",
        "capabilities",
        "created_at",
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "label",
                    "team",
                    "new_api_key",
                    ("calls_per_second", "calls_per_minute"),
                    "name_placeholder",
                )
            },
        ),
        (
            _("Condition"),
            {
                "fields": (
                    ("state_in_words", "why_halted"),
                    ("cool_until", "probe_needed", "strikes"),
                    "capabilities",
                    "created_at",
                )
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: GatewayAccount | None = None) -> Any:
        """A new account has done nothing yet."""
        found = super().get_fieldsets(request, obj)
        return found if obj else found[:2]

    def save_model(
        self, request: HttpRequest, obj: GatewayAccount, form: AccountForm, change: bool
    ) -> None:
        """Store a new key encrypted; without one, only what was edited."""
        key = form.cleaned_data["new_api_key"]
        if key:
            remember_key(obj, key)
        super().save_model(request, obj, form, change)

    def has_delete_permission(
        self, request: HttpRequest, obj: GatewayAccount | None = None
    ) -> bool:
        """What was sent through an account can always be asked about."""
        has_sent = obj is None or obj.attempts.exists() or obj.channels.exists()
        return not has_sent and bool(super().has_delete_permission(request, obj))

    @admin.display(description=_("API key"))
    def masked_key(self, account: GatewayAccount) -> str:
        """All of the key that is ever shown."""
        return f"…{account.api_key_tail}"

    @display(  # type: ignore[untyped-decorator]
        description=_("state"),
        ordering="state",
        label={LaneState.OPEN.value: "success", LaneState.HALTED.value: "danger"},
    )
    def state_label(self, account: GatewayAccount) -> tuple[str, str]:
        """Whether anything is sent through it, coloured."""
        return account.state, self.state_in_words(account)

    @admin.display(description=_("state"))
    def state_in_words(self, account: GatewayAccount) -> str:
        """Whether anything is sent through it."""
        return str(_("In use") if account.state == LaneState.OPEN else _("Halted"))

    @admin.display(description=_("why"))
    def why_halted(self, account: GatewayAccount) -> str:
        """What has to be mended before it can be used again."""
        return str(PAUSE_WORDS.get(account.halt_reason, account.halt_reason or "-"))

    @action(description=_("Use again (its trouble is mended)"), permissions=["change"])  # type: ignore[untyped-decorator]
    def use_again(self, request: HttpRequest, queryset: QuerySet[GatewayAccount]) -> None:
        """Open halted accounts; their paused campaigns are let go on from their own pages."""
        for account in queryset.filter(state=LaneState.HALTED.value):
            reopen(account)
        messages.success(
            request, _("These accounts are in use again. Let their paused campaigns go on now.")
        )


@admin.register(Channel)
class ChannelAdmin(ModelAdmin):  # type: ignore[misc]
    """A team's sending lines."""

    list_display = ("label", "team", "provider", "phone_number", "account", "is_active")
    list_filter = ("provider", "is_active")
    search_fields = ("label", "channel_key", "phone_number", "team__name")
    list_select_related = ("team", "account")
    autocomplete_fields = ("team", "account")
    readonly_fields = ("public_id", "created_at")

    def has_delete_permission(self, request: HttpRequest, obj: Channel | None = None) -> bool:
        """A channel that campaigns went through is put out of use, not deleted."""
        is_used = obj is None or obj.campaigns.exists()
        return not is_used and bool(super().has_delete_permission(request, obj))


class WithMediaAdmin(ReadOnlyAdmin):
    """For what may name a media file."""

    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Campaign)
class CampaignAdmin(WithMediaAdmin):
    """Campaigns of all teams."""

    list_display = (
        "name",
        "team",
        "state_label",
        "channel",
        "send_at",
        "frozen_count",
        "launched_by",
        "created_at",
    )
    list_filter = ("state", "created_at")
    search_fields = ("name", "=public_id", "team__name")
    list_select_related = ("team", "channel", "launched_by")
    ordering = ("-created_at", "-pk")

    @display(  # type: ignore[untyped-decorator]
        description=_("state"), ordering="state", label=_colours(CAMPAIGN_WORDS)
    )
    def state_label(self, campaign: Campaign) -> tuple[str, str]:
        """Its state in words."""
        return campaign.state, str(CAMPAIGN_WORDS[CampaignState(campaign.state)].label)


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
    list_select_related = ("campaign", "account")
    ordering = ("-pk",)

    @display(  # type: ignore[untyped-decorator]
        description=_("state"), ordering="state", label=_colours(SUBMISSION_WORDS)
    )
    def state_label(self, submission: Submission) -> tuple[str, str]:
        """Its state in words."""
        return submission.state, str(SUBMISSION_WORDS[SubmissionState(submission.state)].label)


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

    @display(  # type: ignore[untyped-decorator]
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


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """What people answered."""

    list_display = ("submission", "kind", "user", "created_at")
    list_filter = ("kind",)
    search_fields = ("user__email", "user__name", "submission__campaign__name")
    list_select_related = ("submission__campaign", "user")
    ordering = ("-pk",)


@admin.register(CampaignEvent)
class CampaignEventAdmin(ReadOnlyAdmin):
    """What happened to campaigns."""

    list_display = ("campaign", "in_words", "actor", "created_at")
    list_filter = ("kind",)
    search_fields = ("campaign__name", "actor__email")
    list_select_related = ("campaign", "actor")
    ordering = ("-pk",)

    @admin.display(description=_("what happened"), ordering="kind")
    def in_words(self, event: CampaignEvent) -> str:
        """The event as the campaign's page tells it."""
        return sentence(event)


@admin.register(CampaignRecipient)
class CampaignRecipientAdmin(ReadOnlyAdmin):
    """Who is in a campaign's frozen audience. Searched by the exact number: the table is huge."""

    list_display = ("phone", "campaign", "position", "occurrence", "left_out")
    search_fields = ("phone__exact",)
    search_help_text = _("The whole number, as +14155552671")
    list_select_related = ("campaign",)
    ordering = ("-pk",)


@admin.register(Message)
class MessageAdmin(WithMediaAdmin):
    """What launched campaigns say."""

    list_display = ("campaign", "media_kind", "created_at")
    list_filter = ("media_kind",)
    search_fields = ("campaign__name",)
    list_select_related = ("campaign",)
    ordering = ("-pk",)


@admin.register(RenderedText)
class RenderedTextAdmin(ReadOnlyAdmin):
    """What dynamic fields made of a launched campaign's text."""

    list_display = ("message", "number", "segments", "recipient_count")
    search_fields = ("message__campaign__name",)
    list_select_related = ("message",)
    ordering = ("-pk",)


@admin.register(VendorBlock)
class VendorBlockAdmin(ReadOnlyAdmin):
    """What the vendor was asked about people who opted out."""

    list_display = ("opt_out", "account", "is_block", "state", "reason", "tries", "updated_at")
    list_filter = ("state", "is_block", "account")
    search_fields = ("opt_out__phone__exact",)
    list_select_related = ("opt_out", "account")
    ordering = ("-pk",)


@admin.register(BlockCheck)
class BlockCheckAdmin(ReadOnlyAdmin):
    """Lists whose people the vendor is asked about."""

    list_display = ("recipient_list", "account", "state", "asked", "total", "found", "created_at")
    list_filter = ("state", "account")
    search_fields = ("recipient_list__name", "asked_by__email")
    list_select_related = ("recipient_list", "account")
    ordering = ("-pk",)


@admin.register(CampaignList)
class CampaignListAdmin(ReadOnlyAdmin):
    """Which campaign takes people from which list, or leaves them out by it."""

    list_display = ("campaign", "recipient_list", "kind")
    list_filter = ("kind",)
    search_fields = ("campaign__name", "recipient_list__name")
    list_select_related = ("campaign", "recipient_list")
    ordering = ("-pk",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    """When each part of the system was last heard of."""

    list_display = ("part", "at")
