"""What the message step shows besides the text: fields to insert, and what the text comes to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.audiences import selection
from campaigns.message import field_label
from campaigns.state_words import left_out_in_words
from campaigns.texts import date_masks, dynamic_fields, personal_texts, whatsapp_templates
from campaigns.texts.date_masks import Calendar
from campaigns.texts.dynamic_fields import CONTAINS, DATE_FORMAT, IF_EQUAL
from campaigns.texts.field_sentences import USAGE, browser_sentences
from campaigns.texts.personal_texts import FieldRules
from campaigns.texts.rendering import Spread, TextLimits
from composer import cost, figures, plan_making
from composer.figures import Figures, Saving
from composer.forms import ComposeForm
from composer.previewing import Ask, Move
from composer.views.compose_parts import selection_of, shown_lists
from interface.wording import number, people
from sending.one_by_one import one_by_one_refusal
from sociocs_accounts.models import Channel
from sociocs_gateway.providers import Medium
from teams.models import User

# Without a channel nothing is too long yet.
_NO_LIMIT = 1_000_000
# Of how many people the values tell whether a column holds days.
_LOOKED_AT_FOR_DAYS = 100


def whole_number(text: str | None) -> int:
    """A key or a place as a form sends it; 0 for what is none."""
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0


def asked(data: Mapping[str, str]) -> Ask:
    """Whom a posted form asks to see; nonsense asks for the person shown before."""
    verb, _dash, key = data.get("person", "").partition("-")
    words = data.get("person_words", "")[:200].replace("\x00", "")
    shown, place = whole_number(data.get("shown")), whole_number(data.get("place"))
    if verb == Move.GO:
        return Ask(Move.GO, whole_number(key), 0, words)
    if verb == Move.SEARCH:
        return Ask(Move.SEARCH, shown, place, words, after=whole_number(key))
    move = Move(verb) if verb in {Move.NEXT, Move.PREVIOUS} else Move.STAY
    return Ask(move, shown, place, words)


@dataclass(frozen=True, slots=True)
class Lacking:
    """A field that `people` of those looked at lack; `instead` is written for them, None: nothing.

    `key` is one of them.
    """

    name: str
    people: int
    instead: str | None
    key: int

    @property
    def label(self) -> str:
        """What the page calls the field."""
        return field_label(self.name)

    @property
    def in_words(self) -> SafeString:
        """`3 people have no City: left out.`, with the field in bold."""
        if self.instead is None:
            words = ngettext(
                "{n} person has no <b>{name}</b>: left out.",
                "{n} people have no <b>{name}</b>: left out.",
                self.people,
            )
        elif self.instead:
            words = ngettext(
                "{n} person has no <b>{name}</b>: they read “{text}”.",
                "{n} people have no <b>{name}</b>: they read “{text}”.",
                self.people,
            )
        else:
            words = ngettext(
                "{n} person has no <b>{name}</b>: its place stays empty.",
                "{n} people have no <b>{name}</b>: its place stays empty.",
                self.people,
            )
        return format_html(words, n=number(self.people), name=self.label, text=self.instead)


@dataclass(frozen=True, slots=True)
class Shown:
    """The figures as the page shows them, for the `total` of `rows` people who get a text.

    `is_sample`: only some people were looked at; `total`, `segments` and `cost` are estimates then.
    `advice` always comes from a sample. `asks_again_in`: seconds until the page looks for better
    figures, 0 for never.
    """

    figures: Figures
    advice: Figures
    is_sample: bool
    rows: int
    total: int
    is_sms: bool
    segments: int
    cost: cost.Cost | None
    lacking: list[Lacking]
    left_out: list[tuple[int, str]]
    most_texts: int
    # Whether everybody gets a message of their own, so that equal texts share nothing; or would,
    # if the texts differed too much for jobs.
    is_single: bool = False
    may_be_single: bool = False
    asks_again_in: int = 0
    asked: int = 0

    @property
    def spread(self) -> Spread | None:
        """Segments over those looked at."""
        return self.figures.spread

    @property
    def has_too_many_texts(self) -> bool:
        """Whether a launch would be refused for the number of different texts."""
        is_single = self.is_single or self.may_be_single
        return not is_single and self.figures.distinct > self.most_texts

    @property
    def reach_in_words(self) -> SafeString:
        """`about 940 of 1,000`, with the second number small."""
        words = (
            _("about {n}<small> of {rows}</small>")
            if self.is_sample
            else _("{n}<small> of {rows}</small>")
        )
        return format_html(words, n=number(self.total), rows=number(self.rows))

    @property
    def segments_in_words(self) -> str:
        """How many segments there are in all."""
        return self._estimated(number(self.segments))

    @property
    def cost_in_words(self) -> str:
        """What it costs; "" without a price."""
        return self._estimated(self.cost.total_in_words) if self.cost else ""

    @property
    def texts_in_words(self) -> str:
        """How many different texts there are."""
        count = number(self.figures.distinct)
        if self.is_sample or not self.figures.is_exact:
            return _("at least %(n)s") % {"n": count}
        return count

    def _estimated(self, figure: str) -> str:
        return _("about %(n)s") % {"n": figure} if self.is_sample else figure

    @property
    def dear(self) -> int:
        """How many of `sampled` people make their SMS dearer by what is written about them."""
        return self.advice.dear if self.is_sms else 0

    @property
    def sampled(self) -> int:
        """Of how many people the advice is made."""
        return self.advice.looked_at

    @property
    def saving(self) -> Saving | None:
        """How to save segments, if by little."""
        return self.advice.saving if self.is_sms else None

    @property
    def saved_people(self) -> int:
        """How many people it saves a segment for, of all."""
        if self.saving is None:
            return 0
        return self.saving.people * self.total // max(self.advice.people, 1)

    @property
    def saved(self) -> str:
        """What it saves in money; "" without a price."""
        if self.cost is None or self.cost.by_message:
            return ""
        return replace(self.cost, units=self.saved_people).total_in_words

    @property
    def saving_in_words(self) -> str:
        """`Removing 3 characters saves a segment for 40 people (2.80 USD).`; "" for nothing."""
        if self.saving is None:
            return ""
        count = self.saving.characters
        characters = ngettext("%(n)s character", "%(n)s characters", count) % {"n": number(count)}
        values = {"characters": characters, "people": people(self.saved_people)}
        if not self.saved:
            return _("Removing %(characters)s saves a segment for %(people)s.") % values
        values["money"] = self.saved
        return _("Removing %(characters)s saves a segment for %(people)s (%(money)s).") % values


def of_form(form: ComposeForm, user: User) -> dict[str, Any]:
    """The template's context for the whole message step."""
    # A large audience is surveyed once the page has come to rest and asks again.
    shown, _wants_worker = figures_shown(form, user, may_want=False)
    return {**field_choices(form), "sentences": browser_sentences(), "figures": shown}


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field to insert. `mask`: how its days are written, "" where it holds none.

    `is_clear`: all of them can be read in one way only.
    """

    name: str
    mask: str = ""
    is_clear: bool = False

    @property
    def label(self) -> str:
        """What its chip says."""
        return field_label(self.name)

    @property
    def tag(self) -> str:
        """As it stands in a text: a day as people write it, not as a spreadsheet keeps it."""
        field = f"{{{{{self.name}}}}}"
        return date_masks.written_by(self.mask, field) if self.mask else field


@dataclass(frozen=True, slots=True)
class Snippet:
    """A helper of Sociocs' to insert, written for `field`."""

    name: str
    label: str
    text: str
    field: str


def field_choices(form: ComposeForm) -> dict[str, Any]:
    """The fields that a text may name (the predefined ones and the lists' columns), and helpers."""
    chosen = selection.people_lists(form.choice())
    columns = selection.field_names_of(chosen)
    own = [name for name in columns if name not in dynamic_fields.PREDEFINED]
    masks = date_masks_of(form, own)
    clear = _clear_dates(form, masks)
    steps = dynamic_fields.parse_text(form.typed_source()).steps
    field = next(iter([*masks, *own]), dynamic_fields.CUSTOMER_NAME)
    labels = {
        DATE_FORMAT: _("A date…"),
        IF_EQUAL: _("Different words for some people…"),
        CONTAINS: _("Different words for one of several…"),
    }
    snippets = [
        Snippet(name, label, re.sub(r"\b(Date|Place)\b", lambda _name: field, USAGE[name]), field)
        for name, label in labels.items()
    ]
    of_lists = [dynamic_fields.CUSTOMER_NAME, *own, dynamic_fields.PHONE_NUMBER]
    of_team = [dynamic_fields.SENDER_NAME, dynamic_fields.BUSINESS_NAME]
    return {
        "fields": [FieldChoice(one, masks.get(one, ""), one in clear) for one in of_lists],
        "other_fields": [FieldChoice(one) for one in of_team],
        "unknown_fields": form.place_fields(of_lists + of_team),
        "snippets": snippets,
        "asks_for_days": any(
            step.kind is dynamic_fields.StepKind.DATE and step.text not in clear for step in steps
        ),
    }


def date_masks_of(form: ComposeForm, columns: Iterable[str]) -> dict[str, str]:
    """How to write the days of the columns that hold days alone, going by the people sampled."""
    picked = figures.sample_of(tuple(shown_lists(form)), selection_of(form))
    rows = [orjson.loads(raw) for _key, _phone, _name, raw in picked.people[:_LOOKED_AT_FOR_DAYS]]
    calendar = Calendar(day_first=form.rules().day_first)
    country = form.campaign.team.default_country
    masks = {}
    for column in columns:
        values = [value for row in rows if (value := str(row.get(column) or "").strip())]
        if values and (mask := date_masks.mask_for(values, calendar, country)):
            masks[column] = mask
    return masks


def _clear_dates(form: ComposeForm, columns: Iterable[str]) -> set[str]:
    """The columns of which every day is known to be readable in one way, if nobody chose one."""
    lists = tuple(shown_lists(form))
    picked = figures.sample_of(lists, selection_of(form))
    is_chosen = form.rules().day_first is not None
    if is_chosen or picked.rows_seen < sum(one.recipient_count for one in lists):
        return set()
    rows = [orjson.loads(raw) for _key, _phone, _name, raw in picked.people]
    values = {column: {str(row.get(column) or "") for row in rows} for column in columns}
    return {column for column, days in values.items() if not any(map(date_masks.is_two_ways, days))}


def figures_shown(
    form: ComposeForm, user: User, times_asked: int = 0, *, may_want: bool = True
) -> tuple[Shown | None, bool]:
    """(the figures for what the form says, whether a worker has to be nudged).

    None without people or with a text that cannot be rendered.
    """
    program, lists = dynamic_fields.parse_text(_source(form)), shown_lists(form)
    if program.faults or not _says_anything(form) or not lists:
        return None, False
    everybody, wants_worker = None, False
    if _is_saved(form):
        everybody, wants_worker = plan_making.figures_of(form.campaign, user, may_want=may_want)
    rows = sum(recipient_list.recipient_count for recipient_list in lists)
    picked = figures.sample_of(tuple(lists), selection_of(form))
    sample = _sampled(form, user, picked)
    is_whole = everybody is not None or picked.rows_seen >= rows
    people = everybody.looked_at if everybody else picked.share_of(rows)
    shown = _shown(form, everybody or sample, sample, people, is_sample=not is_whole)
    if not is_whole:
        # Less and less often, while nobody touches the page.
        shown = replace(shown, asks_again_in=min(3 * 2**times_asked, 60), asked=times_asked + 1)
    return shown, wants_worker


def _source(form: ComposeForm) -> str:
    """The text that is rendered for each person."""
    template = form.typed_template()
    return (
        whatsapp_templates.read(template).source if template else form.cleaned_data.get("text", "")
    )


def _says_anything(form: ComposeForm) -> bool:
    """Whether there is a message yet: a text, media, or a template that its channel can carry."""
    given, template = form.cleaned_data, form.typed_template()
    if not template:
        return bool(given.get("text") or given.get("media_url"))
    channel: Channel | None = given.get("channel")
    is_carried = channel is None or channel.capabilities.template_variables is not None
    return is_carried and any(template.values())


def _is_saved(form: ComposeForm) -> bool:
    """Whether the draft says what the form says, so that it can be surveyed as it is stored."""
    if not form.is_valid() or form.cleaned_data["channel"] is None:
        return False
    return form.stored_content == form.content()


def _sampled(form: ComposeForm, user: User, picked: figures.Sample) -> Figures:
    given, campaign, rules = form.cleaned_data, form.campaign, form.rules()
    program = dynamic_fields.parse_text(_source(form))
    template = form.typed_template()
    able = given["channel"].capabilities if given.get("channel") else None

    def limits_by(rules: FieldRules) -> TextLimits:
        if template:
            most = able.max_template_text_length or 0 if able else _NO_LIMIT
            return personal_texts.template_limits(most, template)
        most = able.max_text_length if able else _NO_LIMIT
        return TextLimits(most, bool(given.get("media_url")), rules.name_placeholder)

    def found(rules: FieldRules) -> Figures:
        renderer = personal_texts.renderer_of(campaign, program, rules, user, timezone.now())
        limits = limits_by(rules)
        return figures.of_people(renderer, program, limits, picked.people, campaign.largest_job)

    read = found(replace(rules, name_placeholder=""))
    if not rules.name_placeholder or form.goes_one_by_one:
        return read
    handed = found(rules)
    return replace(
        read,
        people=handed.people,
        left_out=handed.left_out,
        distinct=handed.distinct,
        jobs=handed.jobs,
    )


def _shown(
    form: ComposeForm, figures: Figures, sample: Figures, people: int, *, is_sample: bool
) -> Shown:
    given, team = form.cleaned_data, form.campaign.team
    channel: Channel | None = given.get("channel")
    template = form.typed_template()
    has_media = bool(given.get("media_kind") and given.get("media_url")) and not template
    if template:
        # Its words are the provider's: how long its values are says nothing.
        figures = replace(figures, longest=0)
    looked_at = max(figures.looked_at, 1)
    total = figures.people
    spread = figures.spread
    segments = spread.total if spread else 0
    if is_sample:
        total = people * figures.people // looked_at
        segments = people * segments // looked_at
    fallbacks = form.rules().fallbacks
    return Shown(
        figures=figures,
        advice=sample,
        is_sample=is_sample,
        rows=people,
        total=total,
        is_sms=not template and (channel is None or channel.capabilities.medium is Medium.SMS),
        segments=segments,
        cost=cost.cost_of(team, channel, has_media, messages=total, segments=segments)
        if channel
        else None,
        lacking=[
            Lacking(name, people, fallbacks.get(name), figures.somebody[name])
            for name, people in figures.empty.items()
        ],
        left_out=left_out_in_words(
            {why: n for why, n in figures.left_out.items() if why != "missing_value"}
        ),
        most_texts=settings.MAX_DISTINCT_TEXTS,
        is_single=form.goes_one_by_one,
        may_be_single=form.chooses_how_it_goes_out and not one_by_one_refusal(people),
    )
