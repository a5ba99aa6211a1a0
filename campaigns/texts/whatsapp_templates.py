"""Approved WhatsApp templates: what a person types about one, and what is sent of it.

A template's variables are little texts with dynamic fields. For rendering they are one text, the
values with a separator between, so a missing value means the same as in any other text: its
fallback, or the person is left out (`personal_texts`). What is sent to a person is kept as their
submission's text, a line for each variable.

What a campaign keeps is a copy: of a registered template (`campaigns.whatsapp_shelf`) it names that
one as `of`, and has what the phone shows around the text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from campaigns.problems import Problem
from campaigns.texts.dynamic_fields import parse_text
from campaigns.texts.field_sentences import fault_sentence
from sociocs_accounts.models import Channel
from sociocs_gateway.messages import Template, TemplateValues
from sociocs_gateway.providers import TemplateVariables

# A character that no template may contain and nobody types.
SEPARATOR = "\x1f"
SECTIONS = ("Header", "Body", "Buttons")
MEDIA = "MEDIA_URL"
MEDIA_KINDS = ("image", "video", "file")
LONGEST_ID = 200
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9 ]*(?:\.[A-Za-z_0-9 ]+)?|[0-9][A-Za-z_0-9]*")
PLACE = re.compile(r"\{\{\s*([A-Za-z_0-9]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Written:
    """A template as a draft has it: `values` are the texts of the variables called `names`.

    `faulty`: the lines that name no variable. `body` is the template's own text, for the preview.
    """

    id: str
    body: str
    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    faulty: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The values as one text to render."""
        return SEPARATOR.join(self.values)


def as_json(template_id: str, body: str, lines: str) -> dict[str, str]:
    """What a campaign keeps of a template, just as it was typed."""
    return {"id": template_id, "body": body, "variables": lines}


def read(kept: Mapping[str, Any]) -> Written:
    """What `as_json` kept, line by line: `1 = {{CUSTOMER_NAME}}`, `Body.1 = 09:30`."""
    names: list[str] = []
    values: list[str] = []
    faulty: list[str] = []
    for line in str(kept.get("variables", "")).splitlines():
        if not line.strip():
            continue
        name, equals, value = map(str.strip, line.replace(SEPARATOR, " ").partition("="))
        if not (equals and _NAME.fullmatch(name)) or name in names:
            faulty.append(line.strip())
            continue
        names.append(name)
        values.append(value)
    return Written(
        str(kept.get("id", "")).strip(),
        str(kept.get("body", "")),
        tuple(names),
        tuple(values),
        tuple(faulty),
    )


def one_line_each(rendered: str) -> str:
    """A rendered source as it is kept with a submission; templates take no line ends in values."""
    return "\n".join(" ".join(value.split()) for value in rendered.split(SEPARATOR))


def for_person(kept: Mapping[str, Any], text: str) -> Template:
    """What is sent to the person whose submission says `text`."""
    written = read(kept)
    values = text.split("\n") if written.names else []
    return Template(written.id, _nested(zip(written.names, values, strict=True)))


def _nested(pairs: Iterator[tuple[str, str]] | zip[tuple[str, str]]) -> TemplateValues:
    """`1` stands for itself; `Body.1` for 1 in the section Body."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        section, dot, key = name.partition(".")
        if dot:
            values.setdefault(section, {})[key] = value
        else:
            values[name] = value
    return values


def filled(kept: Mapping[str, Any], text: str) -> str:
    """The template's own text with a person's values in it; the values alone where nobody gave it.

    `text` as it is kept with a submission.
    """
    return "".join(piece for piece, _is_value in filled_pieces(kept, text))


def filled_pieces(kept: Mapping[str, Any], text: str) -> list[tuple[str, bool]]:
    """The same in pieces: (text, whether it is a person's value)."""
    written = read(kept)
    lines = text.split("\n") if written.names else []
    if not written.body.strip():
        assignments = [
            f"{name}: {value}" for name, value in zip(written.names, lines, strict=False)
        ]
        return [("\n".join([_("Template %(id)s") % {"id": written.id}, *assignments]), False)]
    values = dict(zip(written.names, lines, strict=False))
    short = {name.rpartition(".")[2]: value for name, value in values.items() if "Body." in name}
    known = {**values, **short}
    pieces: list[tuple[str, bool]] = []
    end = 0
    for place in PLACE.finditer(written.body):
        if place.group(1) in known:
            pieces += [(written.body[end : place.start()], False), (known[place.group(1)], True)]
            end = place.end()
    return [piece for piece in (*pieces, (written.body[end:], False)) if piece[0]]


def body_length(written: Written) -> tuple[int, tuple[int, ...]]:
    """Characters of the template's own text, and how often each variable's value stands in it.

    Where nobody gave the text, all that is known is that each value stands somewhere once.
    """
    if not written.body.strip():
        return 0, (1,) * len(written.names)
    places = PLACE.findall(written.body)
    own_words = PLACE.sub("", written.body)
    return len(own_words), tuple(
        places.count(name.rpartition(".")[2]) if _is_of_body(name) else 0 for name in written.names
    )


def _is_of_body(name: str) -> bool:
    """Whether a variable stands in the body: it has no section, or that one."""
    return name.partition(".")[0] == "Body" or "." not in name


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a template that is filled for each person: `name` as the provider takes it.

    `key` as it stands in the template; `part`: "Header", "Body", "Buttons", or MEDIA.
    """

    name: str
    key: str
    part: str

    @property
    def label(self) -> str:
        """What it is called on a page."""
        words = {
            "Header": _("%(key)s in the header"),
            "Buttons": _("%(key)s in a button"),
            MEDIA: _("file on top"),
        }
        return words.get(self.part, "%(key)s") % {"key": self.key}


def places_of(said: Mapping[str, Any], shape: TemplateVariables) -> list[Place]:
    """The places of a template, each once, in reading order; `said` as a campaign keeps it.

    In the flat shape a place that comes up twice is one; in sections each part counts its own.
    """
    parts = [("Header", str(said.get("header", ""))), ("Body", str(said.get("body", "")))]
    found: dict[str, Place] = {}
    is_flat = shape is TemplateVariables.FLAT
    if not is_flat and said.get("header_kind") in MEDIA_KINDS:
        parts = parts[1:]
        found[MEDIA] = Place(MEDIA, MEDIA, MEDIA)
    for part, text in parts:
        for key in PLACE.findall(text):
            name = key if is_flat else f"{part}.{key}"
            found.setdefault(name, Place(name, key, part))
    for name, key, _text in _in_buttons(said, is_flat=is_flat):
        found.setdefault(name, Place(name, key, "Buttons"))
    return list(found.values())


def _in_buttons(said: Mapping[str, Any], *, is_flat: bool) -> Iterator[tuple[str, str, str]]:
    """(name, key, where it leads) for each place in an address: Gupshup counts the buttons."""
    number = 0
    for button in said.get("buttons", ()):
        leads_to = str(button.get("to", ""))
        for key in PLACE.findall(leads_to):
            number += 1
            yield (key, key, leads_to) if is_flat else (f"Buttons.{number}", str(number), leads_to)


def picked(
    said: Mapping[str, Any], of: str, name: str, values: Mapping[str, str]
) -> dict[str, Any]:
    """What a campaign keeps of a registered template; `values`: what fills its places, by name."""
    lines = [f"{place} = {' '.join(value.split())}" for place, value in values.items()]
    return {**said, "of": of, "name": name, "variables": "\n".join(lines)}


def values_of(kept: Mapping[str, Any]) -> dict[str, str]:
    """What fills the places of what a campaign keeps, by their names."""
    written = read(kept)
    return dict(zip(written.names, written.values, strict=True))


@dataclass(frozen=True, slots=True)
class Around:
    """What a phone shows around a template's text."""

    header: str = ""
    footer: str = ""
    buttons: tuple[str, ...] = ()
    media_kind: str = ""
    media_url: str = ""


def around(kept: Mapping[str, Any], text: str) -> Around:
    """The same for a person; `text` as it is kept with a submission."""
    names = read(kept).names
    values = dict(zip(names, text.split("\n") if names else [], strict=False))
    kind = str(kept.get("header_kind", ""))
    header = PLACE.sub(
        lambda place: values.get(f"Header.{place[1]}", values.get(place[1], place[0])),
        str(kept.get("header", "")),
    )
    is_media = kind in MEDIA_KINDS
    url = values.get(MEDIA) or header
    return Around(
        header="" if is_media else header,
        footer=str(kept.get("footer", "")),
        buttons=tuple(str(button.get("text", "")) for button in kept.get("buttons", ())),
        media_kind=kind if is_media else "",
        media_url=(url or _("the template's file")) if is_media else "",
    )


# --- What is wrong with one -----------------------------------------------------------------------


def template_problems(
    channel: Channel | None, kept: Mapping[str, Any], known_fields: Collection[str] | None
) -> list[Problem]:
    """Why this template cannot be sent through this channel; empty when it can."""
    written = read(kept)
    problems: list[Problem] = []
    if channel is None:
        problems.append(Problem("channel", _("Choose the channel that sends this campaign.")))
    elif not channel.is_active:
        problems.append(
            Problem("channel", _("This channel is no longer in use. Choose another one."))
        )
    elif channel.capabilities.template_variables is None:
        words = {"provider": channel.capabilities.label}
        sentence = _("%(provider)s has no templates. Choose a WhatsApp channel, or write a text.")
        problems.append(Problem("send_method", sentence % words))
    if kept.get("of") == "":
        problems.append(Problem("whatsapp_template", _("Choose an approved template.")))
    elif not written.id:
        problems.append(
            Problem("template_id", _("Enter the template's id, as your provider has it."))
        )
    if "of" in kept:
        problems += [Problem("empty_places", sentence) for sentence in _unfilled(channel, kept)]
    else:
        problems += [Problem("template_variables", line) for line in _in_lines(channel, written)]
    program = parse_text(written.source)
    faults = list(program.faults)
    if known_fields is not None:
        faults += program.unknown(known_fields)
    field = "places" if "of" in kept else "template_variables"
    problems += [Problem(field, one) for one in dict.fromkeys(map(fault_sentence, faults))]
    return problems


def _unfilled(channel: Channel | None, kept: Mapping[str, Any]) -> Iterator[str]:
    shape = channel.capabilities.template_variables if channel else None
    values = values_of(kept)
    for place in places_of(kept, shape) if shape else ():
        if not values.get(place.name):
            yield _("Choose what fills place %(name)s.") % {"name": place.label}


def _in_lines(channel: Channel | None, written: Written) -> Iterator[str]:
    for line in written.faulty:
        sentence = _("“%(line)s” names no variable, or one for the second time. Write 1 = text.")
        yield sentence % {"line": line[:60]}
    for name, value in zip(written.names, written.values, strict=True):
        if not value:
            yield _("The variable %(name)s is empty: WhatsApp refuses that.") % {"name": name}
    shape = channel.capabilities.template_variables if channel else None
    yield from _misshapen(shape, written.names)
    missing = [
        place
        for place in dict.fromkeys(PLACE.findall(written.body))
        if place not in {name.rpartition(".")[2] for name in written.names}
    ]
    for place in missing:
        sentence = _("The template's text has {{%(name)s}}, and no line says what stands there.")
        yield sentence % {"name": place}


def _misshapen(shape: TemplateVariables | None, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        section, dot, key = name.partition(".")
        if shape is TemplateVariables.FLAT and dot:
            sentence = _(
                "Twilio's variables have no sections: write %(key)s = …, not %(name)s = …."
            )
            yield sentence % {"name": name, "key": key}
        if shape is TemplateVariables.SECTIONS and not (
            name == MEDIA or (dot and section in SECTIONS)
        ):
            sentence = _(
                "Gupshup's variables are MEDIA_URL, or stand in a section: write Body.1 = …, "
                "Header.1 = … or Buttons.1 = …, not %(name)s = …."
            )
            yield sentence % {"name": name}
