"""Reads a page the way a careful reviewer does, and says what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(
    {"br", "col", "hr", "img", "input", "link", "meta", "path", "rect", "source", "use", "wbr"}
)
# Attributes that name other elements of the page by their ids.
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "form", "list")
UNLABELLED_INPUTS = frozenset({"hidden", "submit", "button", "reset"})


@dataclass
class Element:
    """One element with its attributes, and the text of everything inside."""

    tag: str
    attributes: dict[str, str]
    parents: tuple[Element, ...]
    text: str = ""
    names_inside: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        shown = " ".join(f'{name}="{value[:40]}"' for name, value in self.attributes.items())
        return f"<{self.tag} {shown}>"


class PageReader(HTMLParser):
    """Takes a page apart; `elements` holds all of it in the order of their start tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.unclosed: list[str] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = Element(tag, {name: value or "" for name, value in attrs}, tuple(self._open))
        self.elements.append(found)
        for parent in found.parents:
            parent.names_inside.add(found.attributes.get("name", ""))
        if tag not in VOID:
            self._open.append(found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            self.unclosed.append(f"</{tag}> closes {self._open[-1] if self._open else 'nothing'}")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str) -> list[Element]:
        """The elements of one kind."""
        return [element for element in self.elements if element.tag == tag]

    def texts(self, tag: str) -> list[str]:
        """Their texts, with single spaces."""
        return [" ".join(element.text.split()) for element in self.all(tag)]


def faults_of_fragment(html: str) -> list[str]:
    """What is wrong with a piece of a page: inline code, ids twice, fields without labels."""
    page = PageReader(html)
    return [
        *page.unclosed,
        *_inline_code(page),
        *_repeated_ids(page),
        *_unlabelled_fields(page),
        *_forms_without_token(page),
    ]


def faults_of_page(html: str) -> list[str]:
    """What is wrong with a whole page: the same, and its headings, landmarks and references."""
    page = PageReader(html)
    return [*faults_of_fragment(html), *_headings(page), *_references(page), *_frame(page)]


def _inline_code(page: PageReader) -> Iterator[str]:
    for element in page.elements:
        given = element.attributes
        is_code = element.tag == "script" and given.get("type") != "application/json"
        if is_code and "src" not in given:
            yield f"inline script: {element}"
        if element.tag == "style" or "style" in given:
            yield f"inline style: {element}"
        yield from (f"{name}= in {element}" for name in given if name.startswith("on"))
        if given.get("href", "").lower().startswith("javascript:"):
            yield f"code in a link: {element}"


def _repeated_ids(page: PageReader) -> Iterator[str]:
    ids = Counter(e.attributes["id"] for e in page.elements if "id" in e.attributes)
    yield from (f"id {name!r} stands {count} times" for name, count in ids.items() if count > 1)


def _unlabelled_fields(page: PageReader) -> Iterator[str]:
    labelled = {label.attributes.get("for") for label in page.all("label")}
    for element in page.elements:
        given = element.attributes
        if element.tag not in ("input", "select", "textarea"):
            continue
        if element.tag == "input" and given.get("type") in UNLABELLED_INPUTS:
            continue
        inside = any(parent.tag == "label" for parent in element.parents)
        named = inside or {"aria-label", "aria-labelledby"} & set(given)
        if not named and given.get("id") not in labelled:
            yield f"no label: {element}"


def _forms_without_token(page: PageReader) -> Iterator[str]:
    for form in page.all("form"):
        posts = form.attributes.get("method", "get").lower() == "post"
        if posts and "csrfmiddlewaretoken" not in form.names_inside:
            yield f"no token against forgery: {form}"


def _headings(page: PageReader) -> Iterator[str]:
    heads, titles = page.texts("h1"), page.texts("title")
    if len(heads) != 1:
        yield f"{len(heads)} first headings: {heads}"
    elif not heads[0]:
        yield "the first heading is empty"
    elif not titles or not titles[0].startswith(heads[0]):
        yield f"the title {titles} does not start with the heading {heads[0]!r}"
    level = 0
    for element in page.elements:
        if element.tag in ("h1", "h2", "h3", "h4") and not _is_hidden(element):
            if int(element.tag[1]) > level + 1:
                yield f"the heading {element.text.strip()!r} skips a level"
            level = int(element.tag[1])


def _is_hidden(element: Element) -> bool:
    return any(parent.tag in ("dialog", "template") for parent in element.parents)


def _references(page: PageReader) -> Iterator[str]:
    ids = {element.attributes.get("id") for element in page.elements}
    for element in page.elements:
        for name in REFERENCES:
            for target in element.attributes.get(name, "").split():
                if target not in ids:
                    yield f"{name} leads nowhere: {element}"
        href = element.attributes.get("href", "")
        if element.tag == "a" and href.startswith("#") and href[1:] not in ids:
            yield f"link leads nowhere: {element}"


def _frame(page: PageReader) -> Iterator[str]:
    if not any(element.attributes.get("lang") for element in page.all("html")):
        yield "the page does not say its language"
    if len(page.all("main")) != 1:
        yield "there is not exactly one <main>"
    yield from (f"no alt: {img}" for img in page.all("img") if "alt" not in img.attributes)
    for element in page.all("button") + page.all("a"):
        named = element.text.strip() or element.attributes.get("aria-label")
        pictures = (e for e in page.elements if element in e.parents)
        if not named and not any(e.attributes.get("alt") for e in pictures):
            yield f"nothing to read: {element}"
