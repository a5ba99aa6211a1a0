"""STOP and its kin: as people write them, and what only looks like it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from recipients.opting_out.stop_words import Wish, wish_of


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            "stop",
            " Stop. ",
            "STOP!!!",
            "“Stop”",
            "\u200eStop",
            "\uff33\uff34\uff2f\uff30",
            "Stop 🛑",
        ),
        *("STOP PLEASE", "please stop", "Pls stop, thanks", "stop all", "STOPALL", "ok stop"),
        *("Stop texting me", "stop sending me messages", "stop it", "stop?"),
        *("Unsubscribe", "UNSUBSCRIBE me", "opt out", "OPT-OUT", "optout please", "revoke"),
        *("END", "quit", "Cancel", "REMOVE", "remove me", "remove me from your list"),
        *("cancel these texts", "arrêt", "ARRET", "Abmelden", "BAJA"),
    ],
)
def test_a_wish_to_be_left_alone(text: str) -> None:
    assert wish_of(text) is Wish.STOP


@pytest.mark.parametrize("text", ["START", "unstop", "Start.", "please start", "opt in", "OPT-IN"])
def test_a_wish_to_be_messaged_again(text: str) -> None:
    assert wish_of(text) is Wish.START


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "👍", "?", "please", "thanks"),
        *("don't stop", "don\u2019t stop", "Do not stop", "never stop these", "non-stop service"),
        *("stop by tomorrow at five?", "I will stop smoking", "Where is the bus stop", "stopped"),
        *("cancel my appointment", "Cancel it"),
        *("end of the month", "in the end", "remove the stitches", "can you remove it"),
        *("yes", "YES please", "no", "start at nine?", "starting when?", "let's start it"),
        "stop " + "it " * 40,
    ],
)
def test_anything_else_is_no_wish(text: str) -> None:
    assert wish_of(text) is Wish.NONE


REPLIES = tomllib.loads(Path(__file__).with_name("replies.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", REPLIES["stop"])
def test_wishes_in_the_words_and_languages_people_use(text: str) -> None:
    assert wish_of(text) is Wish.STOP


@pytest.mark.parametrize("text", REPLIES["maybe"])
def test_what_is_probably_a_wish_is_left_to_a_person(text: str) -> None:
    assert wish_of(text) is Wish.MAYBE


@pytest.mark.parametrize("text", REPLIES["none"])
def test_a_sentence_that_only_contains_the_word_is_no_wish(text: str) -> None:
    assert wish_of(text) is Wish.NONE


def test_the_replies_that_were_not_heard() -> None:
    table = (Path(__file__).parent.parent / "delivery/cases/replies.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines()[1:]]
    assert len(rows) == 14
    heard = [(text, str(wish_of(text)) or "none") for text, _, _ in rows]
    assert heard == [(text, right) for text, right, _ in rows]
