"""Texts with dynamic fields: read once into a flat program, or into what is wrong and where.

Fields are `{{Name}}`, case-sensitive: four that everybody has and every column of the lists. The
helpers are the vendor's (docs.sociocs.com/miscellaneous/dynamic-fields), and blocks nest as in the
Handlebars language they come from:

    {{#dateFormat "dddd, mmmm d"}}{{Date}}{{/dateFormat}}
    {{#ifeq "A" Place}}…{{else ifeq "B" Place}}…{{else}}…{{/ifeq}}
    {{#contains (arr "A" "B") Place}}…{{else}}…{{/contains}}

A text is data, never code: `campaigns.texts.rendering` walks the program with one person's
values, which are put in as they are and never read again. `static/js/fields.js` does the same in
the browser.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from functools import lru_cache
from typing import NamedTuple

from campaigns.texts.date_masks import Mask, UnknownLetters, read_mask

CUSTOMER_NAME = "CUSTOMER_NAME"
# Begins with the country code, without the "+".
PHONE_NUMBER = "PHONE_NUMBER"
BUSINESS_NAME = "BUSINESS_NAME"
SENDER_NAME = "SENDER_NAME"
PREDEFINED = (CUSTOMER_NAME, PHONE_NUMBER, BUSINESS_NAME, SENDER_NAME)

DATE_FORMAT, IF_EQUAL, CONTAINS = "dateFormat", "ifeq", "contains"
HELPERS = (DATE_FORMAT, IF_EQUAL, CONTAINS)


class FaultCode(StrEnum):
    """What is wrong with a text; `campaigns.texts.field_sentences` has the words."""

    UNCLOSED = "unclosed"
    NOT_OPENED = "not_opened"
    TOO_MANY_BRACES = "too_many_braces"
    EMPTY = "empty"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_HELPER = "unknown_helper"
    WRONG_USE = "wrong_use"
    BAD_MASK = "bad_mask"
    BLOCK_NOT_CLOSED = "block_not_closed"
    CLOSES_NOTHING = "closes_nothing"
    ELSE_OUTSIDE = "else_outside"
    ELSE_TWICE = "else_twice"
    DATE_WITHOUT_FIELD = "date_without_field"


@dataclass(frozen=True, slots=True)
class TextFault:
    """One fault from `start` to `end` (code points from 0, end exclusive).

    `word` is what was found there (a name, a helper, letters), `instead` what was perhaps meant.
    """

    code: FaultCode
    start: int
    end: int
    word: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True)
class FieldUse:
    """A field that a text names, in the tag from `start` to `end`."""

    name: str
    start: int
    end: int


class StepKind(Enum):
    """What a step of a program does."""

    TEXT = auto()
    FIELD = auto()
    DATE = auto()
    # Go on at `target` unless the field has one of the values.
    UNLESS = auto()
    JUMP = auto()


class ProgramStep(NamedTuple):
    """One step: `text` is what is written (TEXT) or the field that is looked at."""

    kind: StepKind
    text: str = ""
    mask: Mask | None = None
    values: tuple[str, ...] = ()
    target: int = 0


@dataclass(frozen=True, slots=True)
class Program:
    """A text that was read. Only one without `faults` can be rendered. Jumps lead forward only."""

    text: str
    steps: tuple[ProgramStep, ...]
    uses: tuple[FieldUse, ...]
    faults: tuple[TextFault, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it names, each once, in their order."""
        return tuple(dict.fromkeys(use.name for use in self.uses))

    @property
    def written_fields(self) -> tuple[str, ...]:
        """The fields whose values are written, not only compared: those a person may lack."""
        written = (step.text for step in self.steps if step.kind in {StepKind.FIELD, StepKind.DATE})
        return tuple(dict.fromkeys(written))

    def unknown(self, known: Collection[str]) -> list[TextFault]:
        """A fault for each use of a field that is neither predefined nor in `known`."""
        names = {*PREDEFINED, *known}
        return [
            TextFault(
                FaultCode.UNKNOWN_FIELD, use.start, use.end, use.name, _alike(use.name, names)
            )
            for use in self.uses
            if use.name not in names
        ]

    def shortest(self) -> int:
        """The fewest characters it can make of a person with values of one character."""
        lengths = [0] * (len(self.steps) + 1)
        for place in range(len(self.steps) - 1, -1, -1):
            step, rest = self.steps[place], lengths[place + 1]
            if step.kind is StepKind.TEXT:
                lengths[place] = len(step.text) + rest
            elif step.kind is StepKind.JUMP:
                lengths[place] = lengths[step.target]
            elif step.kind is StepKind.UNLESS:
                lengths[place] = min(rest, lengths[step.target])
            else:
                lengths[place] = 1 + rest
        return lengths[0]


def tags(text: str) -> Iterator[tuple[int, int]]:
    """Where the `{{…}}` of a text are, (start, end) in their order, whatever is in them."""
    return (match.span() for match in _TAG.finditer(text))


def _alike(name: str, names: Collection[str]) -> str:
    """The one known name that differs only in case, spaces or underscores; else ""."""

    def bare(one: str) -> str:
        return re.sub("[ _-]", "", one).lower()

    alike = sorted(one for one in names if bare(one) == bare(name))
    return alike[0] if len(alike) == 1 else ""


# --- Reading --------------------------------------------------------------------------------------

# A whole tag; else braces that open without closing, are too many, or close without opening.
_TAG = re.compile(r"\{\{([^{}]*)\}\}(?!\})|\{\{+[^{}\n]*\}*|\}\}+")
# How much of an unclosed tag is shown as wrong: its first word, not the rest of the line.
_UNCLOSED = re.compile(r"\{\{[ \t\u00a0]*[^ \t\u00a0{}]*\}?")
_SPACES = " \t\r\n\u00a0"
_S = f"[{_SPACES}]"
_NAME_REST = re.compile(rf"([^{_SPACES}\"'(]*){_S}*([\s\S]*)")
# Straight quotes, \" within them, or the curly ones that phones and word processors make of them.
_VALUE = r"""(?:"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)'|[“”„]([^“”„]*)[“”„])"""
_ONE_VALUE = re.compile(_VALUE)
_MASK = re.compile(rf"{_VALUE}{_S}*")
_EQUAL = re.compile(rf"{_VALUE}{_S}+([^\"'“”„{_SPACES}][\s\S]*)")
_AMONG = re.compile(rf"\({_S}*arr((?:{_S}+{_VALUE})+){_S}*\){_S}*([\s\S]+)")
# A helper that was written like a field, without its "#".
_BARE_HELPER = re.compile(rf"({'|'.join(HELPERS)}){_S}*[(\"'“”„][\s\S]*")


@lru_cache(maxsize=128)
def parse_text(text: str) -> Program:
    """Read a text. Never raises: what is wrong is in `faults`, in the order of the text."""
    parser = _Parser(text)
    end = 0
    for match in _TAG.finditer(text):
        parser.write(text[end : match.start()])
        end = match.end()
        if match[1] is None:
            parser.braces(match[0], match.start(), end)
        else:
            parser.tag(match[1].strip(_SPACES), match.start(), end)
    parser.write(text[end:])
    parser.finish()
    faults = sorted(parser.faults, key=lambda fault: (fault.start, fault.end))
    return Program(text, tuple(parser.steps), tuple(parser.uses), tuple(faults))


@dataclass(slots=True)
class _Block:
    """An open block: its tag, the jump that leads to its next branch, and those to its end."""

    helper: str
    start: int
    end: int
    first_step: int
    next_branch: int | None = None
    exits: list[int] = field(default_factory=list)
    has_else: bool = False
    mask: Mask | None = None


class _Parser:
    """Collects the steps of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.steps: list[ProgramStep] = []
        self.uses: list[FieldUse] = []
        self.faults: list[TextFault] = []
        self._blocks: list[_Block] = []

    def write(self, text: str) -> None:
        if text:
            self.steps.append(ProgramStep(StepKind.TEXT, text))

    def braces(self, found: str, start: int, end: int) -> None:
        if found.startswith("}"):
            self._fault(FaultCode.NOT_OPENED, start, end)
        elif found.startswith("{{{") or found.endswith("}}}"):
            self._fault(FaultCode.TOO_MANY_BRACES, start, end, found)
        else:
            shown = _UNCLOSED.match(found)
            assert shown is not None
            word = shown[0].strip("{}" + _SPACES)
            self._fault(FaultCode.UNCLOSED, start, start + shown.end(), word)

    def tag(self, inner: str, start: int, end: int) -> None:
        if not inner:
            self._fault(FaultCode.EMPTY, start, end)
        elif inner.startswith("#"):
            self._open(*_split(inner[1:].lstrip(_SPACES)), start, end)
        elif inner.startswith("/"):
            self._close(inner[1:].strip(_SPACES), start, end)
        elif _split(inner)[0] == "else":
            self._else(_split(inner)[1], start, end)
        elif bare := _BARE_HELPER.fullmatch(inner):
            self._fault(FaultCode.WRONG_USE, start, end, bare[1])
        else:
            self.steps.append(ProgramStep(StepKind.FIELD, self._use(inner, start, end)))

    def finish(self) -> None:
        for block in self._blocks:
            self._fault(FaultCode.BLOCK_NOT_CLOSED, block.start, block.end, block.helper)

    def _fault(
        self, code: FaultCode, start: int, end: int, word: str = "", instead: str = ""
    ) -> None:
        self.faults.append(TextFault(code, start, end, word, instead))

    def _use(self, name: str, start: int, end: int) -> str:
        # Names of columns have single spaces (recipients.files.columns).
        name = re.sub(f"{_S}+", " ", name)
        self.uses.append(FieldUse(name, start, end))
        return name

    # --- Blocks ---

    def _open(self, helper: str, rest: str, start: int, end: int) -> None:
        block = _Block(helper, start, end, len(self.steps))
        self._blocks.append(block)
        if helper == DATE_FORMAT:
            block.mask = self._mask(rest, start, end)
        elif helper in HELPERS:
            block.next_branch = self._condition(helper, rest, start, end)
        else:
            alike = _alike(helper, HELPERS)
            self._fault(FaultCode.UNKNOWN_HELPER, start, end, helper, alike)

    def _mask(self, rest: str, start: int, end: int) -> Mask | None:
        match = _MASK.fullmatch(rest)
        text = _values(match[0])[0] if match else ""
        if not text.strip(_SPACES):
            self._fault(FaultCode.WRONG_USE, start, end, DATE_FORMAT)
            return None
        try:
            return read_mask(text)
        except UnknownLetters as unknown:
            self._fault(FaultCode.BAD_MASK, start, end, unknown.letters, unknown.instead)
            return None

    def _condition(self, helper: str, rest: str, start: int, end: int) -> int | None:
        """Add the step that leaves this branch; its place, or None when it cannot be read."""
        match = (_EQUAL if helper == IF_EQUAL else _AMONG).fullmatch(rest)
        if not match:
            self._fault(FaultCode.WRONG_USE, start, end, helper)
            return None
        # The field's name is the last group; the values stand before it.
        name = self._use(match[match.re.groups].rstrip(_SPACES), start, end)
        values = tuple(_values(rest[: match.start(match.re.groups)]))
        self.steps.append(ProgramStep(StepKind.UNLESS, name, values=values))
        return len(self.steps) - 1

    def _else(self, rest: str, start: int, end: int) -> None:
        block = self._blocks[-1] if self._blocks else None
        if block is None or block.helper == DATE_FORMAT:
            self._fault(FaultCode.ELSE_OUTSIDE, start, end)
            return
        if block.has_else:
            self._fault(FaultCode.ELSE_TWICE, start, end)
            return
        block.exits.append(len(self.steps))
        self.steps.append(ProgramStep(StepKind.JUMP))
        self._lead_here(block)
        if not rest:
            block.has_else = True
            return
        helper, rest = _split(rest)
        if helper in {IF_EQUAL, CONTAINS}:
            block.next_branch = self._condition(helper, rest, start, end)
        else:
            self._fault(FaultCode.UNKNOWN_HELPER, start, end, helper, _alike(helper, HELPERS))

    def _close(self, helper: str, start: int, end: int) -> None:
        if helper not in {block.helper for block in self._blocks}:
            self._fault(FaultCode.CLOSES_NOTHING, start, end, helper)
            return
        block = self._blocks.pop()
        while block.helper != helper:
            self._fault(FaultCode.BLOCK_NOT_CLOSED, block.start, block.end, block.helper)
            block = self._blocks.pop()
        if block.helper == DATE_FORMAT:
            self._finish_date(block, end)
            return
        self._lead_here(block)
        for place in block.exits:
            self.steps[place] = self.steps[place]._replace(target=len(self.steps))

    def _lead_here(self, block: _Block) -> None:
        if block.next_branch is not None:
            step = self.steps[block.next_branch]
            self.steps[block.next_branch] = step._replace(target=len(self.steps))
            block.next_branch = None

    def _finish_date(self, block: _Block, end: int) -> None:
        body = self.steps[block.first_step :]
        named = [step.text for step in body if step.kind is StepKind.FIELD]
        others = [step for step in body if step.kind is not StepKind.FIELD]
        if len(named) != 1 or any(
            s.kind is not StepKind.TEXT or s.text.strip(_SPACES) for s in others
        ):
            self._fault(FaultCode.DATE_WITHOUT_FIELD, block.start, end)
            return
        del self.steps[block.first_step :]
        self.steps.append(ProgramStep(StepKind.DATE, named[0], mask=block.mask))


def _split(inner: str) -> tuple[str, str]:
    """The first word and the rest."""
    match = _NAME_REST.fullmatch(inner)
    assert match is not None
    return match[1], match[2]


def _values(text: str) -> list[str]:
    """The quoted values in a piece of a tag, in their order."""
    values = []
    for match in _ONE_VALUE.finditer(text):
        double, single, curly = match.groups()
        if double is not None:
            values.append(double.replace('\\"', '"'))
        elif single is not None:
            values.append(single.replace("\\'", "'"))
        else:
            values.append(curly)
    return values
