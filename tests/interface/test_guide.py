"""The user guide: its pages, and that it speaks of the product as it is."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import translation
from pytest_django.fixtures import Settings

from interface import guide
from teams.models import Team, User
from tests.browsing import Page, text_of
from tests.client import Client
from tests.people import ClientOf
from tooling import words
from tooling.guide_pictures import SHOTS

pytestmark = pytest.mark.thorough

FILES = sorted(guide.FOLDER.glob("*.md"))
NAMES = [path.stem for path in FILES if path.stem != guide.CONTENTS]
LINK = re.compile(r"\]\(([^)#]+)(?:#([^)]+))?\)")
MOST_WORDS = 500
MOST_BYTES = 1_500_000

# What a sentence of the product has besides its words on a page.
UNSEEN = re.compile(r'<span class="visually-hidden">.*?</span>|<[^>]+>', re.DOTALL)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def shown(client: Client, name: str) -> Page:
    return client.get(reverse("help-page", args=[name]))


@pytest.fixture
def reader(client_of: ClientOf, alice: User) -> Client:
    return client_of(alice)


def test_the_contents_list_has_every_page(reader: Client) -> None:
    assert sorted(page.name for page in guide.pages()) == NAMES
    text = text_of(reader.get(reverse("help")))
    assert all(page.title in text for page in guide.pages())


@pytest.mark.parametrize("name", NAMES)
def test_a_page_answers_and_its_links_lead_somewhere(reader: Client, name: str) -> None:
    answer = shown(reader, name)
    assert answer.status_code == 200
    html = answer.content.decode()
    article = html.partition("<article")[2].partition("</article>")[0]
    assert ".md" not in article
    for url in re.findall(r'href="(/help/[^"#]*)', html):
        assert reader.get(url).status_code == 200, url
    for file in re.findall(r'(?:href|src)="/static/(guide/[^"]+)"', article):
        assert finders.find(file), file


def test_the_whole_guide_stands_on_one_page(reader: Client) -> None:
    answer = reader.get(reverse("help-all"))
    html = answer.content.decode()
    ids = set(re.findall(r'id="([^"]+)"', html))
    assert set(NAMES) <= ids
    assert set(re.findall(r'href="#([^"]+)"', html)) <= ids
    text = text_of(answer)
    assert all(page.title in text for page in guide.pages())


def test_each_page_leads_to_those_beside_it(reader: Client) -> None:
    names = [page.name for page in guide.pages()]
    for before, after in pairwise(names):
        assert f'rel="next" href="{reverse("help-page", args=[after])}"' in (
            shown(reader, before).content.decode()
        )
        assert f'rel="prev" href="{reverse("help-page", args=[before])}"' in (
            shown(reader, after).content.decode()
        )


@pytest.mark.parametrize("name", ["no-such-page", "README"])
def test_there_is_no_other_page(reader: Client, name: str) -> None:
    assert shown(reader, name).status_code == 404


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_links_and_pictures_of_a_file_are_there_on_a_git_host(path: Path) -> None:
    links = LINK.findall(path.read_text())
    missing = [file for file, _part in links if not (path.parent / file).exists()]
    assert not missing
    for file, part in links:
        if part:
            headings = re.findall(r"(?m)^#+ (.+)$", (path.parent / file).read_text())
            plain = (re.sub(r"[^\w -]", "", one.lower()) for one in headings)
            assert part in {one.replace(" ", "-") for one in plain}


def test_every_picture_is_shown_and_all_are_light() -> None:
    text = "".join(path.read_text() for path in FILES)
    pictures = [path for path in (guide.FOLDER / "pictures").iterdir() if path.is_file()]
    assert {path.stem for path in pictures} == set(SHOTS), "python -m tooling.guide_pictures"
    assert not [path.name for path in pictures if f"(pictures/{path.name})" not in text]
    assert sum(path.stat().st_size for path in pictures) < MOST_BYTES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_page_is_short_and_has_no_html(path: Path) -> None:
    text = path.read_text()
    assert len(text.split()) <= MOST_WORDS
    assert "<" not in text


def test_html_in_a_file_would_be_shown_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide, "FOLDER", tmp_path)
    (tmp_path / "bad.md").write_text("# A\n\n<b onclick='x()'>b</b> [c](javascript:x())\n")
    html = guide._read("bad").html
    assert "<b" not in html
    assert "<a" not in html


# --- The words of the product ---------------------------------------------------------------------


@cache
def product_words() -> dict[re.Pattern[str], int]:
    """A pattern for each sentence of the product, and its letters besides what is filled in."""
    patterns = {}
    for message in words.sentences():
        for sentence in [message.id] if isinstance(message.id, str) else message.id:
            parts = PLACEHOLDER.split(" ".join(UNSEEN.sub("", sentence).split()))
            pattern = r"[\w,. -]+?".join(map(re.escape, parts)).removesuffix(":")
            patterns[re.compile(pattern)] = letters("".join(parts))
    return patterns


def letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def is_said(phrase: str) -> bool:
    """Whether a page says just this, where at least half of it is not filled in."""
    return any(
        pattern.fullmatch(phrase) and 2 * own >= letters(phrase)
        for pattern, own in product_words().items()
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_words_in_bold_stand_on_the_products_pages(path: Path) -> None:
    bold = re.findall(r"\*\*([^*]+)\*\*", " ".join(path.read_text().split()))
    assert bold or path.stem == guide.CONTENTS
    missing = sorted({phrase for phrase in bold if not is_said(phrase)})
    assert not missing, f"not on the pages any more: {missing}"


def test_words_that_no_page_has_are_found() -> None:
    assert not is_said("Launch the rocket")
    assert not is_said("Rockets, moons and planets")
    assert is_said("Send to 292 people now")


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("lists", "files"),
        ("campaigns", "first-campaign"),
        ("replies", "replies"),
        ("templates", "fields"),
        ("opt-outs", "opt-outs"),
    ],
)
def test_an_empty_page_leads_to_the_page_of_the_guide_that_helps(
    reader: Client, riverside: Team, name: str, topic: str
) -> None:
    html = reader.get(reverse(name, args=[riverside.slug])).content.decode()
    assert f'<a href="{reverse("help-page", args=[topic])}">How this works</a>' in html


def test_only_who_reads_another_language_is_told_that_the_guide_is_in_english(
    reader: Client, settings: Settings
) -> None:
    settings.LANGUAGES = [("en", "English"), ("es", "Español")]
    assert "The guide is in English." not in text_of(shown(reader, "files"))
    reader.cookies["django_language"] = "es"
    with translation.override("es"):
        told = translation.gettext("The guide is in English.")
    assert told in text_of(shown(reader, "files"))
