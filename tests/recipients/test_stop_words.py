"""STOP and its kin: as people write them, and what only looks like it."""

from __future__ import annotations

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
