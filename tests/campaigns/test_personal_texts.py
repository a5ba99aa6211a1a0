"""Campaigns with dynamic fields: everybody gets their own text; equal texts share jobs."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, time
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from campaigns.audiences import audience
from campaigns.audiences.position import PLACES_OF_A_BLOCK, WITHOUT_TEXT, AudiencePosition
from campaigns.models import Campaign, CampaignList, CampaignRecipient, RenderedText
from campaigns.states import CampaignState
from campaigns.texts import personal_texts
from campaigns.texts.dynamic_fields import parse_text
from campaigns.texts.personal_texts import FieldRules, Survey
from campaigns.texts.rendering import Missing, person_of, render_text
from campaigns.texts.rendering import RenderRules as RenderingRules
from campaigns.texts.sms_segments import segments
from recipients.models import Recipient, RecipientList
from sending import building, launch, readiness, submit, tick
from sending.models import Submission
from sending.readiness import LaunchRefused
from sociocs_accounts.models import Channel
from sociocs_gateway.messages import MessageRecipient as Person
from teams.models import Team
from tests import world
from tests.effort import examples
from tests.processes import Sandbox

pytestmark = [pytest.mark.thorough]

GREETING = "Hi {{CUSTOMER_NAME}}, {{Dentist}} expects you."


@pytest.fixture
def channel(db: None, quick: Settings) -> Channel:
    return world.a_channel(world.a_team())


@pytest.fixture
def team(channel: Channel) -> Team:
    return channel.team


def a_list(team: Team, *people: tuple[str, dict[str, str]], start: int = 0) -> RecipientList:
    """A list of people with these names and fields; its columns are those that anybody has."""
    made = world.a_list(team, [])
    made.field_names = sorted({name for _, fields in people for name in fields})
    Recipient.objects.bulk_create(
        Recipient(recipient_list=made, phone=phone, name=name, fields=dict(fields), row_number=n)
        for n, (phone, (name, fields)) in enumerate(
            zip(world.phones(len(people), start), people, strict=True), start=2
        )
    )
    made.recipient_count = len(people)
    made.save()
    return made


def surveyed(campaign: Campaign) -> Survey:
    send_at = readiness.send_time(campaign, timezone.now())
    return personal_texts.survey(campaign, world.owner_of(campaign.team), send_at)


def begin(campaign: Campaign, confirmed_count: int | None = None) -> None:
    """Launch it as its review page would; nothing is frozen yet."""
    if confirmed_count is None:
        confirmed_count = surveyed(campaign).count.people
    launch.launch(campaign, world.confirmed(campaign, confirmed_count))


def launched(campaign: Campaign) -> Campaign:
    begin(campaign)
    launch.freeze(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def jobs(campaign: Campaign) -> list[tuple[str, list[str]]]:
    """The text and the names of each job, in their order."""
    submissions = campaign.submissions.order_by("seq")
    return [(one.text, [person.name for person in built(one)]) for one in submissions]


def built(submission: Submission) -> list[Person]:
    """Who is in a job, as it would be handed over."""
    submission.claim_token = uuid4()
    return list(building.build(submission).recipients)


@pytest.mark.both_databases
def test_people_with_equal_texts_share_a_job(channel: Channel, team: Team) -> None:
    people = a_list(
        team,
        ("Ann", {"Dentist": "Dr. Osei"}),
        ("Bob", {"Dentist": "Dr. Lind"}),
        ("Cem", {"Dentist": "Dr. Osei"}),
    )

    campaign = launched(world.a_campaign(channel, people, text="{{Dentist}} expects you."))

    assert jobs(campaign) == [
        ("Dr. Osei expects you.", ["Ann", "Cem"]),
        ("Dr. Lind expects you.", ["Bob"]),
    ]
    assert campaign.message is not None
    texts = campaign.message.rendered_texts.order_by("number")
    assert [(one.text, one.recipient_count) for one in texts] == [
        ("Dr. Osei expects you.", 2),
        ("Dr. Lind expects you.", 1),
    ]


@pytest.mark.both_databases
def test_a_job_is_never_larger_than_allowed(channel: Channel, team: Team) -> None:
    people = a_list(team, *[("Ann", {})] * 25, ("Bob", {}))

    campaign = launched(world.a_campaign(channel, people, text="Hi {{CUSTOMER_NAME}}"))

    sizes = [(text, len(names)) for text, names in jobs(campaign)]
    assert sizes == [("Hi Ann", 10), ("Hi Ann", 10), ("Hi Ann", 5), ("Hi Bob", 1)]


def test_the_team_and_the_person_who_launches_are_named(channel: Channel, team: Team) -> None:
    people = a_list(team, ("Ann", {}), ("Bob", {}))
    text = "{{SENDER_NAME}} of {{BUSINESS_NAME}} says hello."

    campaign = launched(world.a_campaign(channel, people, text=text))

    assert jobs(campaign) == [("Alice Owner of Riverside Dental says hello.", ["Ann", "Bob"])]
    # The same for everybody: frozen and cut like any text without fields.
    assert not RenderedText.objects.exists()
    assert set(positions(campaign)) == {1, 2}


def positions(campaign: Campaign) -> list[int]:
    rows = CampaignRecipient.objects.filter(campaign=campaign).order_by("position")
    return list(rows.values_list("position", flat=True))


def test_the_number_begins_with_the_country_code(channel: Channel, team: Team) -> None:
    people = a_list(team, ("Ann", {}))

    campaign = launched(world.a_campaign(channel, people, text="Is {{PHONE_NUMBER}} yours?"))

    assert jobs(campaign)[0][0] == f"Is {world.phones(1)[0].removeprefix('+')} yours?"


@pytest.mark.both_databases
def test_who_lacks_a_field_is_left_out_counted_and_kept_with_the_reason(
    channel: Channel, team: Team
) -> None:
    people = a_list(
        team,
        ("Ann", {"Dentist": "Dr. Osei"}),
        ("Bob", {}),
        ("", {"Dentist": "Dr. Lind"}),
    )
    campaign = world.a_campaign(channel, people, text=GREETING)

    survey = surveyed(campaign)
    launched(campaign)

    assert jobs(campaign) == [("Hi Ann, Dr. Osei expects you.", ["Ann"])]
    assert survey.texts.by_field == {"Dentist": 1, "CUSTOMER_NAME": 1}
    assert survey.count.left_out == campaign.left_out == {"missing_value": 2}
    left_out = CampaignRecipient.objects.exclude(left_out="").order_by("phone")
    assert list(left_out.values_list("name", "left_out")) == [
        ("Bob", "missing_value"),
        ("", "missing_value"),
    ]


@pytest.mark.both_databases
def test_a_fallback_is_written_for_who_lacks_a_field(channel: Channel, team: Team) -> None:
    people = a_list(team, ("Ann", {"Dentist": "Dr. Osei"}), ("", {}))
    rules = FieldRules({"CUSTOMER_NAME": "there", "Dentist": "our team"}).to_json()

    campaign = launched(world.a_campaign(channel, people, text=GREETING, field_rules=rules))

    assert [text for text, _ in jobs(campaign)] == [
        "Hi Ann, Dr. Osei expects you.",
        "Hi there, our team expects you.",
    ]


@pytest.mark.parametrize(
    ("text", "fields", "reason"),
    [
        ('{{#dateFormat "dddd"}}{{Visit}}{{/dateFormat}}', {"Visit": "soon"}, "unreadable_date"),
        ('{{#ifeq "yes" Visit}}See you!{{/ifeq}}', {"Visit": "no"}, "no_text"),
        ("{{Visit}}", {"Visit": "x" * 1601}, "text_too_long"),
        ("Hi {{Visit}}", {"Visit": "{{FirstName}}"}, "braces_left"),
    ],
)
def test_who_would_get_an_improper_text_is_left_out(
    channel: Channel, team: Team, text: str, fields: dict[str, str], reason: str
) -> None:
    people = a_list(
        team, ("Ann", fields), ("Bob", {"Visit": "yes"}), ("Cem", {"Visit": "2026-9-1"})
    )
    campaign = world.a_campaign(channel, people, text=text)

    survey = surveyed(campaign)
    launched(campaign)

    assert "Ann" not in [name for _, names in jobs(campaign) for name in names]
    assert CampaignRecipient.objects.get(campaign=campaign, name="Ann").left_out == reason
    assert survey.count.left_out == campaign.left_out


def test_a_picture_may_go_out_without_the_text_that_a_condition_leaves_away(
    channel: Channel, team: Team
) -> None:
    people = a_list(team, ("Ann", {"Vip": "no"}))
    media = {"media_kind": "image", "media_url": "https://example.org/spring.jpg"}
    text = '{{#ifeq "yes" Vip}}For you!{{/ifeq}}'

    campaign = launched(world.a_campaign(channel, people, text=text, **media))

    assert jobs(campaign) == [("", ["Ann"])]


def test_tomorrow_is_counted_from_the_day_of_sending_in_the_campaigns_zone(
    channel: Channel, team: Team
) -> None:
    text = '{{#dateFormat "DDDD"}}{{Visit}}{{/dateFormat}}'
    people = a_list(team, ("Ann", {"Visit": "2026-12-01"}))
    campaign = world.a_campaign(channel, people, text=text, time_zone="Australia/Sydney")
    # 20:00 in UTC is the next day in Sydney.
    send_at = datetime(2026, 11, 29, 20, tzinfo=UTC)

    survey = personal_texts.survey(campaign, world.owner_of(team), send_at)

    assert survey.texts.longest is not None
    assert survey.texts.longest.text == "Tomorrow"


def test_which_of_day_and_month_comes_first_is_a_rule_of_the_campaign(
    channel: Channel, team: Team
) -> None:
    text = '{{#dateFormat "d mmmm"}}{{Visit}}{{/dateFormat}}'
    people = a_list(team, ("Ann", {"Visit": "03/04/2026"}))

    for day_first, expected in ((None, []), (True, ["3 April"]), (False, ["4 March"])):
        rules = FieldRules(day_first=day_first).to_json()
        survey = surveyed(world.a_campaign(channel, people, text=text, field_rules=rules))
        longest = survey.texts.longest
        assert ([longest.text] if longest else []) == expected


@pytest.mark.both_databases
def test_the_survey_tells_how_long_the_texts_are_and_who_gets_the_longest(
    channel: Channel, team: Team
) -> None:
    notes = ["a", "bo", "c" * 160, "dee", "e" * 400]
    people = a_list(team, *[(note[0], {"Note": note}) for note in notes])

    survey = surveyed(world.a_campaign(channel, people, text="Hi {{Note}}"))

    spread = survey.texts.spread
    assert spread is not None
    assert (spread.fewest, spread.typical, spread.most, spread.total) == (1, 1, 3, 8)
    assert survey.texts.longest is not None
    assert Recipient.objects.get(pk=survey.texts.longest.key).name == "e"
    assert (survey.texts.distinct, survey.jobs) == (5, 5)


@pytest.mark.both_databases
def test_segments_are_known_after_the_launch_too(channel: Channel, team: Team) -> None:
    people = a_list(team, ("Ann", {}), ("B" * 160, {}))
    personal = launched(world.a_campaign(channel, people, text="Hi {{CUSTOMER_NAME}}"))
    plain = launched(world.a_campaign(channel, people, text="Hi all"))

    assert personal.message is not None
    rendered = personal.message.rendered_texts.values_list("segments", "recipient_count")
    assert sorted(rendered) == [(1, 1), (2, 1)]
    assert list(map(segments, personal_texts.texts_of(plain).values())) == [1]
    assert plain.frozen_count == 2


@pytest.mark.both_databases
def test_a_pace_and_sending_hours_by_zone_leave_everybody_their_own_text(
    channel: Channel, team: Team
) -> None:
    zones = ["Europe/London", "Asia/Tokyo"]
    people = a_list(
        team, *[("AnnBobCem"[n % 3 * 3 :][:3], {"Zone": zones[n % 2]}) for n in range(30)], ("", {})
    )
    campaign = world.a_campaign(
        channel,
        people,
        text="Hi {{CUSTOMER_NAME}}",
        time_zone="Europe/London",
        pace_count=4,
        pace_minutes=1,
        hours_from=time(9),
        hours_to=time(19),
        hours_zone="recipient",
        zone_field="Zone",
    )

    launched(campaign)

    assert campaign.state == CampaignState.SCHEDULED
    assert all(set(names) == {text.removeprefix("Hi ")} for text, names in jobs(campaign))
    names = Counter(name for _, names in jobs(campaign) for name in names)
    assert names == {"Ann": 10, "Bob": 10, "Cem": 10}
    assert {one.zones for one in campaign.submissions.all()} == set(zones)
    assert campaign.left_out == {"missing_value": 1}


@pytest.mark.both_databases
def test_too_many_different_texts_bring_the_draft_back(
    channel: Channel, team: Team, quick: Settings
) -> None:
    quick.MAX_DISTINCT_TEXTS = 2
    people = a_list(team, ("Ann", {}), ("Bob", {}), ("Cem", {}))
    campaign = world.a_campaign(channel, people, text="Hi {{CUSTOMER_NAME}}")
    assert surveyed(campaign).has_too_many_texts

    launched(campaign)

    assert (campaign.state, campaign.state_reason) == (CampaignState.DRAFT, "too_many_texts")
    assert not CampaignRecipient.objects.exists()
    assert not RenderedText.objects.exists()


@pytest.mark.both_databases
def test_as_many_texts_as_allowed_are_sent(channel: Channel, team: Team, quick: Settings) -> None:
    quick.MAX_DISTINCT_TEXTS = 2
    people = a_list(team, ("Ann", {}), ("Bob", {}), ("Ann", {}))

    campaign = launched(world.a_campaign(channel, people, text="Hi {{CUSTOMER_NAME}}"))

    assert campaign.state == CampaignState.SCHEDULED


@pytest.mark.both_databases
def test_somebody_who_lost_a_value_since_the_review_brings_the_draft_back(
    channel: Channel, team: Team
) -> None:
    people = a_list(team, ("Ann", {}), ("Bob", {}))
    campaign = world.a_campaign(channel, people, text="Hi {{CUSTOMER_NAME}}")
    begin(campaign)
    Recipient.objects.filter(name="Bob").update(name="")

    launch.freeze(campaign.pk)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.state_reason) == (CampaignState.DRAFT, "audience_changed")
    assert not RenderedText.objects.exists()


@pytest.mark.both_databases
def test_a_freeze_that_is_killed_while_rendering_goes_on_where_it_was(
    channel: Channel, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal_texts, "CHUNK", 2)
    people = a_list(team, *[(name, {}) for name in ("Ann", "Bob", "", "Ann", "Cem", "Bob", "Ann")])
    campaign = world.a_campaign(channel, people, text="Hi {{CUSTOMER_NAME}}")
    begin(campaign)
    while not audience.freeze_chunk(campaign.pk):
        pass

    personal_texts.place_chunk(campaign.pk)
    personal_texts.place_chunk(campaign.pk)
    launch.freeze(campaign.pk)
    launch.freeze(campaign.pk)

    campaign.refresh_from_db()
    assert jobs(campaign) == [("Hi Ann", ["Ann"] * 3), ("Hi Bob", ["Bob"] * 2), ("Hi Cem", ["Cem"])]
    assert (campaign.frozen_count, campaign.left_out) == (6, {"missing_value": 1})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hi {{Denist}}", "None of the chosen lists has a field “Denist”."),
        ("Hi {{dentist}}", "Did you mean “Dentist”?"),
        ("Hi {{Dentist", "is not closed"),
        ('{{#dateFormat "DD.MM.YYYY"}}{{Dentist}}{{/dateFormat}}', "Did you mean “dd”?"),
    ],
)
def test_a_text_with_a_faulty_field_is_not_launched(
    channel: Channel, team: Team, text: str, sentence: str
) -> None:
    people = a_list(team, ("Ann", {"Dentist": "Dr. Osei"}))
    campaign = world.a_campaign(channel, people, text=text)

    with pytest.raises(LaunchRefused) as refused:
        begin(campaign, confirmed_count=1)

    assert sentence in refused.value.sentence
    assert [one.field for one in readiness.launch_problems(campaign)] == ["text"]


def test_a_field_of_another_list_is_unknown(channel: Channel, team: Team) -> None:
    a_list(team, ("Bob", {"Vet": "Dr. Lind"}), start=5)
    people = a_list(team, ("Ann", {"Dentist": "Dr. Osei"}))

    found = readiness.launch_problems(world.a_campaign(channel, people, text="Hi {{Vet}}"))

    assert [one.field for one in found] == ["text"]


def test_a_text_is_too_long_only_if_everybody_s_is(channel: Channel, team: Team) -> None:
    people = a_list(team, ("Ann", {"Dentist": "Dr. Osei"}))
    long_tag = '{{#ifeq "%s" Dentist}}A{{else}}B{{/ifeq}}' % ("x" * 1700)

    assert readiness.launch_problems(world.a_campaign(channel, people, text=long_tag)) == []
    found = readiness.launch_problems(
        world.a_campaign(channel, people, text="{{Dentist}}" + "x" * 1600)
    )
    assert [one.sentence for one in found] == [
        "The text is 1 character too long for Twilio SMS, which takes 1600. Shorten it."
    ]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_each_phone_gets_its_own_text(sandbox: Sandbox, quick: Settings) -> None:
    quick.SOCIOCS_BASE_URL = sandbox.url
    team = world.a_team()
    channel = world.a_channel(team, sandbox)
    names = ["Ann", "Bob", "Ann", "100 % Cem", "Ann"]
    people = a_list(team, *[(name, {}) for name in names])
    campaign = world.a_campaign(channel, people, text="Hi {{CUSTOMER_NAME}}")

    begin(campaign)
    launch.freeze(campaign.pk)
    tick.tick()
    submit.hand_over(channel.account_id)

    got: dict[str, list[str]] = {}
    for job in world.witness(sandbox, "/jobs"):
        for person in world.witness(sandbox, f"/jobs/{job['job_id']}")["recipients"]:
            got.setdefault(person["to"], []).append(job["text"])
    expected = zip(world.phones(5), names, strict=True)
    assert got == {phone: [f"Hi {name}"] for phone, name in expected}


# --- Any audience, any text -----------------------------------------------------------------------

some_text = st.sampled_from(
    [
        "Hi {{CUSTOMER_NAME}}",
        "{{A}} and {{B}}, {{A}}!",
        '{{#ifeq "x" A}}{{B}}{{else ifeq "" A}}nobody{{else}}100% %s{{/ifeq}}',
        '{{#contains (arr "x" "y") B}}{{#dateFormat "d.m."}}{{A}}{{/dateFormat}}{{/contains}}',
        "{{BUSINESS_NAME}} {{SENDER_NAME}}",
        "Hello",
    ]
)
some_value = st.sampled_from(["x", "y", "2026-03-01", "{{B}}", "%s", ""])
some_person = st.tuples(
    st.sampled_from(["Ann", "Bob", ""]),
    st.dictionaries(st.sampled_from("AB"), some_value).map(
        lambda fields: {name: value for name, value in fields.items() if value}
    ),
)


def expected_texts(
    campaign: Campaign, lists: list[RecipientList], fallbacks: dict[str, str]
) -> tuple[list[tuple[str, str]], Counter[str]]:
    """(phone, text) for who gets one, and the others by reason: each person rendered alone."""
    constants = {"BUSINESS_NAME": campaign.team.name, "SENDER_NAME": "Alice Owner"}
    rules, program = RenderingRules(constants, fallbacks), parse_text(campaign.text)
    limits = personal_texts.text_limits(campaign, "", FieldRules())
    got, left_out, seen = [], Counter[str](), set()
    for one in itertools.chain.from_iterable(
        Recipient.objects.filter(recipient_list=people).order_by("pk") for people in lists
    ):
        if one.phone in seen:
            left_out["duplicate"] += 1
            continue
        seen.add(one.phone)
        text = render_text(program, person_of(one.phone, one.name, dict(one.fields)), rules)
        missing = text if isinstance(text, Missing) else limits.refusal(text)
        if missing:
            left_out[missing.reason.value] += 1
        else:
            got.append((one.phone, str(text)))
    return got, left_out


@pytest.mark.both_databases
@examples(12, HealthCheck.function_scoped_fixture)
@given(
    text=some_text,
    people=st.lists(st.lists(some_person, max_size=7), min_size=1, max_size=2),
    overlap=st.integers(0, 7),
    fallbacks=st.dictionaries(st.sampled_from(["A", "CUSTOMER_NAME"]), st.sampled_from(["-", ""])),
    size=st.integers(1, 4),
    chunk=st.integers(1, 5),
)
@example("Hi {{CUSTOMER_NAME}}", [[("Ann", {}), ("Bob", {}), ("Ann", {})]], 0, {}, 2, 2)
def test_everybody_is_in_one_job_with_their_own_text_and_the_sums_add_up(
    channel: Channel,
    quick: Settings,
    text: str,
    people: list[list[tuple[str, dict[str, str]]]],
    overlap: int,
    fallbacks: dict[str, str],
    size: int,
    chunk: int,
) -> None:
    quick.RECIPIENTS_PER_SUBMISSION = size
    lists = [a_list(channel.team, *rows, start=n * overlap) for n, rows in enumerate(people)]
    for one in lists:
        one.field_names = ["A", "B"]
        one.save()
    rules = FieldRules(fallbacks).to_json()
    campaign = world.a_campaign(channel, *lists, text=text, field_rules=rules)
    expected, left_out = expected_texts(campaign, lists, fallbacks)

    survey = surveyed(campaign)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(personal_texts, "CHUNK", chunk)
        if survey.count.people:
            launched(campaign)

    assert survey.count.people == len(expected)
    assert survey.count.left_out == dict(+left_out)
    assert survey.count.rows == survey.count.people + survey.count.left_out_count
    if expected:
        assert campaign.state == CampaignState.SCHEDULED
        assert campaign.left_out == survey.count.left_out
        got = [
            (person.phone, one.text) for one in campaign.submissions.all() for person in built(one)
        ]
        assert sorted(got) == sorted(expected)
        assert campaign.submissions.count() == survey.jobs
        sizes = campaign.submissions.values_list("recipient_count", flat=True)
        assert sum(sizes) == campaign.frozen_count == len(expected)
        assert max(sizes) <= size
        assert survey.texts.distinct == len({text for _, text in expected})
    CampaignList.objects.all().delete()


PLACES = st.builds(
    AudiencePosition,
    text=st.integers(0, WITHOUT_TEXT),
    block=st.integers(0, 4095),
    place=st.integers(0, PLACES_OF_A_BLOCK - 1),
)


@pytest.mark.both_databases
@given(PLACES, PLACES)
def test_a_position_says_which_text_it_belongs_to_and_keeps_the_order(
    one: AudiencePosition, other: AudiencePosition
) -> None:
    assert AudiencePosition.unpack(one.pack()) == one
    assert (one.pack() < other.pack()) == (one < other)
    # The database's largest whole number.
    assert one.pack() < 2**63


# --- Names that Sociocs fills in ------------------------------------------------------------------

BY_SOCIOCS = {"name_placeholder": "{{name}}", "fallbacks": {"CUSTOMER_NAME": "there"}}


def named_by_sociocs(names: list[str], **fields: Any) -> Campaign:
    channel = world.a_channel(world.a_team())
    channel.account.name_placeholder = "{{name}}"
    channel.account.save()
    people = world.a_list(channel.team, world.phones(len(names)))
    for person, name in zip(people.recipients.order_by("pk"), names, strict=True):
        person.name = name
        person.save()
    values = {"text": "Hi {{CUSTOMER_NAME}}!", "field_rules": BY_SOCIOCS} | fields
    return world.a_campaign(channel, people, **values)


@pytest.mark.both_databases
@pytest.mark.django_db
def test_names_left_to_sociocs_make_one_text_for_everybody_who_has_one() -> None:
    campaign = named_by_sociocs(["Ann", "Bo", "", "Cy"])

    survey = personal_texts.survey(campaign, None, timezone.now())
    world.launched(campaign)

    assert (survey.handed_over.distinct, survey.texts.distinct, survey.jobs) == (2, 4, 2)
    texts = campaign.submissions.order_by("seq").values_list("text", "recipient_count")
    assert list(texts) == [("Hi {{name}}!", 3), ("Hi there!", 1)]


@pytest.mark.django_db
def test_braces_of_a_persons_own_never_pass_for_ours() -> None:
    campaign = named_by_sociocs(["Ann", "{{name}}", "{{SECRET}}"])

    survey = personal_texts.survey(campaign, None, timezone.now())
    launch.launch(campaign, world.confirmed(campaign, survey.count.people))
    launch.freeze(campaign.pk)
    campaign.refresh_from_db()

    assert survey.count.left_out == {"braces_left": 2} == campaign.left_out
    assert survey.texts.people == survey.count.people == 1
    assert {one.text for one in campaign.submissions.all()} == {"Hi {{name}}!"}


@pytest.mark.django_db
def test_a_name_of_any_length_has_to_fit() -> None:
    text = "x" * 1500 + "{{CUSTOMER_NAME}}"
    survey = personal_texts.survey(named_by_sociocs(["Ann"], text=text), None, timezone.now())
    assert survey.count.left_out == {"text_too_long": 1}


@pytest.mark.django_db
def test_an_account_that_no_longer_fills_in_names_stops_the_launch() -> None:
    campaign = named_by_sociocs(["Ann"])
    assert not readiness.launch_problems(campaign)
    assert campaign.channel is not None
    campaign.channel.account.name_placeholder = ""
    campaign.channel.account.save()
    assert [one.field for one in readiness.launch_problems(campaign)] == ["name_by_sociocs"]
