"""A language that nobody speaks: each English sentence with doubled vowels, between brackets.

What a page shows without brackets has not gone through gettext, or was glued to what had; and its
words are longer by a third, as those of other languages are.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from tests import databases
from tests.html_reader import VOID
from tooling import words

# Of English, so that Django puts no other language in the place of what is missing.
LANGUAGE = "en-xa"
OPEN, CLOSE = "⟦", "⟧"
_KEPT = re.compile(
    r"%(?:\(\w+\))?[-#0 +]*\d*(?:\.\d+)?[a-zA-Z%]|\{\{.*?\}\}|\{\w*\}|</?[a-z][^<>]*>|&[a-z]+;|\n"
)
_VOWELS = str.maketrans(
    {plain: f"{marked}{plain}" for plain, marked in zip("aeiou", "áéíóú", strict=True)}
)
# Read by programs: `yesno` splits it.
_NO_SENTENCES = {"yes,no,maybe"}
# What is shown to people of an element's attributes.
_SHOWN = frozenset({"alt", "aria-label", "placeholder", "title", "label", "aria-description"})
_SILENT = frozenset({"script", "style", "template"})
_WORD = re.compile(r"[^\W\d_]{2,}")


def pseudo(text: str) -> str:
    """`⟦Séend tóo %(people)s⟧`: places, tags and line breaks stay as they are."""
    if not text.strip():
        return text
    pieces, here = [], 0
    for kept in _KEPT.finditer(text):
        pieces += [text[here : kept.start()].translate(_VOWELS), kept.group()]
        here = kept.end()
    pieces.append(text[here:].translate(_VOWELS))
    inner = "".join(pieces)
    # Blanks at an end belong to whoever wrote them there.
    body = inner.strip()
    before, after = inner[: inner.index(body)], inner[inner.index(body) + len(body) :]
    return f"{before}{OPEN}{body}{CLOSE}{after}"


def catalogue() -> bytes:
    """All that the product, Django and allauth say, as a compiled catalogue."""
    made = Catalog()
    for source in (words.sentences(), *_theirs()):
        for message in words.of(source):
            if message.context == "date format" or message.id in _NO_SENTENCES:
                continue
            said = message.id
            text = pseudo(said) if isinstance(said, str) else tuple(map(pseudo, said))
            made.add(said, text, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, made)
    return compiled.getvalue()


def _theirs() -> Iterator[Catalog]:
    for package in ("django", "allauth"):
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        for path in Path(spec.origin).parent.glob("**/locale/es/LC_MESSAGES/django.po"):
            with path.open("rb") as file:
                yield read_po(file, ignore_obsolete=True)


@pytest.fixture(scope="session")
def pseudo_folder() -> Path:
    """A folder of translations with this language alone, made by the first worker of a run."""
    run = Path(os.environ["TESTS_FOLDER"])
    compiled = run / "locale" / "en_XA" / "LC_MESSAGES" / "django.mo"
    with databases.alone(run):
        if not compiled.exists():
            compiled.parent.mkdir(parents=True)
            compiled.write_bytes(catalogue())
    return run / "locale"


@pytest.fixture
def in_pseudo(pseudo_folder: Path, settings: Settings) -> None:
    """The site offers this language besides English."""
    settings.LOCALE_PATHS = [pseudo_folder]
    settings.LANGUAGES = [*django_settings.LANGUAGES, (LANGUAGE, "Pseudo")]


class _Shown(HTMLParser):
    """Everything that a page shows or says to people: `text` of its own, and each attribute."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.attributes: list[str] = []
        # Depth within what is not shown, or says that it is in another language.
        self._silent = 0
        self._open: list[bool] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            is_silent = tag in _SILENT or (tag != "html" and "lang" in given)
            self._open.append(is_silent)
            self._silent += is_silent
        if self._silent:
            return
        self.attributes += [given[name] for name in _SHOWN & set(given)]
        if tag == "input" and given.get("type") in {"submit", "button"}:
            self.attributes.append(given.get("value", ""))
        self.attributes += [
            value
            for name, value in given.items()
            if name.startswith("data-") and " " in value and not value.startswith(("{", "["))
        ]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, _tag: str) -> None:
        if self._open:
            self._silent -= self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text.append(data)


def escaped(page: str, data: re.Pattern[str]) -> list[str]:
    """What a page shows in words that are between no brackets and match no `data`."""
    shown = _Shown(page)
    found = []
    for text in ("\n".join(shown.text), *shown.attributes):
        for piece in _outside(html.unescape(text)):
            left = data.sub(" ", " ".join(piece.split()))
            if _WORD.search(left):
                found.append(" ".join(piece.split()))
    return found


def _outside(text: str) -> Iterator[str]:
    """The pieces of a text that stand between no brackets; a bracket without its other is one."""
    depth, piece = 0, ""
    for character in text:
        if character == OPEN:
            if depth == 0:
                yield piece
                piece = ""
            depth += 1
        elif character == CLOSE:
            depth -= 1
            if depth < 0:
                yield f"a bracket alone behind: {piece[-60:]}"
                depth = 0
        elif depth == 0:
            piece += character
    yield piece
    if depth:
        yield f"a bracket alone in: {text[-60:]}"
