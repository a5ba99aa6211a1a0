"""A language that is offered is complete; and the sentences of the sources are all found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django.conf import settings
from django.utils import translation

from tooling import words
from tooling.places import ROOT

OFFERED = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
ALIAS = re.compile(r"^from django\.utils\.translation import .* as (?!_$).*$", re.MULTILINE)


@pytest.fixture(scope="module")
def sentences() -> Catalog:
    return words.sentences()


def test_a_language_that_is_offered_says_everything(sentences: Catalog) -> None:
    for language in OFFERED:
        path = words.LOCALE / translation.to_locale(language) / "LC_MESSAGES" / "django.po"
        faults = words.faults_in(path, sentences)
        assert not faults, "\n".join([language, *faults])


def test_no_module_hides_its_sentences_behind_another_name() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in words.sources()
        if path.suffix == ".py"
        for found in ALIAS.finditer(path.read_text())
    ]
    assert not hidden, hidden


def test_sentences_of_code_and_of_templates_are_found(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "views.py").write_text(
        'A = _("Save")\nB = ngettext("%(n)s person", "%(n)s people", n)\n'
        'C = pgettext_lazy("a day", "Mon")\nD = _("Two "\n    "lines")\n'
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        "{% load i18n %}<p>{% translate 'Send' context 'a button' %}\n"
        "  {% blocktranslate trimmed count n=n with name=name %}\n    One for {{ name }}\n"
        "  {% plural %}\n    {{ n }} for {{ name }}\n  {% endblocktranslate %}\n"
        '{% include "x" with title=_("A title") %}</p>'
    )
    found = {(one.context, one.id) for one in words.of(words.sentences(tmp_path))}
    assert found == {
        (None, "Save"),
        (None, ("%(n)s person", "%(n)s people")),
        ("a day", "Mon"),
        (None, "Two lines"),
        ("a button", "Send"),
        (None, ("One for %(name)s", "%(n)s for %(name)s")),
        (None, "A title"),
    }


def test_new_sentences_leave_the_other_texts_alone(tmp_path: Path) -> None:
    path = tmp_path / "es" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    before = Catalog(locale="es")
    before.add("Save", "Guardar", locations=[("a.py", 1)])
    before.add("Gone", "Ido", locations=[("a.py", 1)])
    path.write_text(words.written(before, "es"))
    found = Catalog()
    found.add("Send", locations=[("b.py", 9)])
    found.add("Save", locations=[("b.py", 3)])
    text = words.renewed(path, found)
    path.write_text(text)
    assert {one.id: one.string for one in words.of(words.read(path))} == {
        "Save": "Guardar",
        "Send": "",
    }
    assert "Ido" not in text
    assert "-Date" not in text
    assert "b.py:" not in text
    assert words.renewed(path, found) == text


@pytest.mark.parametrize(
    ("said", "text", "fault"),
    [
        ("Save", "", "no text"),
        ("Send to %(people)s", "Enviar a %(gente)s", "other places"),
        ("Half: 50%%", "Mitad: 50%", "other places"),
        ("{who} wrote", "{quien} escribió", "other places"),
        ("<b>Now</b>", "<b>Ahora", "other places"),
        (("%(n)s job", "%(n)s jobs"), ("%(n)s envío", ""), "no text"),
        (("One job", "%(n)s jobs"), ("Un envío", "envíos"), "other places"),
        ("Save", "Guardar ", "blanks"),
    ],
)
def test_a_text_that_is_not_right_is_told(
    said: str | tuple[str, str], text: str | tuple[str, str], fault: str
) -> None:
    assert fault in "\n".join(words.faults_of(Message(said, text)))


def test_an_unsure_text_is_told() -> None:
    assert words.faults_of(Message("Save", "Guardar", flags=["fuzzy"])) == ["not sure: 'Save'"]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("Send to %(people)s", "Enviar a %(people)s"),
        (("One job", "%(n)s jobs"), ("Un envío", "%(n)s envíos")),
        (("%(n)s job", "%(n)s jobs"), ("%(n)s envío", "%(n)s envíos")),
    ],
)
def test_a_right_text_has_no_fault(
    said: str | tuple[str, str], text: str | tuple[str, str]
) -> None:
    assert not words.faults_of(Message(said, text))
