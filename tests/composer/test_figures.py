"""What a text comes to over an audience: looked at whole, from a sample, or by a worker."""

from __future__ import annotations

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from campaigns.audiences import selection
from campaigns.models import Campaign
from campaigns.texts import personal_texts
from campaigns.texts.dynamic_fields import parse_text
from campaigns.texts.rendering import Renderer, RenderRules, TextLimits, render_text
from campaigns.texts.sms_segments import segments
from composer import figures, plan_making
from composer.figures import Figures, Saving, sample_of
from composer.models import DraftEstimate
from recipients.models import Recipient, RecipientList
from sociocs_accounts.models import Channel
from tests import world
from tests.effort import examples

pytestmark = [pytest.mark.both_databases, pytest.mark.thorough]

TEXT = "Hi {{CUSTOMER_NAME}}, {{Dentist}} waits."


@pytest.fixture
def channel(db: None) -> Channel:
    return world.a_channel(world.a_team())


def a_list(channel: Channel, dentists: list[str], start: int = 0) -> RecipientList:
    made = world.a_list(channel.team, world.phones(len(dentists), start))
    made.field_names = ["Dentist"]
    made.save()
    people = list(Recipient.objects.filter(recipient_list=made).order_by("pk"))
    for person, dentist in zip(people, dentists, strict=True):
        person.fields = {"Dentist": dentist}
    Recipient.objects.bulk_update(people, ["fields"])
    return made


def survey_of(campaign: Campaign) -> Figures:
    owner = world.owner_of(campaign.team)
    return figures.figures_of_survey(personal_texts.survey(campaign, owner, timezone.now()))


def test_whoever_lacks_a_field_is_counted_and_can_be_seen(channel: Channel) -> None:
    people = a_list(channel, ["Dr. Osei", " ", "", "Dr. Lind"])
    lacking = Recipient.objects.filter(recipient_list=people).order_by("pk")[1]

    left_out = survey_of(world.a_campaign(channel, people, text=TEXT))
    rules = {"fallbacks": {"Dentist": "your dentist"}}
    told = survey_of(world.a_campaign(channel, people, text=TEXT, field_rules=rules))

    assert (left_out.empty, left_out.somebody) == ({"Dentist": 2}, {"Dentist": lacking.pk})
    assert (left_out.people, left_out.left_out) == (2, {"missing_value": 2})
    # Who gets a text all the same lacks the field no less.
    assert (told.people, told.left_out, told.empty) == (4, {}, {"Dentist": 2})


def test_the_longest_text_is_somebodys(channel: Channel) -> None:
    people = a_list(channel, ["x", "y" * 200, "z"])
    found = survey_of(world.a_campaign(channel, people, text=TEXT))
    assert found.longest == Recipient.objects.get(fields__Dentist="y" * 200).pk
    assert found.longest_segments == 2


def test_figures_survive_being_stored(channel: Channel) -> None:
    found = survey_of(world.a_campaign(channel, a_list(channel, ["a", "", "b"]), text=TEXT))
    assert Figures.from_json(found.to_json()) == found


values = st.sampled_from(["", " ", "Dr. Osei", "Łukasz", "x" * 150, "{{braces}}"])


@examples(15)
@given(dentists=st.lists(values, max_size=12))
def test_the_sums_add_up(dentists: list[str]) -> None:
    program = parse_text(TEXT)
    rows = [
        (key, f"+1202555{key:04}", "Ann", f'{{"Dentist": "{dentist}"}}')
        for key, dentist in enumerate(dentists)
    ]
    found = figures.of_people(
        Renderer(program, RenderRules()), program, TextLimits(300), rows, 1_000
    )

    assert found.looked_at == len(rows) == found.people + sum(found.left_out.values())
    assert sum(found.by_segments.values()) == found.people
    texts = [
        render_text(program, {"CUSTOMER_NAME": "Ann", "Dentist": dentist})
        for dentist in dentists
        if dentist.strip() and "{{" not in dentist
    ]
    total = found.spread.total if found.spread else 0
    assert total == sum(segments(str(text)) for text in texts)
    assert found.distinct == len(set(texts))


def of_texts(*texts: str) -> Figures:
    program = parse_text("{{Dentist}}")
    rows = [(n, "+12025550000", "", f'{{"Dentist": "{text}"}}') for n, text in enumerate(texts)]
    return figures.of_people(
        Renderer(program, RenderRules()), program, TextLimits(9_999), rows, 1_000
    )


@pytest.mark.parametrize(
    ("texts", "saving"),
    [
        (["x" * 164], Saving(4, 1)),
        # A third segment begins behind 2 of 153 each.
        (["x" * 307], Saving(1, 1)),
        (["x" * 160], None),
        # 40 characters too many are another text.
        (["x" * 200], None),
        (["ł" * 75], Saving(5, 1)),
        # Removing 9 saves one for both; removing 2 for half of them at least.
        (["x" * 162, "x" * 169, "x"], Saving(2, 1)),
    ],
)
def test_the_advice_is_the_fewest_characters_that_save_a_segment(
    texts: list[str], saving: Saving | None
) -> None:
    assert of_texts(*texts).saving == saving


def test_it_is_told_whose_data_makes_the_sms_dearer() -> None:
    assert of_texts("Łukasz", "Ann").dear == 1


# --- A sample -------------------------------------------------------------------------------------


def test_few_people_are_all_in_the_sample(channel: Channel) -> None:
    lists = [a_list(channel, ["a"] * 5), a_list(channel, ["b"] * 4, start=5)]
    sample = sample_of(tuple(lists), size=9)
    assert sorted(row[1] for row in sample.people) == world.phones(9)
    assert sample.rows_seen == 9


def test_a_sample_is_bounded_and_from_all_over_the_lists(channel: Channel) -> None:
    lists = [
        world.a_list(channel.team, world.phones(900)),
        world.a_list(channel.team, world.phones(300, 900)),
    ]
    sample = sample_of(tuple(lists), size=120)

    keys = [row[0] for row in sample.people]
    assert len(set(keys)) == len(keys) == sample.rows_seen
    assert 100 <= len(keys) <= 160
    for one in lists:
        rows = list(one.recipients.order_by("pk").values_list("pk", flat=True))
        for part in (rows[: len(rows) // 4], rows[3 * len(rows) // 4 :]):
            assert set(part) & set(keys)


def test_whoever_the_campaign_leaves_out_is_not_in_the_sample(channel: Channel) -> None:
    people = world.a_list(channel.team, world.phones(10))
    world.opt_out(channel.team, world.phones(1)[0])
    booked = world.a_list(channel.team, world.phones(3), "Booked")
    draft = world.a_campaign(channel, people)
    choice = selection.Choice(lists=(people,), lists_out=(booked,))

    sample = sample_of((people,), selection.select(draft, choice))

    assert sorted(row[1] for row in sample.people) == world.phones(10)[3:]
    assert (sample.rows_seen, sample.share_of(1000)) == (10, 700)


# --- Everybody, by a worker -----------------------------------------------------------------------


@pytest.fixture
def large(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """A draft whose audience counts as too large to look at while a page waits."""
    monkeypatch.setattr(plan_making, "SMALL_WHILE_WRITING", 2)
    campaign = world.a_campaign(channel, a_list(channel, ["a", "", "b"]), text=TEXT)
    campaign.refresh_from_db()
    return campaign


def test_a_small_audience_is_looked_at_at_once(channel: Channel) -> None:
    campaign = world.a_campaign(channel, a_list(channel, ["a", ""]), text=TEXT)
    found, wants_worker = plan_making.figures_of(campaign, world.owner_of(channel.team))
    assert found == survey_of(campaign)
    assert not wants_worker


def test_a_worker_looks_at_a_large_one_once(large: Campaign) -> None:
    owner = world.owner_of(large.team)

    # Opening the page alone sets no worker to it.
    assert plan_making.figures_of(large, owner, may_want=False) == (None, False)
    assert plan_making.figures_of(large, owner) == (None, True)
    assert plan_making.figures_of(large, owner) == (None, False)
    assert plan_making.make_estimate(large.pk)
    assert not plan_making.make_estimate(large.pk)

    assert plan_making.figures_of(large, owner) == (survey_of(large), False)


@pytest.mark.parametrize("changed", ["text", "field_rules", "list", "channel"])
def test_figures_are_not_those_of_another_text_or_audience(large: Campaign, changed: str) -> None:
    owner = world.owner_of(large.team)
    plan_making.figures_of(large, owner)
    plan_making.make_estimate(large.pk)
    if changed == "list":
        world.add_people(large.lists.get(), world.phones(1, 50))
    elif changed == "channel":
        large.channel = world.a_channel(large.team, provider="twlowa", channel_key="other")
    else:
        setattr(
            large, changed, {"text": "{{Dentist}}"}.get(changed, {"fallbacks": {"Dentist": "-"}})
        )
    large.save()

    assert plan_making.figures_of(large, owner) == (None, True)


def test_a_survey_whose_worker_died_is_wanted_again(large: Campaign) -> None:
    owner = world.owner_of(large.team)
    plan_making.figures_of(large, owner)
    long_ago = timezone.now() - 2 * plan_making.PATIENCE
    DraftEstimate.objects.update(wanted_at=long_ago, lease_until=long_ago)

    assert plan_making.figures_of(large, owner) == (None, True)
    assert plan_making.make_estimate(large.pk)


def test_no_personal_text_is_stored_with_a_draft(large: Campaign) -> None:
    plan_making.figures_of(large, world.owner_of(large.team))
    plan_making.make_estimate(large.pk)
    stored = str(DraftEstimate.objects.values().get())
    assert not any(secret in stored for secret in ("Person", "+1202", "waits"))
