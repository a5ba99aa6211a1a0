"""The composer's fields about who gets it, besides the lists; part of `ComposeForm`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.audiences import choices, earlier_campaigns
from campaigns.audiences.selection import Choice
from campaigns.models import Campaign, EarlierCampaign
from interface.form_fields import Offer, PublicChoices, Rows
from interface.prepared_queries import prepared
from recipients.models import RecipientList, SavedFilter
from teams.models import User

LONGEST_PAUSE = 365


class AudienceFields(forms.Form):
    """Lists and saved filters in and out, and earlier campaigns whose people are left out."""

    lists = PublicChoices(RecipientList.objects, gettext_lazy("Send to"))
    lists_left_out = PublicChoices(RecipientList.objects, gettext_lazy("Leave out"))
    filters = PublicChoices(SavedFilter.objects, gettext_lazy("Send to saved filters"))
    filters_left_out = PublicChoices(
        SavedFilter.objects, gettext_lazy("Leave out by saved filters")
    )
    campaigns_left_out = PublicChoices(
        Campaign.objects, gettext_lazy("Leave out people who got an earlier campaign")
    )
    days_left_out = forms.IntegerField(
        label=gettext_lazy("Leave out people who got any campaign in the last days"),
        required=False,
        min_value=1,
        max_value=LONGEST_PAUSE,
        error_messages={
            "invalid": gettext_lazy("Write the number of days in digits, such as 7."),
            "min_value": gettext_lazy("Write 1 day or more, or leave it empty."),
            "max_value": gettext_lazy("Write 365 days at most."),
        },
    )
    duplicates_allowed = forms.BooleanField(
        label=gettext_lazy("Text the same number more than once"), required=False
    )

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def offer_audience(self, campaign: Campaign, user: User) -> None:
        """Fill the fields' choices for a person. What the draft holds already is always offered.

        A colleague's list stays in the draft until somebody takes it out; launching is blocked.
        """
        whose = (campaign.team_id, user.pk, campaign.pk)
        self._offer(
            ("lists", "lists_left_out"),
            Rows(_offered_lists, *whose),
            [choice.recipient_list for choice in choices.list_choices(campaign)],
            _(
                "You cannot use one of these lists, or not any more. Choose other lists of your "
                "team."
            ),
        )
        self._offer(
            ("filters", "filters_left_out"),
            Rows(_offered_filters, *whose),
            [choice.saved_filter for choice in choices.filter_choices(campaign)],
            _(
                "You cannot use one of these filters, or not any more. Choose other filters of "
                "your team."
            ),
        )
        self._offer(
            ("campaigns_left_out",),
            Rows(_offered_campaigns, campaign.team_id, campaign.pk),
            choices.earlier_of(campaign),
            _("Choose earlier campaigns of your team."),
        )

    def _offer(
        self, names: tuple[str, ...], rows: Rows, chosen: Iterable[Any], sentence: str
    ) -> None:
        """Offer `rows` in these fields; those that are `chosen` are known already."""
        wanted = [
            key for name in names for key in _several(self.data, name) if isinstance(key, str)
        ]
        offer = Offer(rows, chosen, wanted)
        for name in names:
            field = self._field(name)
            field.offer = offer
            field.error_messages["invalid_choice"] = sentence

    def clean_audience(self, cleaned: dict[str, Any]) -> None:
        """Nobody can get the message and be left out by the same list or filter."""
        for chosen, left_out in (("lists", "lists_left_out"), ("filters", "filters_left_out")):
            for row in set(cleaned.get(chosen) or ()) & set(cleaned.get(left_out) or ()):
                sentence = _(
                    "“%(name)s” is chosen to get the message and to be left out. Choose only one."
                )
                self.add_error(left_out, sentence % {"name": row.name})

    @property
    def leaves_out(self) -> bool:
        """Whether anything is chosen to leave people out by, or wrong in the choice."""
        names = ("lists_left_out", "filters_left_out", "campaigns_left_out", "days_left_out")
        return any(self[name].value() or self[name].errors for name in names)

    def choice(self, hidden: frozenset[int] = frozenset()) -> Choice:
        """What is chosen so far, right or wrong; lists with a key in `hidden` left out of it."""
        given = self.cleaned_data
        return Choice(
            lists=tuple(
                recipient_list
                for recipient_list in in_order(given.get("lists"))
                if recipient_list.pk not in hidden
            ),
            filters=in_order(given.get("filters")),
            lists_out=in_order(given.get("lists_left_out")),
            filters_out=in_order(given.get("filters_left_out")),
            campaigns_out=tuple(
                campaign.pk for campaign in in_order(given.get("campaigns_left_out"))
            ),
            days_out=given.get("days_left_out"),
            duplicates_allowed=bool(given.get("duplicates_allowed")),
        )


@prepared
def _offered_lists(team: int, user: int, campaign: int) -> QuerySet[RecipientList]:
    usable = RecipientList.objects.for_member(team, user).values("pk")
    offered = Q(pk__in=usable) | Q(campaign_choices__campaign=campaign)
    lists = RecipientList.objects.filter(offered, team=team).distinct()
    return lists.select_related("owner", "team").order_by("-created_at", "-pk")


@prepared
def _offered_filters(team: int, user: int, campaign: int) -> QuerySet[SavedFilter]:
    usable = SavedFilter.objects.for_member(team, user).values("pk")
    offered = Q(pk__in=usable) | Q(campaign_choices__campaign=campaign)
    filters = SavedFilter.objects.filter(offered, team=team).distinct()
    return filters.select_related("owner").order_by("-created_at", "-pk")


@prepared
def _offered_campaigns(team: int, campaign: int) -> QuerySet[Campaign]:
    latest = earlier_campaigns.offered(team, campaign).values("pk")
    held = EarlierCampaign.objects.filter(campaign=campaign).values("earlier")
    offered = Campaign.objects.filter(Q(pk__in=latest) | Q(pk__in=held))
    return offered.order_by("-created_at", "-pk")


def _several(data: Any, name: str) -> Iterable[Any]:
    """What is posted in a field of several values, or stands in a plain dictionary."""
    return data.getlist(name) if isinstance(data, QueryDict) else data.get(name, ())


def in_order(rows: Any) -> tuple[Any, ...]:
    """What was chosen, in the order it was made: the order in which an audience is frozen."""
    return tuple(sorted(rows or (), key=lambda row: row.pk))


def stored_audience(content: Any) -> dict[str, Any]:
    """What a draft's content says about its audience, as the fields would be posted."""

    def keys(name: str) -> list[UUID]:
        return [choice.public_id for choice in getattr(content, name)]

    names = ("lists", "lists_left_out", "filters", "filters_left_out", "campaigns_left_out")
    return {
        **{name: keys(name) for name in names},
        "days_left_out": content.days_left_out or "",
        "duplicates_allowed": content.duplicates_allowed,
    }
