"""What may stand in a log line."""

from __future__ import annotations

import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.logs import LineFormatter, MaskPersonalData, mask


@pytest.mark.parametrize(
    "secret",
    [
        "+14155552671",
        "415 555 2671",
        "(415) 555-2671",
        "e047a1b2c3:Xqc3d4e5f6g7",
        "a4969be0123456789f400f74:Xqc3d4e5f6g7",
        "01a208a5-2529-77d9-8f1d-79ea7d9e1123:Xqc3d4e5f6g7",
        "/invitations/Zm9vYmFyYmF6cXV4/",
        "/password-reset/MQ/c8x2k1-0123456789abcdef/",
    ],
)
def test_what_is_secret_or_personal_is_masked(secret: str) -> None:
    written = mask(f"GET {secret} failed")

    assert secret not in written
    assert written.startswith("GET ")
    assert written.endswith(" failed")


@pytest.mark.parametrize(
    "harmless",
    [
        "2026-04-02 09:30:17",
        "2026-04-02T09:30:17+00:00",
        "01a208a5-2529-77d9-8f1d-79ea7d9e1123",
        "a4969be0123456789f400f74",
        "127.0.0.1",
        "imported 48210 rows",
        "password-reset-sent",
    ],
)
def test_what_an_operator_needs_stays(harmless: str) -> None:
    assert harmless in mask(f"at {harmless}: done")


@given(st.text(), st.integers(10**10, 10**14))
def test_no_phone_number_survives_wherever_it_stands(around: str, number: int) -> None:
    assert f"+{number}" not in mask(f"{around} +{number} {around}")


def test_arguments_and_tracebacks_are_masked_and_one_record_is_one_line() -> None:
    try:
        raise ValueError("for +14155552671\n2026 forged line \x1b[31m")
    except ValueError:
        record = logging.LogRecord(
            "x", logging.ERROR, "f", 1, "to %s", ("+14155552671",), sys.exc_info()
        )
    MaskPersonalData().filter(record)

    lines = LineFormatter().format(record).split("\n")

    assert not any("4155552671" in line for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])
    assert "\x1b" not in "".join(lines)
