"""The words that people read: of the glossary, short, and without the words it has replaced.

A word that pages no longer say stands in `OLD_WORDS`, with what they say now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tooling import words

# What pages said once, each with what they say now. A phrase stands for its capitals, too.
OLD_WORDS = {
    r"hand(ed|ing|s)? over": "sent, sending, goes to Sociocs",
    r"handed to Sociocs": "given to Sociocs",
    r"launch(es|ed|ing)?": "send, sending confirmed",
    r"preparing|being prepared": "getting ready",
    r"miss(ed|es) its time": "was missed",
    r"waits for approval": "is waiting for approval",
    r"nothing (was )?reported": "no report yet",
    r"jobs? .*\btaken back|takes? .*\bjobs? back|give .*\bjobs? back": "stopped in time, stop",
    r"take (it|all of it|it all) back|took the launch back": "undo",
    r"became of": "what came of it, which arrived",
    r"refused by Sociocs": "Not sent: Sociocs refused it",
    r"its time has come": "time is up, its time has passed",
    r"change of mind": "Until when you can undo",
    r"mark(ed)? (job .* )?as sent\?": "It was sent",
    r"look and decide|needs? (a|your) decision": "answer, needs an answer",
    r"go(es)? on|went on": "continue",
    r"keeps? the clock": "It still goes out, It waits here until its time",
    r"as fast as it goes": "as fast as your number can",
    r"jobs for many people": "Many people at once",
    r"send to duplicates|same number again": "Text the same number more than once",
    r"recipient lists?": "list",
    r"leave the person out": "Leave them out",
    r"plain equals|to Unicode": "plain letters, makes each part shorter",
    r"enter your prices": "add prices to see the cost",
    r"keep as (a )?template|make a new version": "Save as a template, Save as a new version",
    r"lift(s|ed|ing)?": "allow messages again",
    r"its kin": "STOP, UNSUBSCRIBE, CANCEL or QUIT",
    r"(need|worth) a look": "check these",
    r"put lists together|put away": "merge lists, archive",
    r"the ticked": "remove from the list",
    r"anew": "again, each time",
    r"told of": "notices",
    r"tests until now": "Test messages sent",
    r"taken along": "files",
    r"type a channel": "Add a channel by hand",
    r"attributable": "not linked to a campaign",
    r"somebody else|whoever": "someone else, anyone who",
    r"mend(s|ed|ing)?": "fix",
    r"where it stands": "Status",
    r"is it still you": "Enter your password to send",
    r"sandbox": "practice",
    r"proven|provably": "certain",
    r"no longer yours to use|not yours to use": "you cannot use it any more",
}
# What people with English as a second language stumble over.
IDIOMS = (
    r"by way of|of no use|in spite of|at once and for all|after all that|as ever|for good measure|"
    r"up to you|your word|very (second|same|message)|look (it|them) over|has to do with|"
    r"no matter|sooner or later|now and again|bear in mind|keep an eye|at hand|on hand|hands off|"
    r"is to be (seen|had|found)|of a kind|at first sight|out of the box|under the hood"
)
# Sentences that hold a word of above, each with its reason.
EXCEPTIONS: dict[str, str] = {}
# As long as a sentence may be for people who read in a hurry (the limit that GOV.UK writes by).
LONGEST = 25
# One says what happened, one what is safe, one what to do. What needs more belongs in help.
MOST_SENTENCES = 3
_HELP = "templates/interface/help.html"
_END = re.compile(r"(?<=[.!?])[”)]?\s+(?=[A-Z“%{])")
_TAG = re.compile(r"<[^>]*>")


def _read(said: str) -> str:
    return _TAG.sub("", said)


def _sentences(said: str) -> list[str]:
    return _END.split(_read(said))


def _old_words(said: str) -> str:
    found = (
        f"{match.group()} (say: {now})"
        for old, now in OLD_WORDS.items()
        if (match := re.search(rf"\b(?:{old})\b", said, re.IGNORECASE))
    )
    return "; ".join(found)


def _idioms(said: str) -> str:
    match = re.search(rf"\b(?:{IDIOMS})\b", said, re.IGNORECASE)
    return match.group() if match else ""


def _too_long(said: str) -> str:
    long = [one for one in _sentences(said) if len(one.split()) > LONGEST]
    return f"{len(long[0].split())} words" if long else ""


def _tone(said: str) -> str:
    match = re.search(
        r"\bplease (?!check$)|!(?![=])|\bsorry\b|\boops\b", _read(said), re.IGNORECASE
    )
    return match.group() if match else ""


def _signs(said: str) -> str:
    match = re.search(r"  |\.\.\.|[\"\u2018\u2019—]| - |^\s|\s$", _read(said))
    return repr(match.group()) if match else ""


def _all_said() -> Iterator[tuple[str, str]]:
    """(where, what) of everything that the product says in English."""
    for message in words.of(words.sentences()):
        forms = [message.id] if isinstance(message.id, str) else list(message.id)
        for said in forms:
            yield message.locations[0][0], said


@pytest.mark.parametrize("rule", [_old_words, _idioms, _too_long, _tone, _signs])
def test_what_people_read_keeps_the_rules_of_voice(rule: Callable[[str], str]) -> None:
    against = [
        f"{where}: {said!r}: {fault}"
        for where, said in _all_said()
        if said not in EXCEPTIONS and (fault := rule(said))
    ]
    assert not against, "\n".join(against)


def test_no_more_is_said_at_once_than_is_read() -> None:
    against = [
        f"{where}: {said!r}"
        for where, said in _all_said()
        if where != _HELP and len(_sentences(said)) > MOST_SENTENCES
    ]
    assert not against, "\n".join(against)


def test_no_exception_is_left_that_nothing_says() -> None:
    said = {what for _where, what in _all_said()}
    assert set(EXCEPTIONS) <= said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (_old_words, "Handed over to Sociocs"),
        (_idioms, "Trying again is of no use, or of use to nobody."),
        (_too_long, " ".join(["word"] * 26) + "."),
        (_tone, "Please wait!"),
        (_signs, "Two  spaces"),
    ],
)
def test_what_is_against_a_rule_is_seen(rule: Callable[[str], str], said: str) -> None:
    assert rule(said)
    assert not rule("Sociocs has not answered since %(since)s. Nothing is lost.")
