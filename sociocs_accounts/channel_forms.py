"""The forms of a team's channels and of its Sociocs accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interface.form_fields import PublicChoice, PublicChoices
from interface.form_style import StyledForm, StyledFormMixin
from sociocs_accounts.channels import is_key_known
from sociocs_accounts.models import Channel, GatewayAccount
from sociocs_accounts.sender_queue import THROUGHPUT, sender_of
from sociocs_gateway.providers import CAPABILITIES, Provider
from teams.access import ALLOWED, Action
from teams.models import Team, User

FASTEST = 10_000


class ChannelForm(StyledFormMixin, forms.ModelForm):  # type: ignore[type-arg]
    """What a team may say about a channel it has; provider and key are Sociocs's."""

    messages_per_second = forms.FloatField(
        label=gettext_lazy("Speed, in messages or SMS segments a second"),
        required=False,
        min_value=0.01,
        max_value=FASTEST,
        error_messages={"invalid": gettext_lazy("Enter a number, such as 10 or 0.5.")},
    )

    senders = PublicChoices(User.objects, gettext_lazy("Only these people can send with it"))

    class Meta:
        model = Channel
        fields = ("label", "phone_number", "messages_per_second", "is_active", "senders")
        labels = {"label": gettext_lazy("Name"), "phone_number": gettext_lazy("Number")}
        help_texts = {
            "label": gettext_lazy("What your team calls it."),
            "phone_number": gettext_lazy(
                "As people see it: a number with its country code, a short code, or a name."
            ),
            "is_active": gettext_lazy(
                "If not in use, no new campaign can be sent with it. Campaigns already "
                "sending continue; pause them on their own pages."
            ),
        }
        error_messages = {"label": {"required": gettext_lazy("Give the channel a name.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = [role for role, actions in ALLOWED.items() if Action.LAUNCH in actions]
        offered: Any = self.fields["senders"]
        if self.instance.pk:
            mine = Q(memberships__team=self.instance.team_id, memberships__role__in=able)
            chosen = Q(pk__in=self.instance.senders.values("pk"))
            offered.queryset = User.objects.filter(mine | chosen).distinct().order_by("name")
        offered.help_text = _(
            "They can send campaigns and tests with it. If you choose nobody, everyone "
            "whose role allows sending can."
        )
        if self.instance.provider:
            sender = sender_of(Provider(self.instance.provider), self.instance.phone_number)
            usual = THROUGHPUT[sender].per_second
            self.fields["messages_per_second"].help_text = _(
                "If empty, we use %(usual)g, the usual speed for this kind of number. We "
                "use it to work out how long a campaign takes."
            ) % {"usual": usual}


class NewChannelForm(ChannelForm):
    """A channel typed by hand, where Sociocs does not list it."""

    account = PublicChoice(
        GatewayAccount.objects.none(),
        label=gettext_lazy("Sociocs account"),
        to_field_name="public_id",
        empty_label=None,
    )
    provider = forms.ChoiceField(
        label=gettext_lazy("Provider"),
        choices=[(one.value, CAPABILITIES[one].label) for one in Provider],
    )
    channel_key = forms.CharField(
        label=gettext_lazy("Channel key"),
        max_length=200,
        help_text=gettext_lazy("As Sociocs shows it, under Settings, Channels."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Enter the channel's key.")},
    )
    field_order = ("account", "provider", "channel_key", "label", "phone_number")

    class Meta(ChannelForm.Meta):
        fields = ("account", "provider", "channel_key", "label", "phone_number")

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.team = team
        del self.fields["messages_per_second"], self.fields["senders"]
        self.fields["account"].queryset = team.accounts.order_by("label")  # type: ignore[attr-defined]


class SociocsAccountForm(StyledForm):
    """A Sociocs account of a team. Its key goes in and never comes out again."""

    label = forms.CharField(
        label=gettext_lazy("Name of the account"),
        max_length=100,
        help_text=gettext_lazy("What your team calls it."),
        error_messages={"required": gettext_lazy("Give the account a name.")},
    )
    api_key = forms.CharField(
        label=gettext_lazy("API key"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, account: GatewayAccount | None = None, **kwargs: Any) -> None:
        if account is not None:
            kwargs.setdefault("initial", {"label": account.label})
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["api_key"].help_text = (
            _(
                "The current key ends in …%(tail)s. Leave this empty to keep it; a new key "
                "must be from the same Sociocs account."
            )
            % {"tail": account.api_key_tail}
            if account
            else _("From app.sociocs.com, Settings, API keys: two parts with a colon between them.")
        )

    def said(self) -> dict[str, str]:
        """What it says, by its labels, as people may see it: of a key its end alone."""
        key = str(self["api_key"].value() or "").strip()
        tail = key[-4:] or (self.account.api_key_tail if self.account else "")
        name, label = self["label"], str(self["label"].value() or "").strip()
        return {str(name.label): label, str(self["api_key"].label): f"…{tail}"}

    def clean_api_key(self) -> str:
        """The new key, or "" to keep the old one."""
        key = str(self.cleaned_data["api_key"]).strip()
        if not key and self.account is None:
            raise forms.ValidationError(_("Enter the account's API key."))
        if key and is_key_known(key, self.account):
            raise forms.ValidationError(
                _(
                    "This key is already in use on this server. Ask the person who manages "
                    "it to give your team the account's channels, or create another key in "
                    "Sociocs."
                )
            )
        return key
