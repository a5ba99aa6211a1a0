"""Cells that a spreadsheet takes for text, whatever is written in them.

The rule is OWASP's (CSV injection): a cell that begins with one of a few signs is a formula, and so
is what follows a separator that another country's spreadsheet cuts at.
"""

from __future__ import annotations

import re

# Also the full-width forms, which some spreadsheets take for the same. Marks that are there already
# count with the sign, so that one is put in front of them and one can be taken away again.
_SIGN = r"(?='*[=+\-@＝＋－＠])"  # noqa: RUF001
_FORMULA = re.compile(rf"(\A|[;\t])([^\S\t]*){_SIGN}")
_MARKED = re.compile(rf"(\A|[;\t])([^\S\t]*)'{_SIGN}")
_SPACED = re.compile(r"'*[\t\r\n]")
_PHONE = re.compile(r"\+[0-9]{7,15}\Z")


def safe_cell(text: str) -> str:
    """The text so that no spreadsheet takes it, or a piece of it, for a formula."""
    marked = _FORMULA.sub(r"\1\2'", text)
    return f"'{marked}" if _SPACED.match(marked) else marked


def bare_cell(text: str) -> str:
    """The text that `safe_cell` was given.

    >>> bare_cell(safe_cell("=Bob; +1"))
    '=Bob; +1'
    """
    marked = text[1:] if text.startswith("'") and _SPACED.match(text) else text
    return _MARKED.sub(r"\1\2", marked)


def phone_cell(phone: str) -> str:
    """A phone in E.164 as it is: a plus and digits are a number and nothing else; or a safe cell.

    A mark in front would keep the file from being uploaded again.
    """
    return phone if _PHONE.match(phone) else safe_cell(phone)
