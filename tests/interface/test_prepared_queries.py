"""Queries that are written once answer with what is so now, for whatever values they are asked."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.test.utils import CaptureQueriesContext

from interface.prepared_queries import prepared
from recipients.models import Recipient, RecipientList
from teams.models import Team
from tests import world

pytestmark = pytest.mark.both_databases


@prepared
def lists_of(team: int | None) -> QuerySet[RecipientList]:
    newest = Recipient.objects.filter(recipient_list=OuterRef("pk")).order_by("-pk")
    lists = RecipientList.objects.filter(team=team).select_related("owner", "team")
    return lists.annotate(newest=Subquery(newest.values("phone")[:1])).order_by("name")


@prepared
def sizes_of(team: int) -> QuerySet[RecipientList, tuple[str, int]]:
    # Sorted by what is not read.
    lists = RecipientList.objects.filter(team=team).annotate(people=Count("recipients"))
    return lists.values_list("name", "people").distinct().order_by("created_at")


@pytest.fixture
def team(db: None) -> Team:
    return world.a_team()


def facts(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name != "_state"}


def test_a_row_is_as_django_reads_it_and_brings_what_belongs_to_it(team: Team) -> None:
    world.a_list(team, world.phones(2), "B")
    world.a_list(team, world.phones(1), "A")
    as_ever = list(lists_of.query(team.pk))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = lists_of(team.pk)
        assert [row.owner.name for row in found] == ["Alice Owner"] * 2
        assert {row.team for row in found} == {team}
    assert len(asked) == 1
    assert [facts(row) for row in found] == [facts(row) for row in as_ever]


def test_each_question_is_answered_anew(team: Team) -> None:
    for expected in range(3):
        assert len(lists_of(team.pk)) == expected
        world.a_list(team, world.phones(1), f"List {expected}")


def test_each_value_has_an_answer_of_its_own(team: Team) -> None:
    other = world.a_team("Others")
    world.a_list(team, world.phones(1), "Ours")
    world.a_list(other, world.phones(1), "Theirs")
    assert [row.name for row in lists_of(other.pk)] == ["Theirs"]
    assert [row.name for row in lists_of(team.pk)] == ["Ours"]
    assert lists_of(None) == []


def test_rows_have_no_column_that_only_sorts_them(team: Team) -> None:
    world.a_list(team, world.phones(2), "B")
    world.a_list(team, world.phones(1), "A")
    assert sizes_of(team.pk) == [("B", 2), ("A", 1)]
