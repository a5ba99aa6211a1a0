"""Accounts and channels in the admin: the one place where they can be put right."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from interface.admin_mixins import labelled, show_only
from sociocs_accounts.clients import reopen
from sociocs_accounts.halt_words import HALT_WORDS
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import (
    Channel,
    ChannelEvent,
    GatewayAccount,
    NumberForTests,
    SeenTrouble,
    VendorMember,
)
from sociocs_accounts.secrets import key_sha256, remember_key
from trail.admin_acts import NotedAdmin


class AccountAdminForm(forms.ModelForm):  # type: ignore[type-arg]
    """An account with its key: a key goes in, and never comes out again."""

    new_api_key = forms.CharField(
        label=_("API key"),
        required=False,
        strip=True,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "vTextField"}),
    )

    class Meta:
        model = GatewayAccount
        fields = (
            "label",
            "team",
            "calls_per_second",
            "calls_per_minute",
            "people_per_job",
            "name_placeholder",
        )
        help_texts = {
            "name_placeholder": _(
                "Only if Sociocs fills in names for this account's bulk jobs: enter its "
                "field, such as {{name}}, and send a test first. Empty: we always fill in "
                "names here."
            ),
            "calls_per_second": _(
                "For all workers together. Empty: the server's setting. 0: no limit."
            ),
            "people_per_job": _(
                "At most 10,000. Empty: the server's setting. If Sociocs finds a job too large, "
                "this is halved by itself."
            ),
            "calls_per_minute": _("If Sociocs asks us to slow down (HTTP 429), we always do."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tail = self.instance.api_key_tail
        self.fields["new_api_key"].help_text = (
            _("The current key ends in …%(tail)s. Leave this empty to keep it.") % {"tail": tail}
            if tail
            else _("From app.sociocs.com, Settings, API keys: two parts with a colon between them.")
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
                    "This key is already here under another account. Use that account: two "
                    "accounts with one key would disturb each other."
                )
            )
        return key


@admin.register(GatewayAccount)
class GatewayAccountAdmin(NotedAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Sociocs accounts: one per API key."""

    form = AccountAdminForm
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
                    ("calls_per_second", "calls_per_minute", "people_per_job"),
                    "name_placeholder",
                )
            },
        ),
        (
            _("Status"),
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
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj else fieldsets[:2]

    def save_model(
        self, request: HttpRequest, obj: GatewayAccount, form: AccountAdminForm, change: bool
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

    @labelled(
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
        return str(HALT_WORDS.get(account.halt_reason, account.halt_reason or "-"))

    @admin.action(description=_("Use again (the problem is fixed)"), permissions=["change"])
    def use_again(self, request: HttpRequest, queryset: QuerySet[GatewayAccount]) -> None:
        """Open halted accounts; their paused campaigns are let go on from their own pages."""
        for account in queryset.filter(state=LaneState.HALTED.value):
            reopen(account)
        messages.success(
            request,
            _("These accounts are in use again. You can now continue their paused campaigns."),
        )


@admin.register(Channel)
class ChannelAdmin(NotedAdmin, ModelAdmin):  # type: ignore[type-arg]
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


# As whom messages may be sent.
show_only(
    VendorMember, "name account user_id gone_since", filters="account", search="name =user_id"
)

# Who changed which channel or account.
show_only(
    ChannelEvent,
    "created_at team kind subject actor",
    filters="kind",
    search="subject team__name =actor__email",
)

# Whom a team's tests may go to.
show_only(NumberForTests, "label team phone added_by", search="label =phone team__name")

# What was wrong with accounts, channels or the whole installation, and since when.
show_only(SeenTrouble, "code account channel since told_at over_at", filters="code")
