"""What a log line may hold: no phone number, no API key, and one line per record."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from interface import log_ids

PHONE = re.compile(r"\+?\d[\d\s().-]{6,}\d")
# The colon also as it stands in an address.
API_KEY = re.compile(r"\b[0-9A-Za-z_-]{6,}(?::|%3[Aa])[0-9A-Za-z_-]{6,}\b")
# Whoever has one of these links can use it.
TOKEN_IN_PATH = re.compile(
    r"(/(?:invitations|password-reset|sign-up|account/address)/)[^\s\"']{8,}"
)
# Dates, times, uuids, job ids and how long a task took (0.012345678s) look like phone numbers to
# the pattern above and are needed in logs: a job id may stand there and nowhere else. What a colon
# joins is half of an API key.
HARMLESS = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([+-]\d{2}:?\d{2})?"
    r"|(?<![\w:-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?!:?\w)"
    r"|(?<![\w:-])(?=\d*[a-f])[0-9a-f]{16,64}(?!(?::|%3a)?[\w-])"
    r"|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}"
    # Alone: not the end of a number in groups.
    r"|(?<![\w.+()-])(?<!\d\s)\d{1,5}\.\d+s\b",
    re.IGNORECASE,
)
# PostgreSQL quotes the row that broke a rule, names and texts included, perhaps over several lines.
# In an exception's `repr` the line ends are escaped, and all of it is one line.
QUOTED_ROW = re.compile(
    r"^([ ]*(?:DETAIL|CONTEXT):).*?"
    r"(?=\n[ ]*(?:DETAIL|CONTEXT|HINT|STATEMENT):|\n\n|\n  File |\nThe above |\nTraceback |\Z)"
    r"|(\\n(?:DETAIL|CONTEXT):)[^\n]*",
    re.DOTALL | re.MULTILINE,
)
CONTROL = {code: f"\\x{code:02x}" for code in [*range(32), 127] if code not in (9, 10)}


def mask(text: str) -> str:
    """Return `text` with every phone number, API key and secret link replaced by a mark."""
    text = QUOTED_ROW.sub(r"\1\2 [withheld]", TOKEN_IN_PATH.sub(r"\1[token]", text))
    kept: list[str] = []
    end = 0
    for harmless in HARMLESS.finditer(text):
        kept.append(_mask_piece(text[end : harmless.start()]))
        kept.append(harmless.group())
        end = harmless.end()
    kept.append(_mask_piece(text[end:]))
    return "".join(kept)


def _mask_piece(text: str) -> str:
    return PHONE.sub("[number]", API_KEY.sub("[key]", text))


class MaskPersonalData(logging.Filter):
    """Masks the finished message, so that no argument slips past."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = mask(record.getMessage())
        record.args = None
        return True


class NoteIds(logging.Filter):
    """Notes whose work a record tells of, also where plain Python wrote it that knows of no ids."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in log_ids.current()._asdict().items():
            setattr(record, name, value)
        return True


def ids_of(record: logging.LogRecord) -> dict[str, str]:
    """The ids that were noted for a record, by their names; none that is empty."""
    found = {name: getattr(record, name, "") for name in log_ids.Ids._fields}
    return {name: value for name, value in found.items() if value}


class LineFormatter(logging.Formatter):
    """One record, one line (a traceback is indented below it), control characters escaped."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(ids)s%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.ids = "".join(f"{name}={value} " for name, value in ids_of(record).items())
        text = mask(super().format(record)).translate(CONTROL)
        return text.replace("\n", "\n    ")


class JsonFormatter(logging.Formatter):
    """One record, one JSON object on a line of its own, which holds no empty value."""

    def format(self, record: logging.LogRecord) -> str:
        exception = self.formatException(record.exc_info) if record.exc_info else ""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
            **ids_of(record),
            "exception": mask(exception),
        }
        return json.dumps({name: value for name, value in told.items() if value})
