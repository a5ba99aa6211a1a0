"""Rendering a text for one person after the other, and counting what comes out.

One pass: a person's values are put in as they are and never read again, so that a value with
`{{…}}` or `%s` in it stays what it is. Whoever cannot get a proper text is left out with a reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter

from campaigns.texts.date_masks import Calendar, Mask
from campaigns.texts.dynamic_fields import (
    CUSTOMER_NAME,
    PHONE_NUMBER,
    Program,
    ProgramStep,
    StepKind,
)
from campaigns.texts.sms_segments import segments

_BLANK = " \t\r\n\u00a0"
_OPENING = "{{"
# As long as a name may be (`CampaignRecipient.name`).
LONGEST_NAME = 200


class LeftOut(StrEnum):
    """Why a person gets no text. Stored with them and counted; rename none."""

    MISSING_VALUE = "missing_value"
    UNREADABLE_DATE = "unreadable_date"
    NO_TEXT = "no_text"
    TEXT_TOO_LONG = "text_too_long"
    BRACES_LEFT = "braces_left"
    EMPTY_VARIABLE = "empty_variable"


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a person gets no text; `field` is the one to blame, if any."""

    reason: LeftOut
    field: str = ""


@dataclass(frozen=True, slots=True)
class RenderRules:
    """How a text is rendered, apart from the people.

    `constants`: fields that are the same for everybody. `fallbacks`: what is written where a person
    has no value for a field; whoever lacks any other field is left out. `name_placeholder`: what is
    written instead of a person's name, for Sociocs to fill in. None touches conditions: a missing
    value equals only "".
    """

    constants: Mapping[str, str] = field(default_factory=dict)
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)
    name_placeholder: str = ""


Person = Mapping[str, str]


def person_of(phone: str, name: str, fields: dict[str, str]) -> Person:
    """A person's values by field. Takes over `fields`; the predefined ones come before columns."""
    fields[CUSTOMER_NAME] = name
    fields[PHONE_NUMBER] = phone[1:]
    return fields


class Renderer:
    """A program made ready for many people. The program must be without faults."""

    def __init__(self, program: Program, rules: RenderRules) -> None:
        if program.faults:
            raise ValueError("a text with faults cannot be rendered")
        self._rules = rules
        self._steps = [self._with_constants(*one) for one in enumerate(program.steps, start=1)]
        self._dates = {step.mask: self._date_writer(step.mask) for step in self._steps if step.mask}
        kinds = {step.kind for step in self._steps}
        # The text that everybody gets, where nothing in it depends on the person.
        self.constant = self.render({}) if kinds <= {StepKind.TEXT, StepKind.JUMP} else None
        self._is_straight = (
            kinds <= {StepKind.TEXT, StepKind.FIELD, StepKind.DATE} and not rules.name_placeholder
        )

    def _with_constants(self, following: int, step: ProgramStep) -> ProgramStep:
        """The step, or what it comes to where its field is the same for everybody."""
        value = self._rules.constants.get(step.text)
        if value is None or step.kind is StepKind.TEXT:
            return step
        if step.kind is StepKind.UNLESS:
            return ProgramStep(
                StepKind.JUMP, target=following if value in step.values else step.target
            )
        if not value.strip(_BLANK):
            value = self._rules.fallbacks.get(step.text)
        elif step.mask:
            value = step.mask.write(value, self._rules.calendar)
        return step if value is None else ProgramStep(StepKind.TEXT, value)

    def _date_writer(self, mask: Mask) -> Callable[[str], str | None]:
        # A list has few different dates: most of a million people share theirs with somebody.
        calendar = self._rules.calendar
        return lru_cache(maxsize=4096)(lambda value: mask.write(value, calendar))

    def render_each(self, people: Iterable[Person]) -> Iterator[str | Missing]:
        """The text for each person, in their order."""
        if self.constant is not None:
            constant = self.constant
            return (constant for _person in people)
        return self._render_straight(people) if self._is_straight else map(self.render, people)

    def _render_straight(self, people: Iterable[Person]) -> Iterator[str | Missing]:
        """Fields between literal texts: fetched by one call and joined by another."""
        # Texts at the even places, values at the odd ones.
        pieces, fields = [""], []
        for step in self._steps:
            if step.kind is StepKind.TEXT:
                pieces[-1] += step.text
            else:
                pieces += ["", ""]
                fields.append(step)
        dates = [(place, self._dates[one.mask]) for place, one in enumerate(fields) if one.mask]
        values_of = _getter([step.text for step in fields])
        odd, strip, join = slice(1, None, 2), str.strip, "".join
        for person in people:
            try:
                values = values_of(person)
                if dates:
                    values = _with_dates(values, dates)
                if all(map(strip, values)):
                    pieces[odd] = values
                    yield join(pieces)
                    continue
            except (AttributeError, KeyError, TypeError):
                # A value is absent, is no string or no date.
                pass
            yield self.render(person)

    def render(self, person: Person) -> str | Missing:
        """The text for one person, or why there is none."""
        pieces = self.filled(person)
        if isinstance(pieces, Missing):
            return pieces
        return "".join([text for text, _is_value in pieces])

    def filled(self, person: Person) -> list[tuple[str, bool]] | Missing:
        """The same in pieces: (text, whether it stands for a field of the person's)."""
        pieces: list[tuple[str, bool]] = []
        steps, place = self._steps, 0
        while place < len(steps):
            kind, text, mask, values, target = steps[place]
            place += 1
            if kind is StepKind.TEXT:
                pieces.append((text, False))
            elif kind is StepKind.JUMP:
                place = target
            elif kind is StepKind.UNLESS:
                if _value(person, text) not in values:
                    place = target
            else:
                written = self._written(text, mask, _value(person, text))
                if isinstance(written, Missing):
                    return written
                pieces.append((written, True))
        return pieces

    def _written(self, name: str, mask: Mask | None, value: str) -> str | Missing:
        if not value.strip(_BLANK):
            fallback = self._rules.fallbacks.get(name)
            return Missing(LeftOut.MISSING_VALUE, name) if fallback is None else fallback
        if self._rules.name_placeholder and _OPENING in value:
            # Braces that come with a value are never let through with our own.
            return Missing(LeftOut.BRACES_LEFT, name)
        if mask is None:
            return self._rules.name_placeholder or value if name == CUSTOMER_NAME else value
        date = self._dates[mask](value)
        return Missing(LeftOut.UNREADABLE_DATE, name) if date is None else date


def _getter(names: Sequence[str]) -> Callable[[Person], Sequence[str]]:
    if len(names) == 1:
        # Of one name, itemgetter makes no tuple.
        name = names[0]
        return lambda person: (person[name],)
    values_of: Callable[[Person], Sequence[str]] = itemgetter(*names)
    return values_of


def _with_dates(
    values: Sequence[str], dates: Sequence[tuple[int, Callable[[str], str | None]]]
) -> Sequence[str]:
    """The values with those at the given places written as dates, "" for what is none."""
    changed = list(values)
    for place, write in dates:
        changed[place] = write(changed[place]) or ""
    return changed


def render_text(
    program: Program, person: Person, rules: RenderRules | None = None
) -> str | Missing:
    """Render one text for one person; for many people make one `Renderer`."""
    return Renderer(program, rules or RenderRules()).render(person)


def _value(person: Person, name: str) -> str:
    # Lists hold strings; a number or null could only come from outside of the import.
    value: object = person.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


# --- What may go out ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextLimits:
    """What a channel takes: code points at most, and whether media stand for an empty text.

    `name_placeholder` is let through: Sociocs puts a name of up to LONGEST_NAME in its place.
    `separator` stands between values none of which may be empty. They go into a text of the
    provider's with `fixed` characters of its own, in which each stands as often as `times` says.
    """

    characters: int
    has_media: bool = False
    name_placeholder: str = ""
    separator: str = ""
    fixed: int = 0
    times: tuple[int, ...] = ()

    def refusal(self, text: str) -> Missing | None:
        """Why a rendered text cannot be sent, None when it can."""
        if not text.strip() and not self.has_media:
            return Missing(LeftOut.NO_TEXT)
        if self.separator and not all(map(str.strip, text.split(self.separator))):
            return Missing(LeftOut.EMPTY_VARIABLE)
        rest, length = text, self._length(text)
        if self.name_placeholder and self.name_placeholder in text:
            rest = text.replace(self.name_placeholder, "")
            length = len(rest) + LONGEST_NAME * text.count(self.name_placeholder)
        if length > self.characters:
            return Missing(LeftOut.TEXT_TOO_LONG)
        # The vendor might read it as one of its own fields.
        return Missing(LeftOut.BRACES_LEFT) if _OPENING in rest else None

    def _length(self, text: str) -> int:
        if not self.separator:
            return self.fixed + len(text)
        values = text.split(self.separator)
        return self.fixed + sum(
            often * len(value) for often, value in zip(self.times, values, strict=True)
        )


# --- Counting what comes out ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spread:
    """SMS segments over all people: the fewest, the median, the most, and all together."""

    fewest: int
    typical: int
    most: int
    total: int

    @classmethod
    def of(cls, people_by_segments: Mapping[int, int]) -> Spread | None:
        """From {segments: people}; None without anybody."""
        people = sum(people_by_segments.values())
        if not people:
            return None
        middle, seen, typical = (people + 1) // 2, 0, 0
        for typical in sorted(people_by_segments):
            seen += people_by_segments[typical]
            if seen >= middle:
                break
        total = sum(count * number for count, number in people_by_segments.items())
        return cls(min(people_by_segments), typical, max(people_by_segments), total)


@dataclass(frozen=True, slots=True)
class Longest:
    """The text that takes the most units, and `key` of a person who gets it."""

    key: int
    text: str
    segments: int


@dataclass(slots=True)
class TextTally:
    """Counts rendered texts without keeping them.

    `people` get a text, `first` is the key of the first of them (None where all get the same).
    `by_reason` and `by_field` count those left out. Different texts are told apart up to
    `most_distinct`; `distinct` is then a lower bound, and `is_exact` false.
    """

    limits: TextLimits
    most_distinct: int = 100_000
    people: int = 0
    by_reason: Counter[str] = field(default_factory=Counter)
    by_field: Counter[str] = field(default_factory=Counter)
    by_segments: Counter[int] = field(default_factory=Counter)
    first: int | None = None
    longest: Longest | None = None
    is_exact: bool = True
    # People and segments of each text, by the text's hash: a million texts would not fit.
    _texts: dict[int, list[int]] = field(default_factory=dict)

    @property
    def distinct(self) -> int:
        """How many different texts there are."""
        return len(self._texts)

    @property
    def left_out_count(self) -> int:
        """People who get no text."""
        return self.by_reason.total()

    @property
    def spread(self) -> Spread | None:
        """Segments over all people who get a text."""
        return Spread.of(self.by_segments)

    def jobs(self, most_people: int) -> int:
        """How many jobs of at most `most_people` they make; a lower bound unless `is_exact`."""
        return sum(-(-people // most_people) for people, _segments in self._texts.values())

    def add(self, key: int, text: str | Missing) -> None:
        """Count what the person `key` gets."""
        if isinstance(text, Missing):
            self._leave_out(text, 1)
            return
        known = self._texts.get(hash(text))
        if known is not None:
            known[0] += 1
            self.people += 1
            self.by_segments[known[1]] += 1
            return
        refusal = self.limits.refusal(text)
        if refusal is not None:
            self._leave_out(refusal, 1)
            return
        self._add_new(key, text)

    def _add_new(self, key: int, text: str) -> None:
        needed = segments(text)
        if len(self._texts) < self.most_distinct:
            self._texts[hash(text)] = [1, needed]
        else:
            self.is_exact = False
        self.people += 1
        self.by_segments[needed] += 1
        if self.first is None:
            self.first = key
        longest = self.longest
        if longest is None or (needed, len(text)) > (longest.segments, len(longest.text)):
            self.longest = Longest(key, text, needed)

    def add_constant(self, people: int, text: str | Missing) -> None:
        """Count the one text that all of `people` people get."""
        if not people:
            return
        refusal = text if isinstance(text, Missing) else self.limits.refusal(text)
        if refusal is not None:
            self._leave_out(refusal, people)
            return
        assert isinstance(text, str)
        needed = segments(text)
        self.people += people
        self.by_segments[needed] += people
        self._texts[hash(text)] = [people, needed]

    def _leave_out(self, missing: Missing, people: int) -> None:
        self.by_reason[missing.reason.value] += people
        if missing.field:
            self.by_field[missing.field] += people
