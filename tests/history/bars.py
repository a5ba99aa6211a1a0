"""What the bar over a campaign's people says on a page."""

from __future__ import annotations

import re
from collections import Counter

from campaigns.models import Campaign
from campaigns.person_states import NOT_REPORTED_WORD, PEOPLE_WORDS, PERSON_WORDS, PersonState
from tests.browsing import Desk


def people_on_bar(desk: Desk, name: str, *of: Campaign) -> Counter[PersonState]:
    """The first bar of the page of that name."""
    html = desk.get(name, *of).content.decode()
    found = re.search(r'<svg class="track" role="img" aria-label="([^"]*)"', html)
    return people_by_words(found[1] if found else "")


def people_by_words(words: str) -> Counter[PersonState]:
    """`2 delivered, 10 still to send` as counts."""
    state_of = {str(word): state for state, (word, _fill) in PEOPLE_WORDS.items()}
    # Of one person it is the word for a person.
    state_of |= {str(word.label).lower(): state for state, word in PERSON_WORDS.items()}
    # Where a channel has no reports.
    state_of[str(NOT_REPORTED_WORD)] = PersonState.NO_REPORT
    parts = (part.split(" ", 1) for part in words.split(", ") if part)
    return Counter({state_of[word]: int(count) for count, word in parts})
