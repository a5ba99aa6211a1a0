"""Whose phone is shown: everybody once, step by step, and whoever is looked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from campaigns.audiences import selection
from composer import previewing
from composer.previewing import Ask, Move, ShownPerson, person_for_preview
from recipients.models import Recipient, RecipientList
from teams.models import Team
from tests import world

pytestmark = [pytest.mark.both_databases, pytest.mark.thorough]

US = "US"


@pytest.fixture
def team(db: None) -> Team:
    return world.a_team()


@pytest.fixture
def lists(team: Team) -> list[RecipientList]:
    """Two lists whose rows lie in between each other, with duplicates, and an empty one."""
    numbers = world.phones(9)
    first = world.a_list(team, [*numbers[:3], numbers[0]], "First")
    empty = world.a_list(team, [], "Empty")
    second = world.a_list(team, numbers[3:6], "Second")
    world.add_people(first, numbers[6:9])
    return [first, empty, second]


def named(lists: list[RecipientList], name: str, phone: str) -> Recipient:
    person = Recipient.objects.get(recipient_list__in=lists, phone=phone, occurrence=0)
    person.name = name
    person.save()
    return person


def walk(lists: list[RecipientList], answer: ShownPerson, move: Move) -> list[ShownPerson]:
    """All the answers to asking for the next (or previous) person again and again."""
    answers = [answer]
    while True:
        assert answer.person is not None
        following = person_for_preview(lists, Ask(move, answer.person.pk, answer.place), US)
        if following.person == answer.person:
            return answers
        answers.append(following)
        answer = following


def test_everybody_is_shown_once_forwards_and_backwards(lists: list[RecipientList]) -> None:
    there = walk(lists, person_for_preview(lists, Ask(), US), Move.NEXT)

    assert [one.place for one in there] == list(range(1, 10))
    people = [one.person for one in there]
    assert len(set(people)) == there[0].total == 9
    back = walk(lists, there[-1], Move.PREVIOUS)
    assert [one.person for one in back] == people[::-1]
    assert [one.place for one in back] == list(range(9, 0, -1))


def test_the_same_person_stays_while_the_text_changes(lists: list[RecipientList]) -> None:
    first = person_for_preview(lists, Ask(), US)
    second = person_for_preview(lists, Ask(Move.NEXT, first.person.pk, 1), US)  # type: ignore[union-attr]
    assert person_for_preview(lists, Ask(Move.STAY, second.person.pk, 2), US) == second  # type: ignore[union-attr]


def test_somebody_of_another_list_is_never_shown(lists: list[RecipientList]) -> None:
    stranger = world.a_list(world.a_team("Other"), world.phones(1, 50)).recipients.get()
    answer = person_for_preview(lists, Ask(Move.GO, stranger.pk), US)
    assert answer == person_for_preview(lists, Ask(), US)


def test_without_people_there_is_nobody_to_show(lists: list[RecipientList]) -> None:
    assert person_for_preview([lists[1]], Ask(Move.NEXT, 5, 5), US) == ShownPerson(None, 0, 0)
    assert person_for_preview([], Ask(Move.SEARCH, words="x"), US) == ShownPerson(
        None, 0, 0, is_missing=True
    )


@pytest.mark.parametrize(
    "words", ["+12025550004", "(202) 555-0004", "202.555.0004", "0004", "brandt", " Émilia b"]
)
def test_a_person_is_found(lists: list[RecipientList], words: str) -> None:
    wanted = named(lists, "Émilia Brandt", "+12025550004")
    assert person_for_preview(lists, Ask(Move.SEARCH, words=words), US).person == wanted


def test_the_beginning_of_a_number_finds_somebody(lists: list[RecipientList]) -> None:
    found = person_for_preview(lists, Ask(Move.SEARCH, words="1 202 555"), US)
    assert found.person is not None
    assert found.person.phone == "+12025550000"


def test_searching_again_goes_on_and_round(lists: list[RecipientList]) -> None:
    for phone in ("+12025550001", "+12025550005"):
        named(lists, "Ola", phone)
    found, shown = [], 0
    for _ in range(3):
        answer = person_for_preview(lists, Ask(Move.SEARCH, shown, words="ola"), US)
        assert answer.person is not None
        found.append(answer.person.phone)
        shown = answer.person.pk
    assert found == ["+12025550001", "+12025550005", "+12025550001"]


@pytest.mark.parametrize("words", ["Nobody", "999999", "%", "_"])
def test_a_search_in_vain_says_so_and_keeps_the_phone(
    lists: list[RecipientList], words: str
) -> None:
    shown = person_for_preview(lists, Ask(), US).person
    answer = person_for_preview(lists, Ask(Move.SEARCH, shown.pk, 1, words), US)  # type: ignore[union-attr]
    assert (answer.person, answer.is_missing) == (shown, True)


def test_a_long_search_stops_and_can_go_on(
    lists: list[RecipientList], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = named(lists, "Zoë", "+12025550008")
    monkeypatch.setattr(previewing, "WINDOW", 2)
    monkeypatch.setattr(previewing, "SEARCH_SECONDS", -1)
    answers = [person_for_preview(lists, Ask(Move.SEARCH, words="zoë"), US)]
    while answers[-1].go_on_after:
        answers.append(
            person_for_preview(
                lists, Ask(Move.SEARCH, words="zoë", after=answers[-1].go_on_after), US
            )
        )
    assert answers[-1].person == wanted
    assert len(answers) > 2
    assert not any(one.is_missing for one in answers)


def test_it_says_why_nothing_would_come(team: Team, lists: list[RecipientList]) -> None:
    one, other, third = (Recipient.objects.get(phone=p, occurrence=0) for p in world.phones(3))
    world.opt_out(team, one.phone)
    left_out = world.a_list(team, [other.phone], "Booked")
    draft = world.a_campaign(world.a_channel(team), lists[0])
    choice = selection.choice_of(draft)
    chosen = selection.select(draft, replace(choice, lists_out=(left_out,)))

    assert [previewing.exclusion_of(who, chosen) for who in (one, other, third)] == [
        "opted_out",
        "excluded",
        "",
    ]
    assert (
        previewing.exclusion_of(third, selection.select(draft, selection.Choice())) == "not_chosen"
    )
