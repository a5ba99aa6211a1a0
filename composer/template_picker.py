"""The picker of approved templates: one of the channel's, and what fills each of its places.

A place is filled by a field of the lists, or by words that are the same for everybody. What was
chosen for a template last is offered the next time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from campaigns import whatsapp_shelf
from campaigns.models import Campaign, TemplateStatus, WhatsAppTemplate
from campaigns.texts import whatsapp_templates
from campaigns.texts.dynamic_fields import parse_text
from campaigns.texts.empty_fields import NEVER_EMPTY
from campaigns.texts.personal_texts import FieldRules
from campaigns.texts.whatsapp_templates import Place
from composer.field_forms import LEAVE_OUT, LONGEST_FALLBACK, WRITE
from composer.send_method_fields import SendMethodFields
from interface.form_fields import is_uuid
from interface.wording import number as number_in_words

SAME_WORDS = "="
LONGEST_WORDS = 1024
# Said of `places` by a program, which fills them line by line.
IN_LINES = "lines"
# Spaces around the name are taken off afterwards: tried together with it, many take minutes.
_FIELD = re.compile(r"\{\{([^{}#/]+)\}\}")
# A field whose days are written by a mask (`date_masks.written_by`).
_DATED = re.compile(r'\{\{#dateFormat "[^"{}]+"\}\}' + _FIELD.pattern + r"\{\{/dateFormat\}\}")


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place, and what fills it: a field's name, SAME_WORDS with `words`, or "" for nothing yet.

    Of a field that holds days, `field` may be what writes them (`date_masks.written_by`).

    `missing` and `instead`: what happens for whom the field is empty.
    """

    number: int
    place: Place
    field: str = ""
    words: str = ""
    missing: str = LEAVE_OUT
    instead: str = ""

    @property
    def value(self) -> str:
        """The text of the template's variable."""
        if self.field == SAME_WORDS:
            return self.words
        return f"{{{{{self.field}}}}}" if self.field and not self.dated else self.field

    @property
    def dated(self) -> str:
        """The field of which it writes the days; "" where it writes what the list has."""
        match = _DATED.fullmatch(self.field)
        return match[1] if match else ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields in it that somebody may lack."""
        return tuple(name for name in parse_text(self.value).fields if name not in NEVER_EMPTY)


@dataclass(frozen=True, slots=True)
class OnShelf:
    """A template in the list: whether it is the chosen one, and whether it may be chosen."""

    template: WhatsAppTemplate
    is_chosen: bool

    @property
    def may_be_chosen(self) -> bool:
        """Whether a campaign may go out with it; the one that is chosen stays so until changed."""
        template = self.template
        is_fit = template.status == TemplateStatus.APPROVED and template.archived_at is None
        return is_fit or self.is_chosen

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """Its text in pieces: (text, whether it is a place)."""
        parts = whatsapp_templates.PLACE.split(self.template.body)
        return [(part, bool(number % 2)) for number, part in enumerate(parts) if part]


class TemplatePicker(SendMethodFields):
    """Part of the composer's form. `campaign` is the draft."""

    campaign: Campaign

    # Of which template the fields of places are that are sent along.
    places = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput)

    @property
    def shelf(self) -> list[OnShelf]:
        """What may be picked with the chosen channel, and what is picked, deleted or not."""
        channel = self.cleaned_data.get("channel")
        found = list(whatsapp_shelf.shelf_of(channel)) if channel else []
        if self.picked is not None and self.picked not in found:
            found.append(self.picked)
        return [OnShelf(template, template == self.picked) for template in found]

    @cached_property
    def picked(self) -> WhatsAppTemplate | None:
        """The registered template that is chosen, if it is one of the channel's or the draft's."""
        chosen, channel = (
            self.cleaned_data.get("whatsapp_template"),
            self.cleaned_data.get("channel"),
        )
        if not is_uuid(chosen) or channel is None or not channel.capabilities.takes_templates:
            return None
        on_shelf = (one for one in whatsapp_shelf.shelf_of(channel) if str(one.public_id) == chosen)
        kept = self._kept_of(str(chosen))
        return next(on_shelf, None) or (whatsapp_shelf.registered(kept) if kept else None)

    def _kept_of(self, public_id: str) -> Mapping[str, Any]:
        """What the draft keeps of a registered template already; {} for nothing."""
        both = (self.campaign.template, self.campaign.template_aside)
        return next((kept for kept in both if kept.get("of") == public_id), {})

    def picked_template(self) -> dict[str, Any]:
        """What the draft keeps of the registered template that is chosen; {} without one."""
        chosen = str(self.cleaned_data.get("whatsapp_template") or "")
        if self.picked is None:
            # The channel may come back, and with it the template.
            return dict(self._kept_of(chosen)) if chosen else {}
        if self.picked.archived_at is not None:
            return dict(self._kept_of(chosen))
        values = {row.place.name: row.value for row in self.place_rows if row.value}
        return whatsapp_templates.picked(self.picked.said(), chosen, self.picked.name, values)

    @cached_property
    def place_rows(self) -> list[PlaceRow]:
        """The places of the chosen template, as they are filled now."""
        channel = self.cleaned_data.get("channel")
        if self.picked is None or channel is None or not channel.capabilities.template_variables:
            return []
        shape = channel.capabilities.template_variables
        places = whatsapp_templates.places_of(self.picked.said(), shape)
        if self.cleaned_data.get("places") == str(self.picked.public_id):
            return [self._posted_row(number, place) for number, place in enumerate(places, start=1)]
        values, instead = self._known_values(self.picked)
        return [
            _row_of(number, place, values.get(place.name, ""), instead)
            for number, place in enumerate(places, start=1)
        ]

    @property
    def fills_buttons_by_number(self) -> bool:
        """Whether a place in a button is filled by a number that only the provider can confirm."""
        return any(row.place.name.startswith("Buttons.") for row in self.place_rows)

    def _known_values(
        self, picked: WhatsAppTemplate
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """(what fills the places, what is written instead): of the draft, else of the last one."""
        instead = FieldRules.from_json(self.campaign.field_rules).fallbacks
        if self.cleaned_data.get("places") == IN_LINES:
            return whatsapp_templates.values_of(self._typed()), instead
        kept = self._kept_of(str(picked.public_id))
        if kept:
            return whatsapp_templates.values_of(kept), instead
        return picked.filled_with, {**picked.written_instead, **instead}

    def _posted_row(self, number: int, place: Place) -> PlaceRow:
        def typed(what: str) -> str:
            text = str(self.data.get(f"place_{what}_{place.name}") or "")
            return " ".join(text.replace("\x00", "").split())

        missing = WRITE if typed("missing") == WRITE else LEAVE_OUT
        return PlaceRow(number, place, typed("field"), typed("words"), missing, typed("instead"))

    def check_places(self) -> None:
        """Note what cannot be stored of the places' fields."""
        instead: dict[str, str | None] = {}
        for row in self.place_rows:
            for words, most in ((row.value, LONGEST_WORDS), (row.instead, LONGEST_FALLBACK)):
                if len(words) > most:
                    sentence = _("Place %(name)s: shorten the words to %(n)s characters.")
                    values = {"name": row.place.label, "n": number_in_words(most)}
                    self.add_error("places", sentence % values)
            if row.missing == WRITE and "{{" in row.instead:
                sentence = _("Place %(name)s: write plain words for an empty field, no braces.")
                self.add_error("places", sentence % {"name": row.place.label})
            for name in row.fields:
                text = row.instead if row.missing == WRITE else None
                if instead.setdefault(name, text) != text:
                    sentence = _(
                        "%(field)s fills two places. Choose the same for both if it is empty."
                    )
                    self.add_error("places", sentence % {"field": name})

    def with_places(self, rules: FieldRules) -> FieldRules:
        """The rules, with what is written for empty fields of the places."""
        if not self.is_template or self.is_typed_by_hand or self.picked is None:
            return rules
        used = {name for row in self.place_rows for name in row.fields}
        kept = {name: text for name, text in rules.fallbacks.items() if name not in used}
        written = {
            name: row.instead
            for row in self.place_rows
            if row.missing == WRITE
            for name in row.fields
        }
        return FieldRules(kept | written, rules.day_first, rules.name_placeholder)

    def place_fields(self, known: Collection[str]) -> list[str]:
        """Fields that fill places and that none of the lists has: they stay in sight."""
        rows = (row for row in self.place_rows if row.field not in ("", SAME_WORDS))
        chosen = (row.dated or row.field for row in rows)
        return [name for name in dict.fromkeys(chosen) if name not in known]


def _row_of(number: int, place: Place, value: str, instead: Mapping[str, str]) -> PlaceRow:
    match = _FIELD.fullmatch(value)
    if _DATED.fullmatch(value):
        row = PlaceRow(number, place, value)
    elif name := match[1].strip() if match else "":
        row = PlaceRow(number, place, name)
    else:
        row = PlaceRow(number, place, SAME_WORDS if value else "", value)
    written = [instead[name] for name in row.fields if name in instead]
    if not written:
        return row
    return PlaceRow(number, place, row.field, row.words, WRITE, written[0])
