"""Elements of a large XML file one after another, as bytes, without a tree of the whole.

Only the parts that repeat a million times are cut out so; each is then read by an XML parser, or by
a pattern that knows the shape nearly all of them have.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO, NamedTuple
from xml.etree.ElementTree import Element, ParseError, fromstring

from recipients.sheets.books import UnreadableBook

_CHUNK = 1 << 18
# The root's start with its names of spaces, and what a sheet says before its rows.
_LONGEST_HEAD = 1 << 24
_ROOT = re.compile(r"<((?:[\w.-]+:)?)([\w.-]+)(?:\s[^<>]*)?>")


class Fragment(NamedTuple):
    """An element as it is written: its attributes, what is inside of it, and the whole."""

    attributes: str
    inside: str
    whole: str


class Fragments:
    """The elements `tag` inside an element `parent`; raises UnreadableBook for another file.

    `head` is what stands before the parent's start, `tail`, once all are read, is what is left.
    They are taken in blocks of many whole ones, or out of a block one by one.
    """

    def __init__(self, file: IO[bytes], parent: str, tag: str) -> None:
        self._file = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
        self.tail = ""
        parent_start = re.compile(rf"<(?:[\w.-]+:)?{parent}\b[^>]*>")
        buffer = ""
        while (start := parent_start.search(buffer)) is None:
            more = self._file.read(_CHUNK)
            if not more or len(buffer) > _LONGEST_HEAD:
                raise UnreadableBook
            buffer += more
        self.head, self._buffer = buffer[: start.end()], buffer[start.end() :]
        root = _ROOT.search(self.head)
        if root is None:
            raise UnreadableBook
        prefix = root[1]
        self.is_prefixed = bool(prefix)
        # Around each fragment, so that its parser knows the names of spaces.
        self._above, self._below = root[0], f"</{prefix}{root[2]}>"
        name = prefix + tag
        self._start = re.compile(rf"\s*<{name}\b([^<>]*)>")
        self._stop = f"</{name}>"
        self._end = re.compile(rf"</{prefix}{parent}\s*>")
        self._is_empty = start[0].endswith("/>")

    def blocks(self) -> Iterator[str]:
        """Texts of many whole elements; raises UnreadableBook where the file ends before them."""
        buffer, end = self._buffer, None
        while not self._is_empty and (end := self._end.search(buffer)) is None:
            cut = buffer.rfind(self._stop) + len(self._stop)
            if cut >= len(self._stop):
                yield buffer[:cut]
                buffer = buffer[cut:]
            more = self._file.read(max(_CHUNK, len(buffer)))
            if not more:
                raise UnreadableBook
            buffer += more
        if end is not None:
            yield buffer[: end.start()]
            buffer = buffer[end.end() :]
        self.tail = buffer + self._file.read(_LONGEST_HEAD)

    def each(self, block: str) -> Iterator[Fragment]:
        """The elements of a block; raises UnreadableBook where it holds something else."""
        at = 0
        while start := self._start.match(block, at):
            attributes, inside = start[1], start.end()
            if attributes.endswith("/"):
                yield Fragment(attributes, "", block[at:inside])
                at = inside
                continue
            end = block.find(self._stop, inside)
            if end < 0:
                raise UnreadableBook
            at = end + len(self._stop)
            yield Fragment(attributes, block[inside:end], block[start.start() : at])
        if block[at:].strip():
            raise UnreadableBook

    def parsed(self, fragment: Fragment) -> Element:
        """A fragment's element. Raises UnreadableBook when it is no whole XML."""
        try:
            return xml_root((self._above + fragment.whole + self._below).encode())[0]
        except IndexError as error:
            raise UnreadableBook from error


def local_name(element: Element) -> str:
    """The element's name without its space."""
    return element.tag.rpartition("}")[2]


def xml_root(content: bytes) -> Element:
    """The root of an XML file. Raises UnreadableBook when it is none."""
    try:
        # Expat fetches nothing, and the child process that this runs in has its limits.
        return fromstring(content)  # noqa: S314
    except ParseError as error:
        raise UnreadableBook from error
