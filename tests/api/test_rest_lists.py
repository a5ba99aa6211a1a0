"""Lists, people, files and opt-outs over REST."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from api.models import Scope
from recipients.imports import importing
from recipients.models import ListImport, OptOut, Recipient, RecipientList
from recipients.opting_out import opt_outs
from teams.models import Team, User
from tests import world
from tests.api.conftest import MakeToken
from tests.api.programs import ROOT, Program
from trail.acts import Act
from trail.models import Entry


@pytest.fixture
def people(riverside: Team, alice: User) -> RecipientList:
    return world.a_list(riverside, world.phones(3))


def row(people: RecipientList, phone: str) -> Recipient:
    return Recipient.objects.get(recipient_list=people, phone=phone, occurrence=0)


def test_a_list_is_made_named_and_put_away(program: Program) -> None:
    made = program.post("/lists", {"name": "Newsletter"}, idempotency_key="l")
    assert program.post("/lists", {"name": "Newsletter"}, idempotency_key="l") == made
    address = f"/lists/{made['id']}"
    seen = program.call("GET", address)["ETag"]
    renamed = program.call("PATCH", address, {"name": "News"}, if_match=seen).json()
    assert (renamed["name"], renamed["people"], renamed["fields"]) == ("News", 0, [])
    assert program.call("PATCH", address, {"name": "Old"}).status_code == 428
    for call in ("PATCH", "DELETE"):
        stale = program.call(call, address, {"name": "Old"}, if_match=seen)
        assert (stale.status_code, stale.json()["code"]) == (412, "outdated")
    assert program.get(address) == renamed
    assert program.call("DELETE", address).status_code == 204
    assert program.call("GET", address).status_code == 404


@pytest.mark.parametrize("spelling", ["*", "{}", "W/{}", '"other", {}', ' "a,b" ,W/{}'])
def test_every_spelling_of_if_match_counts(program: Program, spelling: str) -> None:
    made = program.post("/lists", {"name": "Newsletter"})
    address = f"/lists/{made['id']}"
    seen = spelling.format(program.call("GET", address)["ETag"])
    assert program.call("PATCH", address, {"name": "News"}, if_match=seen).status_code == 200


def test_people_are_told_by_their_numbers(program: Program, people: RecipientList) -> None:
    address = f"/lists/{people.public_id}/people"
    first, second = world.phones(2)
    sent = {
        "people": [
            {"phone": first, "name": "Ann", "fields": {"Dentist": "Dr Wu"}},
            {"phone": f"({second[2:5]}) {second[5:]}", "fields": {"dentist": "Dr Li"}},
            {"phone": "+491701234567", "name": "Bernd"},
            {"phone": "+49 170 1234567", "name": "Bernd Müller"},
        ]
    }
    assert program.post(address, sent) == {"added": 1, "changed": 2, "unchanged": 0}
    assert program.post(address, sent) == {"added": 0, "changed": 0, "unchanged": 3}

    people.refresh_from_db()
    assert (people.recipient_count, people.duplicate_count) == (4, 0)
    assert people.field_names == ["Dentist"]
    assert row(people, second).fields == {"Dentist": "Dr Li"}
    assert row(people, "+491701234567").name == "Bernd Müller"
    told = Entry.objects.filter(act=Act.PEOPLE_BROUGHT).order_by("pk")
    assert next(entry.after for entry in told) == {"added": 1, "changed": 2}


def test_what_is_not_sent_of_a_person_stays(program: Program, people: RecipientList) -> None:
    address, (phone, *_others) = f"/lists/{people.public_id}/people", world.phones(1)
    whole = {"phone": phone, "name": "Ann", "fields": {"City": "Rome", "Tooth": "3"}}
    program.post(address, {"people": [whole]})
    program.post(address, {"people": [{"phone": phone, "fields": {"Tooth": ""}}]})
    assert (row(people, phone).name, row(people, phone).fields) == ("Ann", {"City": "Rome"})


def test_a_batch_is_brought_whole_or_not_at_all(program: Program, people: RecipientList) -> None:
    sent = {"people": [{"phone": "+491701234567"}, {"phone": "12"}, {"phone": "abc"}]}
    answer = program.call("POST", f"/lists/{people.public_id}/people", sent)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["people.1.phone", "people.2.phone"]
    assert Recipient.objects.filter(recipient_list=people).count() == 3


@pytest.mark.thorough
def test_ten_thousand_come_in_one_call_and_one_more_does_not(
    program: Program, people: RecipientList
) -> None:
    address, batch = f"/lists/{people.public_id}/people", world.phones(10_000, start=-540_000)
    sent = [{"phone": phone, "name": "N"} for phone in batch]
    assert program.post(address, {"people": sent})["added"] == 10_000
    too_many = program.call("POST", address, {"people": [*sent, {"phone": "+491701234567"}]})
    assert too_many.status_code == 422
    people.refresh_from_db()
    assert people.recipient_count == 10_003


def test_somebody_erased_stays_out_when_they_are_brought_back(
    program: Program, people: RecipientList, riverside: Team
) -> None:
    phone = world.phones(1)[0]
    OptOut.objects.create(team=riverside, phone=phone)
    program.post(f"/lists/{people.public_id}/people", {"people": [{"phone": phone}]})
    assert opt_outs.opted_out(riverside, [phone]) == {phone}


def test_people_are_read_and_taken_out(program: Program, people: RecipientList) -> None:
    address, phones = f"/lists/{people.public_id}/people", world.phones(3)
    page = program.get(f"{address}?limit=2")
    rest = program.get(f"{address}?limit=2&after={page['next']}")
    assert [one["phone"] for one in [*page["items"], *rest["items"]]] == phones
    assert rest["next"] is None
    gone = {"phones": [phones[0], "+491701234567"]}
    assert program.post(f"{address}/remove", gone) == {"removed": 1}
    assert program.get(f"/lists/{people.public_id}")["people"] == 2


def test_a_colleagues_private_list_is_not_there(
    token_of: MakeToken, people: RecipientList, sami: User
) -> None:
    RecipientList.objects.update(visibility="private")
    program = Program(token_of(sami).key)
    assert program.get("/lists")["items"] == []
    for method, path in (("GET", ""), ("GET", "/people"), ("DELETE", "")):
        assert program.call(method, f"/lists/{people.public_id}{path}").status_code == 404
    RecipientList.objects.update(visibility="team")
    sent = {"people": [{"phone": "+491701234567"}]}
    refused = program.call("POST", f"/lists/{people.public_id}/people", sent)
    assert refused.status_code == 403


def test_a_file_becomes_a_list_with_its_report(program: Program) -> None:
    rows = b"Mobile,Full name\n(415) 555-2671,Emilia Brandt\n555-013,Priya N.\n"
    file = SimpleUploadedFile("patients.csv", rows)
    answer = program.upload("/imports", file, idempotency_key="f")
    assert answer.status_code == 201, answer.content
    made = answer.json()
    again = program.upload("/imports", SimpleUploadedFile("p.csv", rows), idempotency_key="f")
    assert again.json()["id"] == made["id"]
    assert [column["role"] for column in made["columns"]] == ["phone", "name"]
    assert program.post(f"/imports/{made['id']}/confirm")["state"] == "queued"
    assert program.post(f"/imports/{made['id']}/confirm")["id"] == made["id"]
    importing.run_import(ListImport.objects.get().pk)

    report = program.get(f"/imports/{made['id']}")
    assert (report["state"], report["added"], report["rejected"]) == ("completed", 1, 1)
    assert report["rejected_rows"][0]["row"] == 3
    assert program.get(f"/lists/{report['recipient_list']}")["people"] == 1


@pytest.mark.parametrize("path", ["/imports", "/media"])
def test_a_file_that_is_none_is_refused_at_its_field(program: Program, path: str) -> None:
    for answer in (
        program.upload(path, SimpleUploadedFile("x.bin", b"\x00\x01\x02")),
        program.call("POST", path),
    ):
        assert answer.status_code == 422, answer.content
        assert answer.json()["errors"][0]["field"] == "file"


def test_more_than_an_address_takes_is_refused_before_it_is_read(db: None) -> None:
    for path, most in (("/campaigns", 6), ("/media", 30), ("/imports", 300)):
        size = str(most * 1024 * 1024)
        answer = Client().generic("POST", f"{ROOT}{path}", b"", CONTENT_LENGTH=size)
        assert answer.status_code == 413, path
        assert answer["Content-Type"] == "application/problem+json"


def test_a_picture_is_uploaded_once_and_its_address_is_told(program: Program) -> None:
    pixel = (
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00"
        b"\x01\x00\x00\x02\x02D\x01\x00;"
    )
    made = program.upload("/media", SimpleUploadedFile("pixel.gif", pixel)).json()
    assert made["kind"] == "image"
    assert program.get("/media")["items"] == [made]
    campaign = program.post("/campaigns", {"media_kind": "image", "media_url": made["url"]})
    assert campaign["media_url"] == made["url"]


def test_opt_outs_are_entered_and_lifted(program: Program, riverside: Team) -> None:
    sent = {"phones": ["+1 202 555 0143", "+491701234567"], "note": "By phone"}
    assert program.post("/opt-outs", sent) == {"new": 2, "known": 0}
    assert program.post("/opt-outs", sent) == {"new": 0, "known": 2}
    (newest, _other) = program.get("/opt-outs")["items"]
    address = f"/opt-outs/{newest['id']}/lift"
    assert program.call("POST", address, {"reason": " "}).status_code == 422
    assert program.post(address, {"reason": "They asked."}) == {"is_lifted": True}
    assert program.post(address, {"reason": "They asked."}) == {"is_lifted": False}
    assert len(program.get("/opt-outs?lifted=true")["items"]) == 1
    assert program.call("POST", "/opt-outs", {"phones": ["x"]}).status_code == 422


def test_a_stop_of_their_own_is_lifted_by_a_sender_alone(
    token_of: MakeToken, riverside: Team, bob: User, sami: User
) -> None:
    opt_out = OptOut.objects.create(
        team=riverside, phone="+12025550143", source=OptOut.Source.INBOUND
    )
    address, sent = f"/opt-outs/{opt_out.public_id}/lift", {"reason": "They asked."}
    editor = Program(token_of(bob, Scope.OPT_OUTS).key)
    assert editor.call("POST", address, sent).status_code == 403
    assert opt_outs.opted_out(riverside, ["+12025550143"])
    assert Program(token_of(sami, Scope.OPT_OUTS).key).post(address, sent)["is_lifted"]


def test_whose_token_it_is(program: Program, riverside: Team) -> None:
    who = program.get("/me")
    assert (who["team"], who["role"], who["name"]) == ("Riverside Dental", "owner", "Till")
