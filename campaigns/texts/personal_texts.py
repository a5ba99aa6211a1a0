"""Texts with dynamic fields over a whole audience: what they make of it, and who gets which.

A bulk job has one text, so people with equal texts share jobs. When the audience is frozen, each
person is moved behind those with the same text (`AudiencePosition`); whoever cannot get a proper
text keeps a row that says why. Texts in which nothing depends on the person need none of this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count

from campaigns.audiences import audience
from campaigns.audiences.audience import AudienceCount
from campaigns.audiences.position import (
    FIRST_WITH_TEXT,
    TEXT_START,
    WITHOUT_TEXT,
    AudiencePosition,
)
from campaigns.models import Campaign, CampaignRecipient, Message, RenderedText
from campaigns.moves import locked_campaign
from campaigns.states import CampaignState
from campaigns.texts import whatsapp_templates
from campaigns.texts.date_masks import Calendar
from campaigns.texts.dynamic_fields import Program, parse_text
from campaigns.texts.empty_fields import EmptyFields, lackable
from campaigns.texts.outside_values import constants_of, outside_values
from campaigns.texts.rendering import (
    Missing,
    Person,
    Renderer,
    RenderRules,
    TextLimits,
    TextTally,
    person_of,
)
from campaigns.texts.sms_segments import segments
from teams.models import User

CHUNK = 20_000


class TooManyTexts(Exception):
    """An audience gets more different texts than settings.MAX_DISTINCT_TEXTS."""


@dataclass(frozen=True, slots=True)
class FieldRules:
    """What a campaign says about its fields, as its `field_rules` keep it.

    `fallbacks`: what is written for whom a field is empty; whoever lacks any other field is left
    out. `day_first` tells 03/04/2026 apart; None leaves out whoever has such a date.
    `name_placeholder`: how Sociocs is asked to fill in people's names; "": names are written here.
    """

    fallbacks: Mapping[str, str] = field(default_factory=dict)
    day_first: bool | None = None
    name_placeholder: str = ""

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `to_json` made; {} gives the defaults."""
        fallbacks = dict(stored.get("fallbacks", {}))
        return cls(fallbacks, stored.get("day_first"), stored.get("name_placeholder", ""))

    def to_json(self) -> dict[str, Any]:
        """Return the rules as JSON values; without any, {}."""
        stored: dict[str, Any] = {"fallbacks": dict(self.fallbacks)} if self.fallbacks else {}
        if self.day_first is not None:
            stored["day_first"] = self.day_first
        if self.name_placeholder:
            stored["name_placeholder"] = self.name_placeholder
        return stored


@dataclass(frozen=True, slots=True)
class Survey:
    """What an audience would get: who, who not and why, how long the texts are, how many jobs."""

    count: AudienceCount
    texts: TextTally
    # The texts as they are handed over: fewer than people read where Sociocs fills in the names.
    handed_over: TextTally
    jobs: int
    empty: EmptyFields
    one_by_one: bool = False

    @property
    def has_too_many_texts(self) -> bool:
        """Whether launching would be refused for the number of different texts."""
        return not self.one_by_one and self.handed_over.distinct > settings.MAX_DISTINCT_TEXTS


def renderer_of(
    campaign: Campaign, program: Program, rules: FieldRules, sender: User | None, at: datetime
) -> Renderer:
    """Renders for this campaign as sent by `sender` at `at`. Raises ValueError for a faulty text.

    "Today" and "Tomorrow" are counted from `at`, in the campaign's zone.
    """
    zone = ZoneInfo(campaign.time_zone or campaign.team.time_zone)
    calendar = Calendar(zone, at.astimezone(zone).date(), rules.day_first)
    # Of all values, only these may hold what parts a template's: lists are read without it.
    constants = {
        name: value.replace(whatsapp_templates.SEPARATOR, " ")
        for name, value in constants_of(campaign, sender).items()
    }
    given = RenderRules(constants, rules.fallbacks, calendar, rules.name_placeholder)
    return Renderer(program, given)


def source_of(content: Campaign | Message) -> str:
    """The text that is rendered for each person: of a template, its variables' values."""
    return whatsapp_templates.read(content.template).source if content.template else content.text


def outside_values_of(campaign: Campaign, sender: User | None) -> dict[str, str]:
    """What its text takes from elsewhere if `sender` launches it, or has launched it."""
    return outside_values(campaign, parse_text(source_of(campaign)), sender)


def rules_of(content: Campaign | Message) -> FieldRules:
    """Its rules; Sociocs fills in names in bulk jobs at most, never in messages of their own."""
    rules = FieldRules.from_json(content.field_rules)
    return replace(rules, name_placeholder="") if content.one_by_one else rules


def text_limits(campaign: Campaign, media_url: str, rules: FieldRules) -> TextLimits:
    """What the campaign's channel takes."""
    assert campaign.channel is not None
    able = campaign.channel.capabilities
    if campaign.template:
        return template_limits(able.max_template_text_length or 0, campaign.template)
    return TextLimits(able.max_text_length, bool(media_url), rules.name_placeholder)


def template_limits(characters: int, template: Mapping[str, Any]) -> TextLimits:
    """What a template's own text and its variables may come to together, for each person.

    It has words of its own, so it may have no variables, but WhatsApp takes no empty one.
    """
    written = whatsapp_templates.read(template)
    separator = whatsapp_templates.SEPARATOR if written.names else ""
    fixed, times = whatsapp_templates.body_length(written)
    return TextLimits(characters, has_media=True, separator=separator, fixed=fixed, times=times)


# --- Before the launch ----------------------------------------------------------------------------


def survey(
    campaign: Campaign,
    sender: User | None,
    at: datetime,
    people: Iterator[list[audience.PersonRow]] | None = None,
) -> Survey:
    """Render a draft for everybody who would be frozen now, and count. Keeps no text.

    `people`: them in chunks, where the caller watches them being read.
    Raises ValueError for a text with faults. Of a text that is the same for everybody, nobody is
    looked at; otherwise 1,000,000 people take some seconds.
    """
    rules, program = rules_of(campaign), parse_text(source_of(campaign))
    read, handed = replace(rules, name_placeholder=""), rules
    renderer = renderer_of(campaign, program, read, sender, at)
    chunks = people or audience.chunks_of_people(campaign)
    counted = audience.count_audience(campaign)
    texts = TextTally(text_limits(campaign, campaign.media_url, handed))
    handed_over, empty = texts, EmptyFields(lackable(program))
    if renderer.constant is not None:
        texts.add_constant(counted.people, renderer.constant)
    elif handed.name_placeholder:
        handed_over = TextTally(texts.limits)
        both = (renderer, renderer_of(campaign, program, handed, sender, at))
        _tally_both(both, (texts, handed_over), chunks, empty)
    else:
        for keys, rendered in _rendered(renderer, chunks, empty):
            for key, text in zip(keys, rendered, strict=True):
                texts.add(key, text)
    left_out = counted.left_out | dict(handed_over.by_reason)
    count = AudienceCount(counted.rows, handed_over.people, left_out)
    jobs = handed_over.jobs(campaign.largest_job)
    if campaign.one_by_one:
        jobs = count.people
    return Survey(count, texts, handed_over, jobs, empty, campaign.one_by_one)


def _tally_both(
    renderers: tuple[Renderer, Renderer],
    tallies: tuple[TextTally, TextTally],
    chunks: Iterator[list[audience.PersonRow]],
    empty: EmptyFields,
) -> None:
    """Count what people read and what is handed over; who gets nothing of this reads nothing."""
    for rows in chunks:
        keys, people = _people(rows)
        empty.look(keys, people)
        both = zip(*(renderer.render_each(people) for renderer in renderers), strict=True)
        for key, (text, handed) in zip(keys, both, strict=True):
            is_out = isinstance(handed, Missing) or tallies[1].limits.refusal(handed) is not None
            tallies[1].add(key, handed)
            if not is_out:
                tallies[0].add(key, text)


def _people(rows: list[audience.PersonRow]) -> tuple[list[int], list[Person]]:
    keys = [row[0] for row in rows]
    return keys, [person_of(phone, name, orjson.loads(raw)) for _, phone, name, raw in rows]


def _rendered(
    renderer: Renderer,
    chunks: Iterator[list[audience.PersonRow]],
    empty: EmptyFields | None = None,
) -> Iterator[tuple[list[int], list[str | Missing]]]:
    """(keys, texts) of each chunk, in the order of its rows; `empty` looks at everybody too."""
    for rows in chunks:
        keys, people = _people(rows)
        if empty is not None:
            empty.look(keys, people)
        yield keys, list(renderer.render_each(people))


# --- At the launch --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Placed:
    """A chunk's rows: their keys, the number of each one's text, and why a person is left out."""

    keys: list[int] = field(default_factory=list)
    texts: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def launched_renderer(campaign: Campaign) -> Renderer:
    """Renders the message of a launched campaign, as the person who launched it."""
    assert campaign.message is not None
    assert campaign.send_at is not None
    rules = rules_of(campaign.message)
    program = parse_text(source_of(campaign.message))
    return renderer_of(campaign, program, rules, campaign.launched_by, campaign.send_at)


def place_chunk(campaign_id: int) -> bool:
    """Render the next chunk of a frozen audience and move people to their texts; True when done.

    Safe to repeat at any time: whoever was moved is not looked at again. Raises TooManyTexts.
    """
    with transaction.atomic():
        campaign = locked_campaign(campaign_id)
        if campaign.state != CampaignState.FREEZING:
            return True
        renderer = launched_renderer(campaign)
        if renderer.constant is not None:
            return True
        rows = _unplaced(campaign.pk)
        if not rows:
            return True
        assert campaign.message is not None
        placed = _placed(campaign, campaign.message, _rendered(renderer, iter([rows])))
        _move(placed)
        left_out = Counter(reason for reason in placed.reasons if reason)
        campaign.frozen_count -= left_out.total()
        campaign.left_out = dict(Counter(campaign.left_out) + left_out)
        campaign.save(update_fields=["frozen_count", "left_out"])
    return False


def _unplaced(campaign_id: int) -> list[audience.PersonRow]:
    people = CampaignRecipient.objects.filter(campaign_id=campaign_id, position__lt=FIRST_WITH_TEXT)
    rows = people.order_by("position").annotate(raw=audience.json_as_text("fields"))
    return list(rows.values_list("pk", "phone", "name", "raw")[:CHUNK])


def _placed(
    campaign: Campaign,
    message: Message,
    rendered: Iterator[tuple[list[int], list[str | Missing]]],
) -> _Placed:
    """Give each person a text; those that were not seen before get a number and are stored.

    Where everybody gets a message of their own, all of them have number 1, and none is stored.
    """
    limits = text_limits(campaign, message.media_url, rules_of(message))
    numbers = dict(message.rendered_texts.values_list("text", "number"))
    stored = len(numbers)
    placed = _Placed()
    for keys, texts in rendered:
        placed.keys += keys
        for text in texts:
            missing = text if isinstance(text, Missing) else None
            if isinstance(text, str) and text not in numbers:
                missing = limits.refusal(text)
                if missing is None:
                    numbers[text] = len(numbers) + 1
            is_out = missing is not None
            number = 1 if campaign.one_by_one else numbers.get(str(text), WITHOUT_TEXT)
            placed.texts.append(WITHOUT_TEXT if is_out else number)
            placed.reasons.append(missing.reason.value if missing is not None else "")
    if campaign.one_by_one:
        return placed
    if len(numbers) > settings.MAX_DISTINCT_TEXTS:
        raise TooManyTexts
    RenderedText.objects.bulk_create(
        RenderedText(message=message, number=number, text=text, segments=segments(text))
        for text, number in list(numbers.items())[stored:]
    )
    return placed


def _move(placed: _Placed) -> None:
    """Write the rows' new positions and reasons."""
    table = connection.ops.quote_name(CampaignRecipient._meta.db_table)
    start_of = {text: AudiencePosition(text).pack() for text in set(placed.texts)}
    bases = [start_of[text] for text in placed.texts]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"UPDATE {table} AS r SET position = r.position + v.base, left_out = v.reason "  # noqa: S608
                "FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS v(id, base, reason) "
                "WHERE r.id = v.id",
                [placed.keys, bases, placed.reasons],
            )
        else:
            cursor.executemany(
                f"UPDATE {table} SET position = position + %s, left_out = %s WHERE id = %s",  # noqa: S608
                list(zip(bases, placed.reasons, placed.keys, strict=True)),
            )


def count_people(campaign: Campaign) -> None:
    """Note how many people each text of a frozen campaign has; the caller's transaction."""
    assert campaign.message is not None
    texts = list(campaign.message.rendered_texts.all())
    if not texts:
        return
    people = CampaignRecipient.objects.filter(campaign=campaign, left_out="")
    counted = (
        people.annotate(start=TEXT_START)
        .values("start")
        .annotate(people=Count("pk"))
        .values_list("start", "people")
    )
    by_number = {AudiencePosition.unpack(start).text: people for start, people in counted}
    for text in texts:
        text.recipient_count = by_number.get(text.number, 0)
    RenderedText.objects.bulk_update(texts, ["recipient_count"], batch_size=500)


def texts_of(campaign: Campaign) -> dict[int, str]:
    """The texts of a frozen campaign by their number (`AudiencePosition.text`)."""
    assert campaign.message is not None
    constant = launched_renderer(campaign).constant
    if constant is not None:
        refused = isinstance(constant, Missing) or text_limits(
            campaign,
            campaign.message.media_url,
            rules_of(campaign.message),
        ).refusal(constant)
        return {} if refused else {0: str(constant)}
    if campaign.one_by_one:
        # Each submission is given its own (`one_by_one.write_texts`).
        return {1: ""}
    return dict(campaign.message.rendered_texts.values_list("number", "text"))


def drop_texts(campaign: Campaign) -> None:
    """Delete the rendered texts of a campaign that goes back to being a draft."""
    RenderedText.objects.filter(message__campaign=campaign).delete()
