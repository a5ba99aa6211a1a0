"""A person is erased everywhere, and is still not messaged when their number comes back."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from api.models import Scope
from api.tokens import make_token
from campaigns.models import Campaign, CampaignRecipient
from delivery import stops
from delivery.models import Reply, WebhookEndpoint, WebhookEvent
from events.models import OutgoingEvent, Receiver
from privacy.erasing import begin_erasure, erase_on, erasure_of
from privacy.models import Erasure, Tombstone
from recipients.lists import people_editing
from recipients.lists.people import person_id
from recipients.lists.people_editing import Details
from recipients.models import (
    FailingNumber,
    ListImport,
    OptOut,
    Recipient,
    RecipientList,
    RejectedRow,
)
from recipients.opting_out import opt_outs
from recipients.saved_filters.filters import count_matches, definitions_of
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel, NumberForTests
from teams.models import Team, User
from tests import world
from tests.api.programs import Program
from tests.people import ClientOf
from tests.privacy.conftest import figures, over
from tests.recipients.conftest import Door

pytestmark = [pytest.mark.both_databases, pytest.mark.thorough]

PHONE, OTHER = world.phones(2)
MEXICAN, SAME_MEXICAN = "+525512345678", "+5215512345678"


def erase(team: Team, phone: str = PHONE) -> Erasure:
    """Have somebody erased, and let the workers do what they do every few seconds."""
    erasure = begin_erasure(team, phone, world.owner_of(team))
    while stops.follow_wishes():
        pass
    Erasure.objects.update(lease_until=None)
    erase_on(erasure.pk)
    erasure.refresh_from_db()
    return erasure


def everything_in_the_database() -> str:
    """Every value of every table of ours, as text."""
    pieces: list[str] = []
    with connection.cursor() as sql:
        for model in apps.get_models():
            sql.execute(f'SELECT * FROM "{model._meta.db_table}"')  # noqa: S608 - our own name
            pieces += [str(bytes(v) if isinstance(v, memoryview) else v) for r in sql for v in r]
    return "\n".join(pieces)


def a_person_everywhere(channel: Channel, people: RecipientList, campaign: Campaign) -> None:
    """On a list that is put away, as one who wrote, who could not be reached, and in reports."""
    team, now = channel.team, timezone.now()
    away = world.a_list(team, [PHONE, PHONE, OTHER], "Last year")
    RecipientList.objects.filter(pk=away.pk).update(archived_at=now)
    Reply.objects.create(
        team=team,
        channel=channel,
        message_id="1",
        phone=PHONE,
        name="Ann",
        text="I am in hospital",
        sent_at=now,
        received_at=now,
    )
    FailingNumber.objects.create(
        team=team,
        phone=PHONE,
        medium="sms",
        failures=1,
        provider="twlo",
        error_code="1",
        failed_at=now,
    )
    done = ListImport.objects.create(
        team=team, state="completed", file_name="a.csv", file_size=1, rejected_count=1
    )
    RejectedRow.objects.create(list_import=done, row_number=2, code="x", cells=["(202) 555-0000"])
    endpoint = WebhookEndpoint.objects.create(channel=channel, secret=Secret.of("s"))
    body = f'{{"from": "{PHONE[1:]}"}}'.encode()
    WebhookEvent.objects.create(endpoint=endpoint, body_sha256=b"1", body=body, outcome="reply")


def test_no_table_knows_the_number_any_more(
    front_desk: Channel, people: RecipientList, campaign: Campaign
) -> None:
    a_person_everywhere(front_desk, people, campaign)
    before = figures(campaign)
    Recipient.objects.filter(phone=PHONE).update(name="Zebedee")
    CampaignRecipient.objects.filter(phone=PHONE).update(name="Zebedee")
    erasure = erase(front_desk.team)
    assert erasure.done_at
    found = everything_in_the_database()
    for trace in (PHONE, PHONE[1:], "555-0000", "Zebedee", "hospital", "Person 2, see"):
        assert trace not in found
    assert OTHER in found
    assert "Person 3, see Dr Ames" in found
    assert figures(campaign) == before
    people.refresh_from_db()
    assert people.recipient_count == 3
    assert erasure.counts["lists"] == 3


def test_filters_name_the_person_no_more_and_hold_nobody_else_for_it(
    front_desk: Channel, people: RecipientList
) -> None:
    team = front_desk.team
    Recipient.objects.filter(phone=PHONE).update(name="Zebedee")
    shared = Recipient.objects.get(phone=OTHER).name
    conditions = [
        {"field": "CUSTOMER_NAME", "op": "one_of", "values": [" zebedee ", shared]},
        {"field": "PHONE_NUMBER", "op": "is", "values": [PHONE]},
        {"field": "Home", "op": "is", "values": ["(202) 555-0000"]},
        {"field": "Dentist", "op": "is", "values": ["Zebedee"]},
    ]
    one = world.a_filter(team, people, conditions=conditions)
    same = world.a_filter(
        team,
        people,
        conditions=[{"field": "CUSTOMER_NAME", "op": "is", "values": ["Zebedee"]}],
    )
    erasure = erase(team)
    one.refresh_from_db()
    same.refresh_from_db()
    instead = f"~{erasure.pk}"
    found = [condition["values"] for condition in one.conditions]
    assert found == [[instead, shared], [instead], [instead], ["Zebedee"]]
    assert count_matches(definitions_of([same])[0]).people == 0
    assert erasure.counts["filters"] == 2


def test_a_name_that_others_have_stays_in_a_filter(
    front_desk: Channel, people: RecipientList
) -> None:
    people.recipients.update(name="Ann")
    conditions = [{"field": "CUSTOMER_NAME", "op": "is", "values": ["Ann"]}]
    one = world.a_filter(front_desk.team, people, conditions=conditions)
    erase(front_desk.team)
    one.refresh_from_db()
    assert one.conditions == conditions


def test_the_opt_out_holds_when_the_number_comes_back_in_another_spelling(
    front_desk: Channel, alice: User
) -> None:
    team = front_desk.team
    people = world.a_list(team, [OTHER])
    world.opt_out(team, MEXICAN)
    assert erase(team, MEXICAN).done_at
    assert not OptOut.objects.exists()
    people_editing.add_person(people, Details(SAME_MEXICAN, "Ann", {}))
    entry = OptOut.objects.get()
    assert (entry.phone, entry.source) == (SAME_MEXICAN, OptOut.Source.ERASED)
    assert not Tombstone.objects.exists()


def test_a_file_that_brings_somebody_back_opts_them_out(
    riverside: Team, alice: User, bob: User
) -> None:
    world.a_list(riverside, [PHONE])
    erase(riverside)
    assert opt_outs.opted_out_among(riverside)([PHONE, OTHER]) == 1
    back = Door(riverside, bob).imported(f"Phone,Name\n{PHONE},Ann\n{OTHER},Bo\n")
    assert back.recipient_count == 2
    assert [one.phone for one in OptOut.objects.open()] == [PHONE]


def test_a_lifted_opt_out_stays_lifted(front_desk: Channel, alice: User) -> None:
    team = front_desk.team
    people = world.a_list(team, [OTHER])
    erase(team)
    row = people_editing.add_person(people, Details(PHONE, "Ann", {}))
    opt_outs.lift(OptOut.objects.get(), "She asked for it", alice)
    people_editing.remove_people(people, [row.pk])
    people_editing.add_person(people, Details(PHONE, "Ann", {}))
    assert not OptOut.objects.open().exists()


def test_a_campaign_under_way_is_waited_for(front_desk: Channel, people: RecipientList) -> None:
    campaign = world.launched(world.a_campaign(front_desk, people))
    erasure = erase(front_desk.team)
    assert erasure.done_at is None
    assert OptOut.objects.open().get().phone == PHONE
    assert CampaignRecipient.objects.filter(campaign=campaign, phone=PHONE).exists()
    over(campaign, days=2)
    CampaignRecipient.objects.update(stopped="")
    again = erase(front_desk.team)
    assert again.pk == erasure.pk
    assert again.done_at
    assert PHONE not in everything_in_the_database()


def test_an_import_that_runs_is_waited_for(front_desk: Channel, people: RecipientList) -> None:
    running = ListImport.objects.create(
        team=front_desk.team, state="importing", file_name="a.csv", file_size=1
    )
    assert erase(front_desk.team).done_at is None
    ListImport.objects.filter(pk=running.pk).update(state="completed")
    assert erase(front_desk.team).done_at


def test_who_is_being_erased_is_not_erased_a_second_time(
    people: RecipientList, alice: User, sami: User
) -> None:
    first = begin_erasure(people.team, PHONE, alice)
    assert begin_erasure(people.team, PHONE, sami) == first
    assert Tombstone.objects.count() == 1


def test_the_register_knows_of_somebody_who_was_erased(
    people: RecipientList, client_of: ClientOf, alice: User
) -> None:
    erase(people.team)
    client = client_of(alice)
    address = f"/{people.team.slug}/opt-outs/search/"
    assertContains(client.post(address, {"words": "(202) 555-0000"}), "This person was erased")
    assertNotContains(client.post(address, {"words": "(202) 555-0001"}), "This person was erased")


def told_outside(team: Team, phone: str, state: str = "delivered") -> OutgoingEvent:
    """An event about somebody and somebody else."""
    receiver, _new = Receiver.objects.get_or_create(
        team=team, name="Till", url="https://a.example/"
    )
    body = f'{{"data": {{"people": [{{"phone": "{phone}"}}, {{"phone": "{OTHER}"}}]}}}}'
    return OutgoingEvent.objects.create(
        receiver=receiver, kind="opt_out.changed", body=body, answer=phone, state=state
    )


@pytest.mark.usefixtures("alice")
def test_what_other_systems_were_told_is_emptied_in_any_spelling(front_desk: Channel) -> None:
    spellings = (SAME_MEXICAN, MEXICAN, MEXICAN.lstrip("+"))
    events = [told_outside(front_desk.team, phone) for phone in spellings]
    others = told_outside(front_desk.team, PHONE)
    assert erase(front_desk.team, SAME_MEXICAN).counts["events"] == 3
    for event in events:
        event.refresh_from_db()
        assert (event.body, event.answer) == ("", "")
    others.refresh_from_db()
    assert PHONE in others.body


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize(
    ("erased", "written"),
    [
        ("+5511987654321", "551187654321"),
        ("+551187654321", "+5511987654321"),
        ("+5491123456789", "+541123456789"),
        ("+541123456789", "54111523456789"),
        ("+2290197123456", "22997123456"),
    ],
)
def test_another_spelling_of_the_number_is_found_wherever_texts_are_kept(
    front_desk: Channel, erased: str, written: str
) -> None:
    team, digits = front_desk.team, written.lstrip("+")
    event = told_outside(team, written)
    endpoint = WebhookEndpoint.objects.create(channel=front_desk, secret=Secret.of("s"))
    body = f'{{"from": "{digits}"}}'.encode()
    WebhookEvent.objects.create(endpoint=endpoint, body_sha256=b"1", body=body, outcome="reply")
    done = ListImport.objects.create(
        team=team, state="completed", file_name="a.csv", file_size=1, rejected_count=1
    )
    RejectedRow.objects.create(list_import=done, row_number=2, code="x", cells=[digits])
    NumberForTests.objects.create(team=team, phone=f"+{digits}")
    people = world.a_list(team, [OTHER])
    only = [{"field": "PHONE_NUMBER", "op": "is", "values": [written]}]
    world.a_filter(team, people, conditions=only)
    counts = erase(team, erased).counts
    event.refresh_from_db()
    assert event.body == ""
    assert digits not in everything_in_the_database()
    assert {"events", "calls", "rejected", "tests", "filters"} <= counts.keys()


def test_what_a_program_was_answered_names_the_person_no_more(
    front_desk: Channel, people: RecipientList, alice: User
) -> None:
    Recipient.objects.filter(phone=PHONE).update(name="Zebedee")
    program = Program(make_token(front_desk.team, alice, name="Till", scopes=list(Scope)).key)
    conditions = [
        {"field": "CUSTOMER_NAME", "op": "one_of", "values": ["Zebedee", "Ann"]},
        {"field": "PHONE_NUMBER", "op": "is", "values": [PHONE]},
    ]
    said = {"name": "F", "lists": [str(people.public_id)], "conditions": conditions}
    made = program.post("/filters", said, idempotency_key="f")
    changed = {"conditions": [{"field": "City", "op": "filled"}]}
    program.call("PATCH", f"/filters/{made['id']}", changed, if_match="*")
    assert "Zebedee" in everything_in_the_database()
    erase(front_desk.team)
    found = everything_in_the_database()
    assert not [trace for trace in ("Zebedee", PHONE, PHONE[1:]) if trace in found]
    again = program.post("/filters", said, idempotency_key="f")
    assert again["id"] == made["id"]
    assert again["conditions"][0]["values"][1] == "Ann"


@pytest.mark.usefixtures("alice")
def test_what_other_systems_are_still_to_be_told_is_waited_for(front_desk: Channel) -> None:
    event = told_outside(front_desk.team, PHONE, "waiting")
    assert erase(front_desk.team).done_at is None
    OutgoingEvent.objects.filter(pk=event.pk).update(state="given_up")
    assert erase(front_desk.team).done_at
    event.refresh_from_db()
    assert event.body == ""


@pytest.mark.usefixtures("alice")
def test_erasing_somebody_tells_nobody_of_them(front_desk: Channel) -> None:
    kinds = ["opt_out.changed"]
    Receiver.objects.create(team=front_desk.team, name="T", url="https://a.example/", kinds=kinds)
    assert erase(front_desk.team).done_at
    assert not OutgoingEvent.objects.exists()


def test_another_teams_person_stays(people: RecipientList, charlie: User) -> None:
    hillside = charlie.memberships.get().team
    theirs = world.a_list(hillside, [PHONE])
    erase(people.team)
    assert theirs.recipients.filter(phone=PHONE).exists()
    people_editing.add_person(theirs, Details(OTHER, "", {}))
    assert not OptOut.objects.exists()


def test_an_owner_erases_from_the_persons_page(
    people: RecipientList, client_of: ClientOf, alice: User, sami: User
) -> None:
    team = people.team
    page = f"/{team.slug}/people/{person_id(team, PHONE)}/"
    assert client_of(sami).post(f"{page}erase/").status_code == 403
    assert client_of(sami).post(f"{page}file/").status_code == 403
    client = client_of(alice)
    assertContains(client.get(page), f"{page}erase/")
    assertContains(client.get(f"{page}erase/"), "Entries on lists")
    assert client.post(f"{page}erase/").status_code == 302
    assertContains(client.get(f"{page}erase/"), "is being erased")
    assert erasure_of(team, PHONE)
    erase(team)
    assertContains(client.get(page), "Erased")


def test_erasing_asks_for_the_password(
    people: RecipientList, client_of: ClientOf, alice: User
) -> None:
    client: Any = client_of(alice)
    session = client.session
    session["proved_at"] = int((timezone.now() - timedelta(hours=1)).timestamp())
    session.save()
    page = f"/{people.team.slug}/people/{person_id(people.team, PHONE)}/"
    for what in ("erase/", "file/"):
        assert client.post(page + what).headers["Location"].startswith("/sign-in/again/")
    assert not Erasure.objects.exists()


def test_what_is_held_comes_as_a_file(
    front_desk: Channel,
    people: RecipientList,
    campaign: Campaign,
    client_of: ClientOf,
    alice: User,
) -> None:
    a_person_everywhere(front_desk, people, campaign)
    world.opt_out(front_desk.team, PHONE)
    told_outside(front_desk.team, PHONE)
    page = f"/{people.team.slug}/people/{person_id(people.team, PHONE)}/file/"
    answer: Any = client_of(alice).post(page)
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert {row[0] for row in rows[1:]} == {PHONE}
    told = {row[2] for row in rows[1:]}
    assert told == {
        *("On a list", "In a campaign", "Replied", "Opted out", "Not reached"),
        "Sent to another system",
    }
    # Somebody else stands in that event as well.
    assert not any(OTHER in cell for row in rows for cell in row)
    assert any("Dentist: Dr Ames" in row[5] for row in rows)
    assert any(row[6] == "Person 2, see Dr Ames in spring." for row in rows)
