"""The activity of a team, as its owners read it and take it along."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from history import activity
from history.activity import ActivityFilters, activity_chunks, activity_of, activity_page
from recipients.models import RecipientList
from teams import members
from teams.models import Role, Team, User
from tests import world
from tests.browsing import text_of
from tests.people import ClientOf
from tests.world import add_member
from trail.acts import Act
from trail.models import Entry
from trail.recording import record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def page_of(client_of: ClientOf, alice: User, riverside: Team) -> Any:
    """`page_of(who=...)`: the words of the page as Alice sees it."""
    client = client_of(alice)

    def words(**query: str) -> str:
        return text_of(client.get(reverse("activity", args=[riverside.slug]), query))

    return words


def test_it_says_who_did_what_to_whom_before_and_after(
    page_of: Any, riverside: Team, alice: User, bob: User
) -> None:
    member = riverside.memberships.get(user=bob)
    members.change_role(member, Role.OWNER)
    record(Act.ROLE_CHANGED, member, by=alice, about_id=bob.pk, after={"role": "owner"})

    words = page_of()

    assert "Alice Moreau gave Bob Okafor another role" in words
    assert "role: Editor → Owner" in words
    assert "Alice Moreau signed in" in words


def test_what_other_teams_did_is_not_there(
    page_of: Any, riverside: Team, charlie: User, client_of: ClientOf
) -> None:
    client_of(charlie)
    record(Act.INVITED, by=charlie, team_id=charlie.teams.get().pk)

    assert "Charlie" not in page_of()


def test_what_members_did_before_they_came_is_not_there(
    page_of: Any, riverside: Team, charlie: User
) -> None:
    record(Act.SIGNED_IN, by=charlie, about_id=charlie.pk)
    add_member(riverside, charlie)
    assert "Charlie Stern signed in" not in page_of(about=str(charlie.public_id))
    record(Act.SIGNED_OUT, by=charlie, about_id=charlie.pk)
    words = page_of(about=str(charlie.public_id))
    assert "Charlie Stern signed out" in words
    assert "Charlie Stern signed in" not in words


def test_it_is_narrowed_down_by_who_what_whom_and_when(
    page_of: Any, riverside: Team, alice: User, bob: User, sami: User
) -> None:
    record(Act.REMOVED, by=sami, about_id=bob.pk, team_id=riverside.pk)
    record(Act.OPT_OUTS_ADDED, by=bob, team_id=riverside.pk)
    old = Entry(at=timezone.now() - timedelta(days=9), area="list", act=Act.LIST_MADE)
    old.team_id, old.actor_id, old.door = riverside.pk, sami.pk, "page"
    old.save()

    assert "removed Bob Okafor" in page_of(who=str(sami.public_id))
    assert "added opt-outs" not in page_of(who=str(sami.public_id))
    assert "removed Bob Okafor" in page_of(about=str(bob.public_id))
    assert "created a list" not in page_of(about=str(bob.public_id))
    assert "added opt-outs" in page_of(area="opt_out")
    assert "removed Bob" not in page_of(area="opt_out")
    day = f"{timezone.now() - timedelta(days=8):%Y-%m-%d}"
    assert "created a list" in page_of(until=day)
    assert "added opt-outs" not in page_of(until=day)
    assert "created a list" not in page_of(since=day)


@pytest.mark.parametrize("query", [{"who": "x"}, {"area": "x"}, {"since": "x"}, {"after": "x"}])
def test_a_filter_that_means_nothing_is_left_out(page_of: Any, query: dict[str, str]) -> None:
    assert "Alice Moreau signed in" in page_of(**query)


def test_a_person_of_another_team_is_nobody_here(page_of: Any, charlie: User) -> None:
    assert "Nothing found" in page_of(about=str(charlie.public_id))


def test_pages_are_put_together_without_gap_or_repetition(
    riverside: Team, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "ROWS_A_PAGE", 7)
    moment = timezone.now()
    for number in range(30):
        # Also several of one instant.
        entry = Entry(at=moment + timedelta(seconds=number // 4), area="team", act=Act.INVITED)
        entry.team_id = riverside.pk if number % 3 else None
        entry.about_id, entry.door = alice.pk, "page"
        entry.save()
    parts = activity_of(riverside, ActivityFilters())
    wanted = sorted({row for part in parts for row in part.values_list("at", "pk")}, reverse=True)

    seen, after, pages = [], "", []
    while True:
        page = activity_page(parts, after=after)
        seen += [(row.at, row.pk) for row in page.rows]
        pages.append([row.pk for row in page.rows])
        if not (after := page.after):
            break
    back = activity_page(parts, before=page.before)

    assert seen == wanted
    assert [row.pk for row in back.rows] == pages[-2]
    assert [row.pk for some in activity_chunks(parts) for row in some] == [pk for _at, pk in wanted]


def test_chunks_of_many_entries_follow_one_another(
    riverside: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "_ROWS_A_READ", 4)
    moment = timezone.now()
    for _number in range(11):
        Entry(at=moment, area="team", act=Act.INVITED, team_id=riverside.pk, door="page").save()

    parts = activity_of(riverside, ActivityFilters(area="team"))

    assert sum(len(some) for some in activity_chunks(parts)) == 11


def test_a_private_list_is_named_to_its_owner_alone(
    page_of: Any, riverside: Team, alice: User, bob: User
) -> None:
    for owner, name in ((bob, "Bobs own"), (alice, "Alices own")):
        people = world.a_list(riverside, world.phones(1), name)
        RecipientList.objects.filter(pk=people.pk).update(owner=owner, visibility="private")
        record(Act.LIST_MADE, people, by=owner)

    words = page_of()

    assert "Alice Moreau created a list: Alices own" in words
    assert "Bobs own" not in words
    assert "created a list: something that is gone or not yours to see" in words


def test_a_person_who_is_gone_is_told_as_such(page_of: Any, riverside: Team) -> None:
    gone = world.create_person("Gone Girl")
    record(Act.REMOVED, by=gone, about_id=gone.pk, team_id=riverside.pk)
    gone.delete()

    assert "someone who is gone removed someone who is gone from the team" in page_of()


def test_only_owners_open_it(client_of: ClientOf, riverside: Team, sami: User) -> None:
    assert client_of(sami).get(reverse("activity", args=[riverside.slug])).status_code == 403


def test_it_is_taken_along_as_csv_and_as_json_lines(
    client_of: ClientOf, riverside: Team, alice: User, bob: User
) -> None:
    client, url = client_of(alice), reverse("activity-export", args=[riverside.slug])
    alice.name = "=1+1"
    alice.save()
    record(Act.REMOVED, by=alice, about_id=bob.pk, team_id=riverside.pk, before={"role": "editor"})

    table = b"".join(client.post(url, {"area": "team"})).decode("utf-8-sig")
    lines = b"".join(client.post(url, {"area": "team", "format": "jsonl"})).decode()

    (row,) = csv.DictReader(io.StringIO(table))
    assert row["What"] == "'=1+1 removed Bob Okafor from the team"
    assert row["Before and after"] == "role: Editor"
    (line,) = map(json.loads, lines.splitlines())
    assert (line["act"], line["actor_id"], line["about_id"]) == ("team.removed", alice.pk, bob.pk)
    assert line["before"] == {"role": "editor"}
    assert Entry.objects.filter(act=Act.ACTIVITY_TAKEN, actor_id=alice.pk).count() == 2


def test_operators_find_the_acts_of_all_teams_in_the_admin(
    client_of: ClientOf, riverside: Team, alice: User, charlie: User, bob: User
) -> None:
    operator = User.objects.create_superuser("root@example.org", None, name="Root")
    record(Act.ROLE_CHANGED, by=alice, about_id=bob.pk, team_id=riverside.pk)
    record(Act.INVITED, by=charlie, team_id=charlie.teams.get().pk, after={"role": "sender"})
    client, url = client_of(operator), reverse("admin:trail_entry_changelist")

    words = text_of(client.get(url))

    assert "Alice Moreau gave Bob Okafor another role" in words
    assert "Charlie Stern invited someone" in words
    assert "role: Sender" in words
    entry = Entry.objects.get(act=Act.INVITED)
    page = reverse("admin:trail_entry_change", args=[entry.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"act": "x"}).status_code == 403
    assert client.get(reverse("admin:trail_seal_changelist")).status_code == 200


def test_the_admin_asks_no_more_for_fifty_acts_than_for_two(
    client_of: ClientOf, riverside: Team, alice: User
) -> None:
    operator = User.objects.create_superuser("root@example.org", None, name="Root")
    client, url = client_of(operator), reverse("admin:trail_entry_changelist")

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(url)
        return len(asked)

    queries()
    few = queries()
    for _number in range(50):
        record(Act.INVITED, by=alice, team_id=riverside.pk)

    assert queries() <= few
