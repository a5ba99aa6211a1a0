"""Does somebody who writes back wish not to be messaged any more? STOP and its kin.

A word counts only where the whole message says it: "Stop.", "please stop", "STOP texting me", but
neither "don't stop" nor "stop by at five" nor "cancel my appointment".
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class Wish(StrEnum):
    """What a message wishes for, as far as messages are concerned."""

    NONE = ""
    STOP = "stop"
    START = "start"


# Twilio's and AWS's words (English, French), with those that people and other networks use.
_STOP = frozenset(
    """stop stopall unsubscribe end quit revoke optout cancel remove arret arrêt stopp abmelden
    abbestellen baja alto parar désabonner desabonner basta""".split()
)
# Words that mean a wish only where hardly anything else is said: "end", "cancel the order".
_START = frozenset("start unstop subscribe resubscribe optin".split())
_POLITE = frozenset("please pls plz ok okay hi hello hey thanks thank you now sir madam".split())
# What may follow a word for stopping without making another sentence of it.
_ITS_OBJECT = frozenset(
    """all it this these them the your me us from to my number texting texts text messaging
    messages message sending send msg msgs sms whatsapp spam list""".split()
)
# "remove me" and "cancel texts" are wishes, "cancel it" may be an appointment.
_AMBIGUOUS = frozenset({"end", "cancel", "quit", "revoke", "remove", "alto", "baja", "parar"})
_ABOUT_MESSAGES = frozenset(
    "me texting texts text messaging messages message msg msgs sms spam list number".split()
)
_MOST_CHARACTERS = 80


def wish_of(text: str) -> Wish:
    """What a reply wishes for; `Wish.NONE` for anything that says more than the wish."""
    if len(text) > _MOST_CHARACTERS:
        return Wish.NONE
    words = [word for word in _words(text) if word not in _POLITE]
    if not words:
        return Wish.NONE
    first, rest = words[0], words[1:]
    if first in _START and not rest:
        return Wish.START
    if first not in _STOP or not set(rest) <= _ITS_OBJECT:
        return Wish.NONE
    if first in _AMBIGUOUS and rest and not set(rest) & _ABOUT_MESSAGES:
        return Wish.NONE
    return Wish.STOP


def _words(text: str) -> list[str]:
    """The text's words in lower case, without punctuation; "opt out" and "stop all" as one."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    plain = re.sub(r"\bopt[\s-]*(out|in)\b", r"opt\1", plain)
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", plain)
