"""Why an approved launch is a draft again: sentences for the draft's plan page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import Campaign, CampaignEvent
from campaigns.texts import personal_texts
from campaigns.texts.dynamic_fields import BUSINESS_NAME, SENDER_NAME
from campaigns.texts.outside_values import TIME_ZONE
from interface.wording import people
from sending.launch import PEOPLE
from sending.models import Approval


def what_changed(campaign: Campaign, approved: Approval) -> list[str]:
    """A sentence for each thing that was no longer as approved when the audience was frozen."""
    undone = campaign.events.filter(kind=CampaignEvent.Kind.LAUNCH_UNDONE).order_by("-pk").first()
    details: dict[str, Any] = undone.details if undone else {}
    now = personal_texts.outside_values_of(campaign, approved.asked_by)
    sentences = []
    for code in details.get("changed", [PEOPLE]):
        if code == PEOPLE:
            sentences.append(_people(approved.people, details.get("counted")))
        elif code in _VALUES:
            values = {"before": approved.outside_values.get(code, ""), "now": now.get(code, "")}
            sentences.append(_value(code) % values)
    return sentences


def _people(before: int, now: int | None) -> str:
    if now is None or now == before:
        return _(
            "Who gets it: the same number of people, but a number, a name or a field has changed."
        )
    return _("Who gets it: %(before)s were approved, %(now)s would have got it.") % {
        "before": people(before),
        "now": people(now),
    }


_VALUES = frozenset({BUSINESS_NAME, SENDER_NAME, TIME_ZONE})


def _value(code: str) -> str:
    if code == BUSINESS_NAME:
        return _("The team's name in the text: “%(before)s” was approved, now it is “%(now)s”.")
    if code == SENDER_NAME:
        return _("The sender's name in the text: “%(before)s” was approved, now it is “%(now)s”.")
    return _("The team's time zone: %(before)s was approved, now it is %(now)s.")
