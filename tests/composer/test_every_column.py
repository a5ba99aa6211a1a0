"""Whatever column of a campaign holds what it says is saved, shown, handed over and tested."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from campaigns import copying, message
from campaigns.models import Campaign, Message
from campaigns.scheduling.timing import Timing
from campaigns.texts import whatsapp_templates
from composer import drafts
from composer.drafts import Content
from composer.forms import ComposeForm
from sending import readiness
from sociocs_accounts.models import Channel, VendorMember
from teams.models import User

pytestmark = pytest.mark.thorough

# A repeat is no part of what is copied, yet something that a person says.
COLUMNS = [
    one.name
    for one in Campaign._meta.concrete_fields
    if one.name not in copying.NOT_CONTENT or one.name in Timing.__dataclass_fields__
]
# Each column as it is not in a new draft, together with what it takes for that.
PICTURE = {"media_kind": "image", "media_url": "https://example.org/a.jpg"}
PACE = {"pace_count": 100, "pace_minutes": 5}
HOURS = {"hours_from": dt.time(9), "hours_to": dt.time(19, 30)}
LATER = {"wall_time": "2027-11-07T01:30", "time_zone": "America/New_York"}
TEMPLATE = whatsapp_templates.as_json("HX1", "Hi {{1}}", "1 = {{CUSTOMER_NAME}}")
OTHERWISE: Mapping[str, dict[str, Any]] = {
    "name": {"name": "Autumn check-up"},
    "text": {"text": "See you in autumn."},
    "media_kind": PICTURE,
    "media_url": PICTURE,
    "field_rules": {"field_rules": {"fallbacks": {"Dentist": "us"}}},
    "one_by_one": {"one_by_one": True},
    "one_by_one_wanted": {"one_by_one": True, "one_by_one_wanted": True},
    "template_aside": {"template_aside": TEMPLATE},
    "duplicates_allowed": {"duplicates_allowed": True},
    "days_left_out": {"days_left_out": 7},
    "wall_time": LATER,
    "time_zone": {**LATER, "wall_time": "2027-04-02T09:30", "time_zone": "Europe/Berlin"},
    "fold": {**LATER, "fold": 1},
    "clock_keeper": {"clock_keeper": "here"},
    "pace_count": PACE,
    "pace_minutes": PACE,
    "hours_from": HOURS,
    "hours_to": HOURS,
    "hours_zone": {**HOURS, "hours_zone": "recipient"},
    "zone_field": {**HOURS, "hours_zone": "recipient", "zone_field": "Clock"},
    "continues_next_day": {**HOURS, "continues_next_day": True},
    "repeat": {
        **LATER,
        "fold": 1,
        "repeat": {"every": "day", "at": "01:30", "zone": "America/New_York"},
    },
}


@pytest.fixture
def otherwise(clinic: Channel, front_desk: Channel) -> Mapping[str, dict[str, Any]]:
    ada = VendorMember.objects.create(account=front_desk.account, user_id="ada", name="Ada Okafor")
    # A channel without templates keeps one aside.
    template = {"template": TEMPLATE, "one_by_one": True, "channel": clinic}
    return {
        **OTHERWISE,
        "channel": {"channel": clinic},
        "sent_as": {"sent_as": ada},
        "template": template,
    }


def changed(draft: Campaign, columns: dict[str, Any]) -> Campaign:
    zone = {"time_zone": draft.team.time_zone}
    Campaign.objects.filter(pk=draft.pk).update(**zone | columns)
    return Campaign.objects.get(pk=draft.pk)


def as_posted_back(draft: Campaign, user: User) -> Content:
    """What the composer says of a draft that nobody has touched in it."""
    form = ComposeForm(draft, user)
    assert form.is_valid(), form.errors
    return form.content()


@pytest.mark.parametrize("column", COLUMNS)
def test_what_a_draft_says_is_known_saved_and_shown(
    draft: Campaign, alice: User, otherwise: Mapping[str, dict[str, Any]], column: str
) -> None:
    before = getattr(draft, column)
    said = changed(draft, otherwise[column])
    assert getattr(said, column) != before
    assert as_posted_back(said, alice) == drafts.content_of(said)

    other = copying.duplicate(draft, alice, with_audience=False)
    drafts.save(other, alice, other.version, drafts.content_of(said))
    assert getattr(other, column) == getattr(said, column)
    assert drafts.content_of(other) == drafts.content_of(said)


@pytest.mark.parametrize("column", COLUMNS)
def test_what_people_get_is_in_the_message_and_has_to_be_tested(
    draft: Campaign, otherwise: Mapping[str, dict[str, Any]], column: str
) -> None:
    draft.refresh_from_db()
    before, untested = message.message_of(draft), readiness.content_sha256(draft)
    said = changed(draft, otherwise[column])
    now = message.message_of(said)
    if is_sent := column in {one.name for one in Message._meta.concrete_fields}:
        assert getattr(now, column) == getattr(said, column) != getattr(before, column)
    # Through whom, and as whom, decides what people get. One by one they get the same.
    decides = (is_sent or column in {"channel", "sent_as"}) and not column.startswith("one_by_one")
    assert (readiness.content_sha256(said) != untested) is decides
