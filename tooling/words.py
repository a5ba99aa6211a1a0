"""The sentences of the product and their translations: `python -m tooling.words COMMAND`.

| command | does |
|---|---|
| `extract` | reads the sentences of code and templates into each `locale/*/LC_MESSAGES/django.po` |
| `compile` | writes the `.mo` beside each, which is what Django reads |
| `check` | says what is missing or wrong in each, and fails if anything is |

A new sentence stands there without a text; those that nothing says any more are taken out. The file
is written the same for the same sentences: in their order, without dates and line numbers. Babel
does the work, so that nothing has to be installed on the system; see docs/languages.md.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tooling import stamps
from tooling.places import ROOT

LOCALE = ROOT / "locale"
_NOT_OURS = frozenset(
    "benchmarks locale node_modules sociocs_sandbox static staticfiles tests tooling var".split()
)
# The functions that take a sentence, and which of their arguments belong to it.
_KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_COMMENTS = ("Translators:",)
_CALL = re.compile(r"\b(?:_|n?p?gettext)\(|Translators:")
_HEADER = """\
# Translations of Sociocs Campaigns; docs/languages.md tells how they are made.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
# Spanish has a third form for whole millions (CLDR); no text of ours is another for those.
_PLURALS = {"es": "nplurals=2; plural=(n != 1);"}
_TWO_FORMS = "nplurals=2; plural=(n != 1);"
_PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*\d*(?:\.\d+)?[a-zA-Z%]")
_BRACES = re.compile(r"(?<!\{)\{(\w*)\}(?!\})")
_TAG = re.compile(r"</?[a-z][a-z0-9]*[^<>]*>|&[a-z]+;")


def main(arguments: list[str]) -> int:
    """Do what the command line asks for and return the exit code."""
    commands: dict[str, Callable[[], int]] = {
        "extract": _extract,
        "compile": _compile,
        "check": _check,
    }
    if len(arguments) != 1 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    return commands[arguments[0]]()


# --- Reading the sources --------------------------------------------------------------------------


def sources(root: Path = ROOT) -> Iterator[Path]:
    """Every file of the product that may say something, in a fixed order."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(
            name
            for name in names
            if not name.startswith(".") and not (Path(folder) == root and name in _NOT_OURS)
        )
        for name in sorted(files):
            if name.endswith((".py", ".html", ".txt")) and "migrations" not in Path(folder).parts:
                yield Path(folder) / name


@cache
def sentences(root: Path = ROOT) -> Catalog:
    """Every sentence of the product, each with the files that say it; read once, to be left alone.

    It takes two seconds.
    """
    found = Catalog()
    for path in sources(root):
        is_template = path.suffix != ".py"
        if is_template and "templates" not in path.relative_to(root).parts:
            continue
        method: Any = _of_template if is_template else "python"
        with path.open("rb") as file:
            for _line, words, comments, context in extract(method, file, _KEYWORDS, _COMMENTS):
                place = (str(path.relative_to(root)), 1)
                found.add(words, locations=[place], auto_comments=comments, context=context)
    return found


def _of_template(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Babel's extraction method for Django's templates.

    Django turns a template into something like Python, meant for xgettext, which is not particular
    about it. Each call stands in one line there, so that line alone is read as Python.
    """
    as_python = templatize(file.read().decode())
    for number, line in enumerate(as_python.splitlines(), start=1):
        if _CALL.search(line):
            alone = io.BytesIO(line.strip().encode())
            for _one, function, words, comments in extract_python(
                alone, keywords, comment_tags, options
            ):
                yield number, function, words, comments


# --- The files of translations --------------------------------------------------------------------


def catalogues() -> list[Path]:
    """The file of each language that is translated to."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    """The translations in a file, none if there is no such file yet."""
    language = path.parent.parent.name
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def written(catalogue: Catalog, language: str) -> str:
    """The same sentences always make the same text: sorted, without dates and line numbers."""
    text = io.BytesIO()
    write_po(
        text,
        catalogue,
        width=100,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    plurals = _PLURALS.get(language, _TWO_FORMS)
    return _HEADER.format(language=language, plurals=plurals) + text.getvalue().decode()


def renewed(path: Path, found: Catalog) -> str:
    """A file's text with the sentences of now: translations stay, what nobody says goes."""
    catalogue = read(path)
    catalogue.update(found, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return written(catalogue, path.parent.parent.name)


def _extract() -> int:
    found = sentences()
    for path in catalogues():
        path.write_text(renewed(path, found), encoding="utf-8")
        missing = sum(not is_translated(message) for message in of(read(path)))
        print(f"{path.relative_to(ROOT)}: {len(found)} sentences, {missing} without a text")
    return 0


def compile_all() -> None:
    """Write the file that Django reads beside each catalogue that is newer."""
    for path in catalogues():
        compiled = path.with_suffix(".mo")
        if not stamps.is_newer(compiled, path):
            beside = compiled.with_suffix(f".{os.getpid()}")
            with beside.open("wb") as file:
                write_mo(file, _translated(read(path)))
            beside.replace(compiled)


def _translated(catalogue: Catalog) -> Catalog:
    """Without the sentences that have no text yet: Django shows those in English."""
    for message in of(catalogue):
        if message.fuzzy or not is_translated(message):
            catalogue.delete(message.id, message.context)
    return catalogue


def _compile() -> int:
    compile_all()
    return 0


# --- What is wrong with them ----------------------------------------------------------------------


def of(catalogue: Catalog) -> list[Message]:
    """The sentences of a catalogue, without its header."""
    return [message for message in catalogue if message.id]


def is_translated(message: Message) -> bool:
    """Whether a sentence has a text in each of its forms."""
    return bool(message.string) and all(_forms(message.string))


def faults_of(message: Message) -> list[str]:
    """What is wrong with a translation: unsure, parts missing, other places or tags."""
    said = _forms(message.id)
    if not is_translated(message):
        return [f"no text for {said[0]!r}"]
    if message.fuzzy:
        return [f"not sure: {said[0]!r}"]
    faults, texts = [], _forms(message.string)
    for place, text in enumerate(texts):
        # The form for one, as "One person", may leave the number out.
        models = said if place < len(texts) - 1 else said[-1:]
        if not any(_held(text) == _held(one) for one in models):
            faults.append(f"other places or tags: {said[-1]!r} is {text!r}")
        if text.strip() != text and said[0].strip() == said[0]:
            faults.append(f"blanks at an end: {text!r}")
    return faults


def faults_in(path: Path, found: Catalog) -> list[str]:
    """Everything that keeps a language from being offered."""
    catalogue = read(path)
    faults = [fault for message in of(catalogue) for fault in faults_of(message)]
    if renewed(path, found) != path.read_text(encoding="utf-8"):
        faults.insert(0, "it has not the sentences of now: python -m tooling.words extract")
    return faults


def _held(text: str) -> Counter[str]:
    """The places for values, and the tags, of a text."""
    places = [found.group() for found in _PERCENT.finditer(text)]
    return Counter([*places, *_BRACES.findall(text), *_TAG.findall(text)])


def _forms(words: Any) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _check() -> int:
    found, is_good = sentences(), True
    for path in catalogues():
        faults = faults_in(path, found)
        is_good = is_good and not faults
        print(f"{path.relative_to(ROOT)}: {len(faults)} faults", *faults, sep="\n  ")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
