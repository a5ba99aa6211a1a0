"""Tabler's style sheet, cut to the classes that our pages can carry.

A class stays if its name is written anywhere in what pages are made of, whatever it means there;
so does one that begins as a name that is put together there: of `alert-{{ tone }}`, all `alert-…`.
Nothing is listed by hand, and what stays without need costs a few bytes.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import Any

import tinycss2

from tooling.places import ROOT

# Forms get their classes from these packages.
FORM_PACKAGES = ["crispy_bootstrap5", "crispy_forms"]
# What holds rules of its own between its braces.
GROUPS = {"container", "layer", "media", "supports"}
WORD = re.compile(r"[\w-]+")
# The beginning of a name, where the rest is put in.
BEGINNING = re.compile(r"""([A-Za-z][\w-]*-)(?=[{$"'`])""")


def own_sources() -> list[Path]:
    """Return the product's files that say which classes the pages carry, in a settled order."""
    code = chain.from_iterable(apps.parent.rglob("*.py") for apps in ROOT.glob("*/apps.py"))
    return sorted([*code, *ROOT.glob("templates/**/*.html"), *ROOT.glob("static/js/*.js")])


def sources_of_forms() -> list[Path]:
    """Return the same of the installed packages that draw the forms."""
    found = (importlib.util.find_spec(name) for name in FORM_PACKAGES)
    folders = [Path(package.origin).parent for package in found if package and package.origin]
    return [path for one in folders for path in one.rglob("*") if path.suffix in (".html", ".py")]


def cut(sheet: str, texts: Iterable[str]) -> str:
    """Return the style sheet without the rules for classes that the texts do not know."""
    rules = _of_use(tinycss2.parse_stylesheet(sheet), _knows(texts))
    return str(tinycss2.serialize(list(rules)))


def _knows(texts: Iterable[str]) -> Callable[[str], bool]:
    words: set[str] = set()
    beginnings: set[str] = set()
    for text in texts:
        words.update(WORD.findall(text))
        beginnings.update(BEGINNING.findall(text))
    return lambda name: name in words or name.startswith(tuple(beginnings))


def _of_use(rules: Iterable[Any], known: Callable[[str], bool]) -> Iterator[Any]:
    """Yield the rules that some element may meet; a list of selectors stays whole."""
    for rule in rules:
        if rule.type == "at-rule" and rule.at_keyword in GROUPS and rule.content:
            rule.content = list(_of_use(tinycss2.parse_rule_list(rule.content), known))
        if rule.type != "qualified-rule" or any(
            all(map(known, _classes(selector))) for selector in _selectors(rule)
        ):
            yield rule


def _selectors(rule: Any) -> Iterator[list[Any]]:
    for is_comma, tokens in groupby(rule.prelude, lambda part: part == ","):
        if not is_comma:
            yield list(tokens)


def _classes(selector: list[Any]) -> Iterator[str]:
    """Yield the classes that an element must have; those in `:not(...)` are none of them."""
    for dot, name in pairwise(selector):
        if dot == "." and name.type == "ident":
            yield name.value
