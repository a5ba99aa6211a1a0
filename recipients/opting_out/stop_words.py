"""Does somebody who writes back wish not to be messaged any more? STOP and its kin.

It is surely a wish where the whole message says so: "Stop.", "please stop sending text reminders",
"take me off this list", but neither "don't stop" nor "stop by at five" nor "cancel my appointment".
Where only a part of it says so, or it says something like it ("wrong number"), a person decides.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any


class Wish(StrEnum):
    """What a message wishes for, as far as messages are concerned."""

    NONE = ""
    STOP = "stop"
    # Probably, but not surely, to stop.
    MAYBE = "maybe"
    START = "start"


# The words of a wish, by language, with their sources.
_TABLE: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("stop_phrases.toml").read_text(encoding="utf-8")
)
_MOST_CHARACTERS = 500
# A wish that surely is one says no more than this.
_MOST_WORDS = 20
# A word that asks to stop, and the messages it speaks of, stand so near each other.
_WORDS_BETWEEN = 4
# Marks that people leave out (of Latin and Arabic letters), never Indic vowels.
_LEFT_OUT = re.compile("[\u0300-\u036f\u064b-\u0655\u0640]")
_SIGNATURE = re.compile(
    r"[\s/|,.\u2013\u2014-]*\b(?:sent from (?:my|outlook|yahoo|mail)|get outlook"
    r"|enviado (?:desde|do|de) m\w+"
    r"|envoye de(?:puis)? mon|gesendet (?:von|mit) m\w+|von meinem \w+ gesendet|inviato da\w*"
    r"|verzonden vanaf|verstuurd vanaf|dikirim dari|отправлено \w+|wyslano z)\b.*",
    re.DOTALL,
)
_QUOTED = re.compile(r"^\s*(?:>.*|-{2,}.*|on .{5,80} wrote:.*)$", re.MULTILINE)
# The sentence of the message itself, sent back: "Reply STOP to unsubscribe", "STOP au 36111".
_INSTRUCTION = re.compile(
    r"\b(?:(?:reply|text|txt|send|type|write|respond|answer)(?: with| back)?|responda?|responde|"
    r"responder|envie|envia|escriba|repondez|envoyez|antworten sie(?: mit)?|antworte(?: mit)?|"
    r"sende|rispondi|invia|balas|ketik|antwoord)\s+\W{0,2}(?P<word>[^\W\d_]+)\W{0,2}\s+"
    r"(?:to|for|para|pour|zum|um|per|untuk|om|if|au|al|a|an|auf)\b[^.!?\n]*"
)
_SHORT_CODE = re.compile(r"\b(stop)(?: (?:au|to|al|an))? \d{4,6}\b")
_SENTENCE_END = re.compile(r"[.!?;\n\u2026\u3002\uff01\uff1f]+|\s[/|\u2013\u2014-]+\s")
# Vowel signs of Indic scripts, Thai and Hebrew stand within a word, although they are no letters.
_WORD = re.compile(r"[\w\u0591-\u05c7\u0900-\u0963\u0966-\u0dff\u0e00-\u0e7f]+(?:'\w+)*")
# French drops a vowel before another: "m'envoyer" is two words.
_ELISION = re.compile(r"\b([dljmnst]|qu)'(?=\w)")


def _plain(text: str) -> str:
    """`text` in lower case, without accents, invisible characters and curly quotes."""
    visible = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", visible).casefold())
    folded = _LEFT_OUT.sub("", folded).replace("\u2019", "'").replace("\u0131", "i")
    plain = unicodedata.normalize("NFC", folded)
    return re.sub(r"\bopt(?:ing|ed)?[\s-]*(out|in)\b", r"opt\1", plain)


def _words(plain: str) -> list[str]:
    words: list[str] = _WORD.findall(_ELISION.sub(r"\1 ", plain))
    is_spelt_out = len(words) > 2 and all(len(word) == 1 for word in words)
    return ["".join(words)] if is_spelt_out else words


def _phrases(section: str) -> frozenset[tuple[str, ...]]:
    of_languages: dict[str, str] = _TABLE[section]
    written = (phrase for line in of_languages.values() for phrase in line.split(","))
    return frozenset(tuple(_words(_plain(phrase))) for phrase in written)


def _single_words(kind: str) -> frozenset[str]:
    listed: str = _TABLE["words"][kind]
    return frozenset(part for word in listed.split() for part in _words(_plain(word)))


_SURE = _phrases("sure")
_ALONE = _phrases("alone")
_PERHAPS = _phrases("perhaps")
_START = _phrases("start")
_LONGEST = max(map(len, _SURE | _ALONE | _PERHAPS))
_OBJECTS = _single_words("messages")
_BESIDE = _single_words("filling")
_POLITE = _single_words("polite")
_LEADING = _single_words("leading") | _POLITE
_TURNED_ROUND = _single_words("negations")


def wish_of(text: str) -> Wish:
    """What a reply wishes for; `Wish.NONE` for what only contains such a word."""
    plain = _without_quotes(_plain(text))
    words = _words(plain)
    if not words or len(plain) > _MOST_CHARACTERS:
        return Wish.NONE
    if tuple(word for word in words if word not in _POLITE) in _START:
        return Wish.START
    if len(words) <= _MOST_WORDS and _says_only_stop(words):
        return Wish.STOP
    if _contains(words, _PERHAPS) or _one_sentence_says_stop(plain) or _speaks_of_messages(words):
        return Wish.MAYBE
    return Wish.NONE


def _without_quotes(plain: str) -> str:
    """What the person wrote: without signature, quoted lines, and the instruction sent back.

    Where nothing else is left, the instruction is what they wrote.
    """
    own = _SIGNATURE.sub("", _QUOTED.sub("", plain))
    own = _SHORT_CODE.sub(r"\1", own)
    told = _INSTRUCTION.search(own)
    if told is None or (told["word"],) not in _SURE | _ALONE:
        return own
    rest = _INSTRUCTION.sub("", own)
    return rest if _words(rest) else told["word"]


def _says_only_stop(words: list[str]) -> bool:
    """Whether every word belongs to a wish, is what it is about, or is politeness."""
    has_sure = has_alone = has_object = False
    place = 0
    while place < len(words):
        if length := _length_at(words, place, _SURE):
            has_sure, place = True, place + length
        elif length := _length_at(words, place, _ALONE):
            has_alone, place = True, place + length
        elif words[place] in _OBJECTS:
            has_object, place = True, place + 1
        elif words[place] in _LEADING or (words[place] in _BESIDE and place):
            place += 1
        else:
            return False
    if has_sure:
        return True
    rest = [word for word in words if word not in _POLITE]
    return has_alone and (has_object or tuple(rest) in _ALONE or len(set(rest)) == 1)


def _length_at(words: list[str], place: int, phrases: frozenset[tuple[str, ...]]) -> int:
    """How many words the longest of `phrases` has that stands at `place`; 0 for none."""
    for length in range(min(_LONGEST, len(words) - place), 0, -1):
        if tuple(words[place : place + length]) in phrases:
            return length
    return 0


def _contains(words: list[str], phrases: frozenset[tuple[str, ...]]) -> bool:
    return any(
        _length_at(words, place, phrases) and not _is_turned_round(words, place)
        for place in range(len(words))
    )


def _is_turned_round(words: list[str], place: int) -> bool:
    return not _TURNED_ROUND.isdisjoint(words[max(0, place - 3) : place])


def _one_sentence_says_stop(plain: str) -> bool:
    """Whether the first or the last sentence is a wish by itself."""
    sentences = [words for part in _SENTENCE_END.split(plain) if (words := _words(part))]
    return len(sentences) > 1 and any(map(_says_only_stop, (sentences[0], sentences[-1])))


def _speaks_of_messages(words: list[str]) -> bool:
    """Whether a sure word speaks of messages soon after: "I told you to stop texting"."""
    return any(
        (length := _length_at(words, place, _SURE))
        and not _is_turned_round(words, place)
        and _any_object(words[place + length : place + length + _WORDS_BETWEEN])
        for place in range(len(words))
    )


def _any_object(words: Iterable[str]) -> bool:
    return not _OBJECTS.isdisjoint(words)
