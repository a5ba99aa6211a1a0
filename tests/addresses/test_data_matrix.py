"""Who sees whose list, and by which way: every address of a team, asked by everybody in it.

The list holds words that stand nowhere else in the team. Whatever an answer shows of them, its
reader has seen of the list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from delivery.models import Reply
from recipients.lists.sharing import share
from recipients.models import OptOut, Permission, Recipient, RecipientList, Visibility
from teams.access import ALLOWED
from teams.models import Role, User
from tests import people, world
from tests.addresses.conftest import Town
from tests.addresses.routes import GET, OF_A_TEAM, Site, path_of
from tests.addresses.test_routes import undone
from tests.client import Client

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

# What the list holds, by what it is.
CANARIES = {
    "its name": "Quokka ward",
    "a name": "Ottoline Vance",
    "a number": "2025559017",
    "a column": "Numbat grade",
    "a value": "Platypus fever",
}

# What is told to all the same, and at which addresses: a campaign says which list it is for, so
# that somebody can be asked for it, and a draft which columns its text can use. A number that
# somebody types, or that wrote to the team, is known to who types or reads. An owner says whose
# lists a leaver's become, and gives account of what is held about a person, on whoever's list.
# The first page shows the latest replies.
NUMBER_ITSELF = (
    "people/<str:person_id>/|/people/$|lists/phone/|of-person/|replies/"
    "|^<slug:team_slug>/$|remove-sample/"
)
ACCOUNT = "people/<str:person_id>/file/"
TOLD_TO_ALL = {
    "its name": rf"<uuid:campaign_id>|members/|{ACCOUNT}",
    "a column": rf"<uuid:campaign_id>|{ACCOUNT}",
    "a number": rf"{NUMBER_ITSELF}|{ACCOUNT}",
    "a name": ACCOUNT,
    "a value": ACCOUNT,
}
# Every page with its people on it, for whoever may open the list.
WAYS_TO_PEOPLE = {
    *("list", "list-search", "campaign-people", "person", "campaign"),
    *("campaign-live", "compose", "review", "test-send"),
}


@dataclass(frozen=True)
class Ward:
    """A list of Alice's and all that was made of it, with every address that speaks of it."""

    people: RecipientList
    urls: dict[str, str]
    typed: dict[str, str]


@pytest.fixture(scope="module")
def ward(town: Town) -> Ward:
    team, phone = town.site.team, "+1" + CANARIES["a number"]
    listed = world.a_list(team, [phone], CANARIES["its name"])
    RecipientList.objects.filter(pk=listed.pk).update(field_names=["Wombatology", "Numbat grade"])
    fields = {"Wombatology": CANARIES["a value"], CANARIES["a column"]: "7"}
    Recipient.objects.filter(recipient_list=listed).update(name=CANARIES["a name"], fields=fields)
    listed.refresh_from_db()
    drafts = [
        world.a_campaign(town.site.channel, listed, name=name, text="Yours is {{Wombatology}}.")
        for name in ("Gone out", "Not yet")
    ]
    launched = world.launched(drafts[0])
    launched.submissions.update(state="cancelled")
    Campaign.objects.filter(pk=launched.pk).update(state="cancelled")
    written = {"message_id": "quokka", "sent_at": timezone.now(), "received_at": timezone.now()}
    site = replace(
        town.site,
        people=listed,
        launched=launched,
        draft=drafts[1],
        job=world.job(launched),
        saved_filter=world.a_filter(team, listed, name="By the list"),
        reply=Reply.objects.create(
            team=team, channel=town.site.channel, phone=phone, text="Thank you", **written
        ),
        opt_out=OptOut(team=team, phone=phone),
    )
    urls = {name: site.url(name, town.alice) for name in OF_A_TEAM}
    return Ward(listed, urls, everything_typed(site))


def everything_typed(site: Site) -> dict[str, str]:
    """A form that asks for the list in all the ways that a form can; it spells out nothing of it
    but one column.
    """
    names = dict.fromkeys(("list", "lists", "other", "target"), str(site.people.public_id))
    names |= dict.fromkeys(("filter", "filters"), str(site.saved_filter.public_id))
    return names | {
        "words": "Ottol",
        "q": "Ottol",
        "text": "Hello {{Wombatology}}",
        "name": "Anything",
        "format": "csv",
        "groups": "not_sent",
        "visibility": "private",
        "match": "all",
        "move": "next",
        "field-0": "Wombatology",
        "op-0": "filled",
        "phone": site.opt_out.phone,
    }


def seen_by(person: User, ward: Ward) -> dict[str, set[str]]:
    """What a person learns of the list, by the address that told it; nothing stays changed."""
    client = Client()
    client.force_login(person)
    allowed = ALLOWED[person.memberships.get(team=ward.people.team).role]
    seen: dict[str, set[str]] = {}
    for name, url in ward.urls.items():
        # Who is let in at all, is tested beside this.
        if OF_A_TEAM[name].who not in allowed:
            continue
        for method in OF_A_TEAM[name].methods:
            with undone():
                told = words_of(
                    client.get(url, follow=True)
                    if method == GET
                    else client.post(url, ward.typed, follow=True)
                )
            if kinds := {kind for kind, canary in CANARIES.items() if canary in told}:
                seen[name] = seen.get(name, set()) | kinds
    return seen


def words_of(answer: Any) -> str:
    """An answer's own text, be it a page, a part of one or a file."""
    text: str = answer.getvalue().decode("utf-8", "replace")
    # A number is written in many ways.
    return text + "".join(filter(str.isalnum, text))


def shared(ward: Ward, way: str, person: User) -> Ward:
    """The list lent to a person in this way, or to nobody."""
    visibility = Visibility(way)
    share(ward.people, ward.people.owner, visibility, people={person: Permission.USE})
    return ward


@pytest.mark.parametrize(
    ("role", "way"),
    [
        (Role.OWNER, "private"),
        (Role.VIEWER, "named"),
        pytest.param(Role.EDITOR, "private", marks=pytest.mark.long),
        pytest.param(Role.VIEWER, "private", marks=pytest.mark.long),
        pytest.param(Role.SENDER, "private", marks=pytest.mark.long),
        pytest.param(Role.SENDER, "named", marks=pytest.mark.long),
    ],
)
def test_whoever_may_not_open_a_list_learns_of_its_people_nowhere(
    ward: Ward, town: Town, role: Role, way: str
) -> None:
    person = people.member(town.site.team, f"Robin {role.value}", role)
    shared(ward, way, town.vera)
    told = {
        (kind, name)
        for name, kinds in seen_by(person, ward).items()
        for kind in kinds
        if not re.search(TOLD_TO_ALL[kind], path_of(name))
    }
    assert not told


@pytest.mark.parametrize(
    ("role", "way"),
    [
        (Role.EDITOR, "named"),
        pytest.param(Role.VIEWER, "team", marks=pytest.mark.long),
        pytest.param(Role.SENDER, "team", marks=pytest.mark.long),
        pytest.param(Role.OWNER, "named", marks=pytest.mark.long),
    ],
)
def test_whoever_may_open_it_meets_its_people_by_each_way_of_their_role(
    ward: Ward, town: Town, role: Role, way: str
) -> None:
    person = people.member(town.site.team, f"Robin {role.value}", role)
    seen = seen_by(person, shared(ward, way, person))
    ways = {name for name in WAYS_TO_PEOPLE if OF_A_TEAM[name].who in ALLOWED[role]}
    assert {name for name, kinds in seen.items() if "a name" in kinds} >= ways
    # What somebody asked for, or is bringing in, is their own until it is a list.
    assert not {"export-file", "report-file", "import", "rejected-rows"} & set(seen)
