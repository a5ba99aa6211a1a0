"""What people can say about an upload, on its way in and on the check page."""

from __future__ import annotations

import math
import uuid
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from interface.countries import country_choices
from recipients.files.columns import MAX_NAME, PHONE_ROLES, ColumnRole, column_letters
from recipients.files.encodings import FileEncoding, decoded
from recipients.files.pasting import MAX_CHARACTERS
from recipients.files.row_sources import ReadOptions
from recipients.files.storing import StoredUpload
from recipients.imports.judging import Judgement, SampleRow
from recipients.models import ListImport, Visibility
from recipients.phone_numbers import Ambiguity
from recipients.sentences import DELIMITERS, ENCODINGS, ROLES
from teams.models import Team


class UploadForm(forms.Form):
    """A file, and a token that makes the same form sent twice one import."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    file = forms.FileField(required=False, allow_empty_file=True)

    def clean_token(self) -> uuid.UUID:
        """A form that lost its token is simply a new one."""
        return self.cleaned_data["token"] or uuid.uuid4()

    def clean_file(self) -> StoredUpload:
        """The stored file."""
        upload = self.cleaned_data["file"]
        if not isinstance(upload, StoredUpload):
            raise forms.ValidationError("", code="no_file")
        return upload


class PasteForm(forms.Form):
    """Numbers or rows as somebody copied them, and a token as that of a file."""

    # Both forms stand on one page, where an id may stand only once.
    token = forms.UUIDField(
        widget=forms.HiddenInput({"id": "id_paste_token"}), initial=uuid.uuid4, required=False
    )
    rows = forms.CharField(
        label=_("Or paste numbers or rows"),
        max_length=MAX_CHARACTERS,
        error_messages={
            "required": _("Paste at least one phone number."),
            "max_length": _("This is too much to paste. Save it as a file and upload that."),
        },
        # Blanks and tabs at the ends are empty cells.
        strip=False,
    )

    def clean_token(self) -> uuid.UUID:
        """A form that lost its token is simply a new one."""
        return self.cleaned_data["token"] or uuid.uuid4()

    def clean_rows(self) -> str:
        """Something that is not blank."""
        rows: str = self.cleaned_data["rows"]
        if not rows.strip():
            raise forms.ValidationError(self.fields["rows"].error_messages["required"])
        return rows


class CheckForm(forms.Form):
    """The choices of the check page. There is one field `role_N` for each column of the file."""

    list_name = forms.CharField(
        label=_("List name"),
        max_length=120,
        error_messages={"required": _("Give the list a name, so that you can find it later.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    default_country = forms.ChoiceField(
        label=_("Numbers without a country code are from"), choices=country_choices
    )
    header_row = forms.TypedChoiceField(
        label=_("The column names are in"), coerce=int, empty_value=None, required=False
    )
    visibility = forms.ChoiceField(
        label=_("Who can use this list"), choices=Visibility.choices, widget=forms.RadioSelect
    )
    mode = forms.ChoiceField(
        label=_("What to do with the list"),
        choices=ListImport.Mode.choices,
        widget=forms.RadioSelect,
    )

    turn = forms.RegexField(r"^\d{1,4}:[a-z_]+$", required=False)

    def __init__(self, list_import: ListImport, data: Any = None) -> None:
        super().__init__(
            data,
            initial={
                "list_name": list_import.list_name,
                "default_country": list_import.default_country,
                "header_row": ReadOptions.from_json(list_import.reading).header_row,
                "visibility": list_import.visibility,
                "mode": list_import.mode,
            },
        )
        if list_import.is_for_opt_outs:
            del self.fields["list_name"], self.fields["visibility"], self.fields["mode"]
        elif list_import.is_addition:
            del self.fields["list_name"], self.fields["visibility"]
        else:
            del self.fields["mode"]
            self._offer_visibilities(list_import.team)
        self._columns = list_import.columns
        reading = ReadOptions.from_json(list_import.reading)
        self._ask_how_to_read(reading)
        self._ask_for_names(list_import, reading)
        for index, column in enumerate(list_import.columns):
            self.fields[f"role_{index}"] = forms.ChoiceField(
                label=_("Column %(name)s is") % {"name": column["name"]},
                choices=_role_choices(
                    column["name"],
                    len(list_import.columns),
                    is_for_opt_outs=list_import.is_for_opt_outs,
                ),
                initial=column["role"],
            )

    def clean_turn(self) -> tuple[int, Ambiguity] | None:
        """The column and the ambiguity whose button was pressed."""
        place, _colon, ambiguity = self.cleaned_data["turn"].partition(":")
        if not place or int(place) >= len(self._columns) or ambiguity not in list(Ambiguity):
            return None
        return int(place), Ambiguity(ambiguity)

    def _offer_visibilities(self, team: Team) -> None:
        """Name the team; single colleagues are chosen on the list's own page."""
        visibility = self.fields["visibility"]
        assert isinstance(visibility, forms.ChoiceField)
        visibility.choices = [
            (Visibility.PRIVATE, Visibility.PRIVATE.label),
            (Visibility.TEAM, _("Everyone in %(team)s") % {"team": team.name}),
        ]

    def _ask_how_to_read(self, reading: ReadOptions) -> None:
        """Add the fields that a workbook, or a text file, needs."""
        if reading.hidden_sheets or reading.hidden_rows or reading.hidden_columns:
            self.fields["with_hidden"] = forms.BooleanField(
                label=_("Include what is hidden"), initial=reading.with_hidden, required=False
            )
        if len(reading.sheets) > 1:
            names = [(name, name) for name in reading.sheets]
            self.fields["sheet"] = forms.ChoiceField(
                label=_("Sheet"), choices=names, initial=reading.sheet, required=False
            )
        elif not reading.sheet:
            delimiters = dict(DELIMITERS)
            delimiters.setdefault(reading.delimiter, reading.delimiter)
            self.fields["delimiter"] = forms.ChoiceField(
                label=_("Columns are separated by"),
                choices=list(delimiters.items()),
                initial=reading.delimiter,
                required=False,
            )
            self.fields["encoding"] = forms.ChoiceField(
                label=_("Encoding"),
                choices=_encoding_choices(reading),
                initial=reading.encoding,
                required=False,
            )

    def _ask_for_names(self, list_import: ListImport, reading: ReadOptions) -> None:
        """Let the row of names be another one; a file without it gets names typed."""
        header_row = self.fields["header_row"]
        assert isinstance(header_row, forms.TypedChoiceField)
        top = Judgement.from_json(list_import.judgement).top
        rows: dict[int, str | Promise] = {row.number: _row_in_words(row) for row in top}
        rows.setdefault(reading.header_row, _("Row %(number)s") % {"number": reading.header_row})
        rows[0] = _("No row: the first one is a person")
        header_row.choices = sorted(rows.items(), key=lambda row: row[0] or math.inf)
        if reading.has_header:
            return
        for index, column in enumerate(list_import.columns):
            self.fields[f"name_{index}"] = forms.CharField(
                label=_("Name of column %(letters)s") % {"letters": column_letters(index)},
                initial=column["name"],
                max_length=MAX_NAME,
                required=False,
            )

    @property
    def names(self) -> list[str]:
        """The typed names in the order of the columns, of a valid form; none if there is a row."""
        typed = (f"name_{index}" for index in range(len(self._columns)))
        return [self.cleaned_data[name] for name in typed if name in self.fields]

    @property
    def roles(self) -> list[ColumnRole]:
        """The chosen roles in the order of the columns; of a valid form."""
        return [
            ColumnRole(self.cleaned_data[f"role_{index}"]) for index in range(len(self._columns))
        ]


def _row_in_words(row: SampleRow) -> str | Promise:
    cells = ", ".join(filter(None, (cell.strip() for cell in row.cells)))
    return _("Row %(number)s: %(cells)s") % {"number": row.number, "cells": cells}


def _encoding_choices(reading: ReadOptions) -> list[tuple[str, str | Promise]]:
    """The encodings; where the file's is a guess, with what its words are in each."""
    words = decoded(bytes.fromhex(reading.letters))
    return [
        (
            value,
            format_lazy("{encoding}: {words}", encoding=label, words=words[FileEncoding(value)])
            if reading.letters and value in words
            else label,
        )
        for value, label in ENCODINGS.items()
    ]


def _role_choices(name: str, columns: int, *, is_for_opt_outs: bool) -> list[tuple[str, Any]]:
    """What a column may be; there are no more phones than columns."""
    if is_for_opt_outs:
        useful = (ColumnRole.PHONE, ColumnRole.COUNTRY, ColumnRole.SKIP)
        return [(role.value, ROLES[role]) for role in useful]
    field = _("Field: %(name)s") % {"name": name}
    roles = [role for role in ColumnRole if role not in PHONE_ROLES[columns:]]
    return [(role.value, field if role is ColumnRole.FIELD else ROLES[role]) for role in roles]


class SearchForm(forms.Form):
    """A part of a name or a phone number. Sent by POST, so that no address or log holds it."""

    words = forms.CharField(label=_("Search by name or phone"), required=False, max_length=100)
