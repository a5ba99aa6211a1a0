"""What a person types into the composer, and what can be said about it at once.

Two kinds of faults are kept apart. What cannot be stored (a date that is none, a list of another
team) is an error of the form, and nothing is saved. What can be stored but not sent (a text over
the limit, a time in the past) is a `Problem` that the draft may have while it is being written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.forms.utils import ErrorList
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import list_access
from campaigns.models import Campaign, MediaKind
from campaigns.problems import Problem
from campaigns.texts.personal_texts import FieldRules
from composer.audience_fields import AudienceFields, in_order, stored_audience
from composer.drafts import Content, content_of
from composer.field_forms import FieldRulesForm, posted
from composer.schedule_fields import ScheduleFields, stored_schedule
from composer.send_method_fields import SendMethod, stored_send_method
from composer.template_picker import TemplatePicker
from interface.form_fields import Offer, PlainText, PublicChoice, PublicChoices, Rows
from interface.prepared_queries import prepared
from recipients.models import RecipientList, SavedFilter
from sociocs_accounts.models import Channel, VendorMember
from teams.models import User

LONGEST_TEXT = 20_000
# What people put between the thousands of a number.
THOUSANDS = re.compile(r"[\s,.'\u2019]")

# Where a problem of the message or the plan shows on the page.
_FIELD_OF = {"wall_time": "date", "pace": "pace_count", "empty_places": "places"}


@prepared
def _offered_channels(team: int, chosen: int | None) -> QuerySet[Channel]:
    channels = Channel.objects.filter(Q(is_active=True) | Q(pk=chosen), team=team)
    return channels.select_related("account").order_by("created_at", "pk")


@prepared
def _offered_senders(team: int, channel: int | None, chosen: int | None) -> QuerySet[VendorMember]:
    accounts = _offered_channels.query(team, channel).values("account")
    return VendorMember.objects.filter(Q(account__in=accounts, gone_since=None) | Q(pk=chosen))


class ComposeForm(TemplatePicker, AudienceFields, FieldRulesForm, ScheduleFields):
    """The whole draft. Always bound: to what was typed, or else to what the draft says."""

    # As they stand on the page, so that errors are told in that order; When comes behind them.
    field_order = (
        *("version", "name", "lists", "filters", "duplicates_allowed", "lists_left_out"),
        *("filters_left_out", "campaigns_left_out", "days_left_out"),
        *("channel", "sent_as", "text", "media_kind", "media_url"),
    )

    version = forms.IntegerField(widget=forms.HiddenInput)
    name = PlainText(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("Only your team sees it."),
        error_messages={"required": gettext_lazy("Give the campaign a name.")},
    )
    channel = PublicChoice(
        Channel.objects.none(),
        label=gettext_lazy("Send from"),
        to_field_name="public_id",
        required=False,
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={
            "invalid_choice": gettext_lazy(
                "This channel is not one of your team's. Choose one of those shown."
            )
        },
    )
    sent_as = PublicChoice(
        VendorMember.objects.none(),
        label=gettext_lazy("Shown as sender in Sociocs"),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("Sociocs API (nobody in particular)"),
        error_messages={
            "invalid_choice": gettext_lazy("Choose one of the people shown, or nobody.")
        },
    )
    text = PlainText(
        label=gettext_lazy("Text"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea,
        error_messages={
            "max_length": gettext_lazy(
                "The text has %(show_value)s characters. No channel takes more than a few "
                "thousand: shorten it."
            )
        },
    )
    media_kind = forms.ChoiceField(
        label=gettext_lazy("Attach"),
        choices=[("", gettext_lazy("None")), *MediaKind.choices],
        required=False,
        widget=forms.RadioSelect,
    )
    media_url = PlainText(
        label=gettext_lazy("Public address of the media"), max_length=2000, required=False
    )

    # Only for what is said of tests; its place on the page is the button that leads to them.
    test = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, campaign: Campaign, user: User, data: Any = None) -> None:
        """`data` is what was posted; None stands for the draft itself."""
        self.campaign = campaign
        self.writer = user
        super().__init__(stored_draft(campaign, self.stored_content) if data is None else data)
        self._offer_channels(campaign)
        self.offer_audience(campaign, user)

    # Several parts of a page ask for these.

    @cached_property
    def stored_content(self) -> Content:
        """What the draft said when this was first asked."""
        return content_of(self.campaign)

    @cached_property
    def borrowed_lists(self) -> tuple[RecipientList, ...]:
        """Lists in the draft that the writer may not use."""
        return list_access.borrowed_lists(self.campaign, self.writer)

    @cached_property
    def borrowed_filters(self) -> tuple[SavedFilter, ...]:
        """Filters in the draft that the writer may not use."""
        return list_access.borrowed_filters(self.campaign, self.writer)

    def _offer_channels(self, campaign: Campaign) -> None:
        known = [campaign.channel] if campaign.channel else []
        channels = Rows(_offered_channels, campaign.team_id, campaign.channel_id)
        self._field("channel").offer = Offer(channels, known)
        sender = [campaign.sent_as] if campaign.sent_as else []
        senders = Rows(_offered_senders, campaign.team_id, campaign.channel_id, campaign.sent_as_id)
        self._field("sent_as").offer = Offer(senders, sender)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.clean_audience(cleaned)
        self._clean_sender(cleaned)
        self.check_places()
        self.check_schedule(cleaned)
        return cleaned

    def _clean_sender(self, cleaned: dict[str, Any]) -> None:
        channel, sender = cleaned.get("channel"), cleaned.get("sent_as")
        if channel and sender and sender.account_id != channel.account_id:
            sentence = _("%(name)s is not in the Sociocs account of this channel. Choose again.")
            self.add_error("sent_as", sentence % {"name": sender.name})

    def content(self) -> Content:
        """What a valid form says."""
        given = self.cleaned_data
        method = self.chosen_method()
        values: dict[str, Any] = {
            name: in_order(given[name])
            if isinstance(self.fields[name], PublicChoices)
            else given[name]
            for name in Content.__dataclass_fields__
            if name in given
        }
        values |= {
            "one_by_one": self.goes_one_by_one,
            "one_by_one_wanted": method.one_by_one and not method.template,
            "template": method.template,
            "template_aside": method.aside,
            "field_rules": self.rules().to_json(),
            "wall_time": self.wall_time,
            "fold": int(given["fold"] or 0),
            "timing": self.timing(),
        }
        return Content(**values)

    @property
    def goes_one_by_one(self) -> bool:
        """Whether each gets a message of their own, as chosen, or as the plan chose before."""
        method, campaign = self.chosen_method(), self.campaign
        by_plan = campaign.one_by_one and not (campaign.one_by_one_wanted or campaign.template)
        return method.one_by_one or by_plan

    @property
    def chooses_how_it_goes_out(self) -> bool:
        """Whether that is left to the plan."""
        return not self.chosen_method().one_by_one

    def rules(self) -> FieldRules:
        """How its dynamic fields are filled."""
        rules = self.field_rules(FieldRules.from_json(self.campaign.field_rules))
        return self.with_places(rules)

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Show these next to their fields."""
        for problem in problems:
            name = _FIELD_OF.get(problem.field, problem.field)
            if problem.sentence not in self.errors.get(name, ErrorList()):
                self.add_error(name, problem.sentence)

    def is_filled(self, problem: Problem) -> bool:
        """Whether a problem is about something typed, rather than something still missing."""
        if problem.field in ("wall_time", "places"):
            return True
        return bool(self.cleaned_data.get(problem.field))


def stored_draft(campaign: Campaign, content: Content) -> dict[str, Any]:
    """The draft, which says `content`, as the form's fields would be posted."""
    same = ComposeForm.base_fields.keys() & Content.__dataclass_fields__
    return {
        "version": campaign.version,
        **{name: _as_posted(getattr(content, name)) for name in same},
        **stored_send_method(
            SendMethod(content.one_by_one_wanted, content.template, content.template_aside),
            is_blank=_says_nothing(content),
        ),
        **stored_audience(content),
        **posted(FieldRules.from_json(content.field_rules)),
        **stored_schedule(campaign),
    }


def _says_nothing(content: Content) -> bool:
    """Whether there is a channel, and nothing was chosen or written yet.

    With SMS too: whoever then turns to WhatsApp is asked for a template, as most people need one.
    """
    is_written = (
        content.text or content.media_url or content.one_by_one_wanted or content.template_aside
    )
    return content.channel is not None and not is_written


def _as_posted(value: Any) -> Any:
    return value.public_id if isinstance(value, Channel | VendorMember) else value


class LaunchForm(forms.Form):
    """What the review page sends along: exactly what the person had in front of them."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    token = forms.UUIDField(widget=forms.HiddenInput)
    confirmed_count = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    # Typed before many people get something (`Team.confirm_typed_above`).
    typed_count = forms.CharField(required=False, max_length=20)

    def typed_people(self) -> int | None:
        """The typed number, whatever separates its thousands; None when it is none."""
        digits = THOUSANDS.sub("", self.cleaned_data["typed_count"])
        return int(digits) if digits.isdecimal() else None


class DecisionForm(forms.Form):
    """A person's answer about a job, with the question they saw."""

    shown_version = forms.IntegerField(min_value=1)
    attempt_id = forms.UUIDField(required=False)
    # Typed before a job is sent again: how many people might get it twice.
    people = forms.CharField(required=False, max_length=20)
    # The job that was seen at Sociocs, with "mark as sent".
    job_id = PlainText(required=False, max_length=200)

    def typed_people(self) -> int | None:
        """The typed number; None when it is none."""
        return typed_number(self.cleaned_data["people"])


def typed_number(text: str) -> int | None:
    """The number that somebody typed, whatever separates its thousands; None when it is none."""
    digits = THOUSANDS.sub("", text)
    return int(digits) if digits.isdecimal() and len(digits) < 10 else None
