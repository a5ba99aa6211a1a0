"""Taking one person's name and number out of the conditions of saved filters, and out of what is
kept of them to answer a program that calls again.

The condition stays, with something in their place that no cell holds: without it a filter would
hold more people than somebody meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from django.db import transaction

from api.models import KeptAnswer
from campaigns.models import CampaignRecipient
from interface.phones import ERASED
from privacy.models import Erasure
from recipients.comparing import comparable
from recipients.models import Recipient, SavedFilter
from recipients.saved_filters.conditions import NAME

_NO_DIGIT = re.compile(r"\D+")


def empty_conditions(erasure: Erasure, numbers: Collection[str]) -> int:
    """Empty values that are the person's name or one of `numbers` (digits); how many filters.

    A name that others of the team's people have as well is not this person's alone, and stays.
    """
    names = _names_of(erasure)
    known: dict[str, bool] = {}

    def is_theirs(field: str, value: str) -> bool:
        if _NO_DIGIT.sub("", value) in numbers:
            return True
        name = comparable(value.strip())
        if field != NAME or name not in names:
            return False
        if name not in known:
            known[name] = not _others_named(erasure, value.strip())
        return known[name]

    changed = 0
    instead = f"{ERASED}{erasure.pk}"
    for key in SavedFilter.objects.filter(team=erasure.team_id).values_list("pk", flat=True):
        changed += _empty_in(key, is_theirs, instead)
    told = KeptAnswer.objects.filter(team=erasure.team_id, answer__body__conditions__isnull=False)
    for key, answer in told.values_list("pk", "answer").iterator():
        body = (answer or {})["body"]
        body["conditions"] = _without(body["conditions"], is_theirs, instead)
        KeptAnswer.objects.filter(pk=key).update(answer=answer)
    return changed


@transaction.atomic
def _empty_in(key: int, is_theirs: Callable[[str, str], bool], instead: str) -> bool:
    saved = SavedFilter.objects.select_for_update().get(pk=key)
    conditions = _without(saved.conditions, is_theirs, instead)
    if conditions == saved.conditions:
        return False
    SavedFilter.objects.filter(pk=key).update(conditions=conditions)
    return True


def _without(
    conditions: list[dict[str, Any]], is_theirs: Callable[[str, str], bool], instead: str
) -> list[dict[str, Any]]:
    """The conditions with `instead` in place of each value that is the person's."""
    return [
        one
        | {
            "values": [
                instead if is_theirs(str(one["field"]), str(value)) else value
                for value in one["values"]
            ]
        }
        for one in conditions
    ]


def _names_of(erasure: Erasure) -> set[str]:
    """What the person is called on lists and in campaigns, for comparing."""
    key = erasure.phone_key
    rows = Recipient.objects.filter(recipient_list__team=erasure.team_id, phone_key=key)
    sent = CampaignRecipient.objects.filter(campaign__team=erasure.team_id, phone_key=key)
    names = [*rows.values_list("name", flat=True), *sent.values_list("name", flat=True)]
    return {comparable(name.strip()) for name in names} - {""}


def _others_named(erasure: Erasure, name: str) -> bool:
    rows = Recipient.objects.filter(recipient_list__team=erasure.team_id, name__iexact=name)
    return rows.exclude(phone_key=erasure.phone_key).exists()
