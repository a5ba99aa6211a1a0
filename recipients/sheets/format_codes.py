"""The number formats of spreadsheets, taken apart (ECMA-376 part 1, 18.8.31)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

GENERAL = "General"
# What a file only names by its number; those of the person's own country are in `short_date`.
BUILT_IN = {
    0: GENERAL,
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    5: '"$"#,##0_);("$"#,##0)',
    6: '"$"#,##0_);("$"#,##0)',
    7: '"$"#,##0.00_);("$"#,##0.00)',
    8: '"$"#,##0.00_);("$"#,##0.00)',
    12: "# ?/?",
    13: "# ??/??",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    37: "#,##0_);(#,##0)",
    38: "#,##0_);(#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);(#,##0.00)",
    41: "_(* #,##0_);_(* (#,##0);_(* -_);_(@_)",
    43: "_(* #,##0.00_);_(* (#,##0.00);_(* -_)",
    42: '_("$"* #,##0_);_("$"* (#,##0);_("$"* -_);_(@_)',
    44: '_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* -_);_(@_)',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
}
_SHORT_DATES = {14, *range(27, 32), 36, *range(50, 55), 57, 58}
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)'
    r"|\[\$(?P<symbol>[^\]-]*)(?:-(?P<language>[^\]]*))?\]|\[(?P<elapsed>h+|m+|s+)\]"
    r"|\[(?P<test>[<>=]+)(?P<limit>[-0-9.]+)\]|\[(?P<colour>[^\]]*)\]"
    r"|(?P<half>AM/PM|A/P|上午/下午)|(?P<general>General)|(?P<power>E[+-])"
    r"|(?P<date>[yY]+|[mM]+|[dD]+|[hH]+|s+\.0+|[sS]+|e+|g+|b+)"
    r"|(?P<digit>[0#?])|(?P<sign>[.,%/@;])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_LITERALS = ("quoted", "escaped", "symbol", "other")


class Token(NamedTuple):
    """A piece of a format: its kind, one of the names in the pattern, and what is written."""

    kind: str
    text: str


@dataclass(frozen=True)
class Section:
    """One of the up to four parts of a format, for numbers that pass `test` against `limit`."""

    tokens: tuple[Token, ...]
    test: str = ""
    limit: float = 0.0
    # Such as "407" or "de-DE": whose names of months and days are meant.
    language: str = ""

    @property
    def is_date(self) -> bool:
        """Whether numbers are shown as days or times."""
        return any(token.kind in ("date", "elapsed", "half") for token in self.tokens)

    @property
    def is_general(self) -> bool:
        """Whether numbers are shown as they are."""
        return any(token.kind == "general" or token.text == "@" for token in self.tokens)

    @property
    def is_money(self) -> bool:
        """Whether a currency stands beside the number."""
        return any(
            token.kind == "symbol"
            or any(unicodedata.category(character) == "Sc" for character in token.text)
            for token in self.tokens
        )

    def passes(self, number: float) -> bool:
        """Whether the section's own condition, if it has one, holds."""
        outcomes = {
            "<": number < self.limit,
            ">": number > self.limit,
            "=": number == self.limit,
            "<=": number <= self.limit,
            ">=": number >= self.limit,
            "<>": number != self.limit,
        }
        return outcomes.get(self.test, False)


def built_in(number: int, short_date: str) -> str:
    """The code of a format that a file names by its number; `short_date` is the country's."""
    if number in _SHORT_DATES:
        return short_date
    if number == 22:
        return f"{short_date} h:mm"
    return BUILT_IN.get(number, GENERAL)


def sections(code: str) -> list[Section]:
    """Take a format apart; an empty one is the general one."""
    parts: list[list[Token]] = [[]]
    conditions: list[dict[str, str]] = [{}]
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or "other"
        if match["sign"] == ";":
            parts.append([])
            conditions.append({})
        elif kind == "limit":
            conditions[-1] |= {"test": match["test"], "limit": match["limit"]}
        elif kind in ("symbol", "language"):
            conditions[-1].setdefault("language", match["language"] or "")
            if match["symbol"]:
                parts[-1].append(Token("symbol", match["symbol"]))
        elif kind == "space":
            parts[-1].append(Token("other", " "))
        elif kind not in ("fill", "colour"):
            parts[-1].append(Token("literal" if kind in _LITERALS else kind, match[kind]))
    return [
        Section(
            tuple(tokens),
            test=condition.get("test", ""),
            limit=_number(condition.get("limit", "")),
            language=condition.get("language", ""),
        )
        for tokens, condition in zip(parts, conditions, strict=True)
    ]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
