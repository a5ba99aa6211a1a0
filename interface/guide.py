"""The user guide: the Markdown files of docs/guide, as pages of the product.

A Git host shows the same files with the same links and pictures, so nothing here but their contents
list, `README.md`, says which pages there are and in which order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token
from PIL import Image

FOLDER = settings.BASE_DIR / "docs" / "guide"
CONTENTS = "README"
# Of a picture's dots, one and a half make a pixel of a page (`tooling/guide_pictures.py`).
_DOTS = 1.5
_PAGE = re.compile(r"([\w-]+)\.md(?:#([\w-]+))?")


@dataclass(frozen=True, slots=True)
class GuidePage:
    """A page: its `name` is the file's, without `.md`; its `html` begins below the title."""

    name: str
    title: str
    html: SafeString


@cache
def contents() -> GuidePage:
    """The list of all pages."""
    return _read(CONTENTS)


@cache
def pages(on_one_page: bool = False) -> tuple[GuidePage, ...]:
    """All pages in the order of the contents list; `on_one_page`: their links lead down it."""
    linked = _PAGE.findall((FOLDER / f"{CONTENTS}.md").read_text())
    return tuple(_read(name, on_one_page) for name, _part in linked)


def _read(name: str, on_one_page: bool = False) -> GuidePage:
    # Of these rules, none lets a file write HTML, and links lead to no code.
    markdown = MarkdownIt("js-default")
    markdown.add_render_rule("image", _picture)
    tokens = markdown.parse((FOLDER / f"{name}.md").read_text())
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            # As a Git host names them, so that links to headings work on both.
            part = slugify(tokens[place + 1].content)
            token.attrSet("id", f"{name}-{part}" if on_one_page else part)
        if token.type.startswith("heading_") and on_one_page:
            token.tag = f"h{int(token.tag[1]) + 1}"
    for token in _all(tokens):
        if token.type == "link_open":
            token.attrSet("href", _address(str(token.attrGet("href")), on_one_page))
    # "# Title" is the first of all: three tokens.
    title, rest = tokens[1].content, tokens[3:]
    html = markdown.renderer.render(rest, markdown.options, {})
    return GuidePage(name, title, mark_safe(html))  # noqa: S308 - ours, and without HTML


def _all(tokens: Sequence[Token]) -> list[Token]:
    return [one for token in tokens for one in (token, *(token.children or ()))]


def _address(written: str, on_one_page: bool) -> str:
    """Where a link of a file leads in the product."""
    found = _PAGE.fullmatch(written)
    if found is None:
        return written
    name, part = found.groups()
    if on_one_page:
        return f"#{name}-{part}" if part else f"#{name}"
    address = reverse("help") if name == CONTENTS else reverse("help-page", args=[name])
    return f"{address}#{part}" if part else address


def _picture(_renderer: Any, tokens: Sequence[Token], place: int, *_rest: Any) -> SafeString:
    """A picture, which opens in its full size; its place is kept until it is there."""
    token = tokens[place]
    file = str(token.attrGet("src"))
    with Image.open(FOLDER / file) as picture:
        width, height = (round(dots / _DOTS) for dots in picture.size)
    return format_html(
        '<a class="guide-picture" href="{0}">'
        '<img src="{0}" alt="{1}" width="{2}" height="{3}"></a>',
        static(f"guide/{file.removeprefix('pictures/')}"),
        token.content,
        width,
        height,
    )
