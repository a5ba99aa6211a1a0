"""Who is written down, from where, and what is not: signing in, passwords, invitations, secrets."""

from __future__ import annotations

import json
import logging
from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.urls import reverse
from pytest_django.fixtures import Settings

from delivery import blocking
from delivery.models import VendorBlock, WebhookEndpoint
from history.activity_words import told_entries
from recipients.imports import undoing
from recipients.models import ListImport, OptOut
from recipients.opting_out import opt_outs
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from teams import invitations, members, refusals
from teams.models import Role, Team, User
from tests import world
from tests.client import Client
from tests.people import ClientOf
from trail.acts import Act
from trail.models import Door, Entry
from trail.recording import record

pytestmark = pytest.mark.django_db


def latest(act: Act) -> Entry:
    return Entry.objects.filter(act=act).latest("pk")


def sign_in(client: Client, email: str, password: str, **headers: str) -> None:
    address = reverse("sign-in")
    client.post(address, {"email": email, "password": password}, headers=headers)


def test_signing_in_and_out_is_written_with_the_session_and_the_address(
    settings: Settings,
) -> None:
    settings.TRUSTED_PROXIES = 1
    person = world.create_person("Nora Quist", world.PASSWORD, email="nora@example.org")
    client = Client()

    sign_in(client, "nora@example.org", world.PASSWORD, x_forwarded_for="203.0.113.9")
    client.post(reverse("sign-out"), headers={"x-forwarded-for": "203.0.113.9"})

    came, left = latest(Act.SIGNED_IN), latest(Act.SIGNED_OUT)
    assert came.actor_id == left.actor_id == came.about_id == person.pk
    assert came.address == "203.0.113.9"
    assert came.through.startswith("session ")
    assert came.through == left.through


def test_a_wrong_password_is_written_about_the_account_and_by_nobody() -> None:
    person = world.create_person("Nora Quist", world.PASSWORD, email="nora@example.org")

    sign_in(Client(), "nora@example.org", "wrong")

    entry = latest(Act.SIGN_IN_FAILED)
    assert (entry.actor_id, entry.about_id, entry.after) == (None, person.pk, {})


def test_of_an_address_without_an_account_only_a_mark_is_kept() -> None:
    for typed in ("stranger@example.org", "Stranger@example.org ", "other@example.org"):
        sign_in(Client(), typed, "wrong")

    entries = Entry.objects.filter(act=Act.SIGN_IN_FAILED).order_by("pk")
    marks = [entry.after["unknown_account"] for entry in entries]
    assert marks[0] == marks[1] != marks[2]
    assert "stranger" not in json.dumps(list(entries.values()), default=str)


def test_tries_that_are_stopped_are_written_once_an_hour() -> None:
    person = world.create_person("Nora Quist", world.PASSWORD, email="nora@example.org")

    for _ in range(14):
        sign_in(Client(), "nora@example.org", "wrong")

    assert Entry.objects.filter(act=Act.SIGN_IN_FAILED).count() == 10
    (entry,) = Entry.objects.filter(act=Act.TRIES_STOPPED)
    assert (entry.actor_id, entry.about_id) == (None, person.pk)


@pytest.fixture
def fresh_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has written down no refusal yet."""
    monkeypatch.setattr(refusals, "_noted", {})


def test_forged_forms_are_written_once_an_hour_for_an_address_and_not_without_end(
    fresh_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "PER_HOUR", 3)
    strict = Client(enforce_csrf_checks=True)
    forged = {"email": "nora@example.org", "password": "wrong"}

    def forge(number: int) -> None:
        address = f"192.0.2.{number}"
        strict.post("/sign-in/", forged, headers={"Origin": "null"}, REMOTE_ADDR=address)

    for _ in range(3):
        forge(1)
    (entry,) = Entry.objects.filter(act=Act.FORM_REFUSED)
    assert (entry.actor_id, entry.address) == (None, "192.0.2.1")
    # Another process counts with this one.
    refusals._noted.clear()
    forge(1)
    assert Entry.objects.filter(act=Act.FORM_REFUSED).count() == 1
    for number in range(2, 9):
        forge(number)
    assert Entry.objects.filter(act=Act.FORM_REFUSED).count() == 3


def test_a_report_that_was_not_signed_is_written_for_its_team_once_an_hour(
    fresh_memory: None, riverside: Team, alice: User
) -> None:
    channel = world.a_channel(riverside)
    endpoint = WebhookEndpoint.objects.create(channel=channel, secret=Secret.of("shared"))
    for _ in range(3):
        answer = Client().post(f"/webhooks/{endpoint.public_id}/", b"{}", content_type="text/plain")
        assert answer.status_code == 403
    Client().post(f"/webhooks/{uuid4()}/", b"{}", content_type="text/plain")

    (entry,) = Entry.objects.filter(act=Act.CALL_REFUSED)
    assert (entry.team_id, entry.actor_id) == (channel.team_id, None)
    (told,) = told_entries([entry], alice)
    assert told.sentence == (
        f"A delivery report for {channel.label} was refused, because Sociocs had not signed it"
    )


def test_a_try_of_whatever_page_is_written() -> None:
    person = world.create_person("Nora Quist", world.PASSWORD, email="nora@example.org")

    assert authenticate(None, email="nora@example.org", password="wrong") is None

    assert latest(Act.SIGN_IN_FAILED).about_id == person.pk


def test_a_new_password_is_written_by_whichever_door(client_of: ClientOf) -> None:
    person = world.create_person("Nora Quist", world.PASSWORD, email="nora@example.org")
    new = "nine-herons-over-slate"
    client_of(person).post(
        reverse("password-change"),
        {"old_password": world.PASSWORD, "new_password1": new, "new_password2": new},
    )

    assert latest(Act.PASSWORD_CHANGED).actor_id == person.pk
    assert latest(Act.PASSWORD_CHANGED).door == Door.PAGE

    person.set_password("ten-herons-over-slate")
    person.save()

    entry = latest(Act.PASSWORD_CHANGED)
    assert (entry.actor_id, entry.about_id, entry.door) == (None, person.pk, Door.COMMAND)


def test_a_password_that_is_only_hashed_anew_is_not_a_new_one(settings: Settings) -> None:
    person = world.create_person("Nora Quist", world.PASSWORD, email="nora@example.org")
    before = Entry.objects.filter(act=Act.PASSWORD_CHANGED).count()
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS[1:], settings.PASSWORD_HASHERS[0]]

    assert person.check_password(world.PASSWORD)

    assert Entry.objects.filter(act=Act.PASSWORD_CHANGED).count() == before


def test_an_operator_made_by_a_command_is_written() -> None:
    call_command(
        "createsuperuser",
        email="root@example.org",
        name="Root",
        interactive=False,
        stdout=StringIO(),
    )

    entry = latest(Act.PERSON_MADE)
    assert entry.about_id == User.objects.get(email="root@example.org").pk
    assert entry.after == {"is_staff": True, "is_superuser": True}
    assert entry.door == Door.COMMAND


def test_of_a_changed_address_only_that_it_changed_is_kept() -> None:
    person = world.create_person("Nora Quist", email="nora@example.org")
    stored = User.objects.get(pk=person.pk)
    stored.email, stored.is_active = "other@example.org", False
    stored.save(update_fields=["email", "is_active"])

    entry = latest(Act.ACCOUNT_CHANGED)
    assert entry.after == {"is_active": False, "email": "changed"}
    assert entry.before == {"is_active": True}


def test_a_person_saved_without_a_change_leaves_nothing() -> None:
    world.create_person("Nora Quist", email="nora@example.org")
    stored = User.objects.get(email="nora@example.org")
    before = Entry.objects.count()
    stored.name = "Nora Berg"
    stored.save()

    assert Entry.objects.count() == before


def test_whoever_joins_by_an_invitation_is_written(riverside: Team, alice: User) -> None:
    invited = invitations.invite(riverside, "new@example.org", Role.SENDER, alice)
    fields = {"name": "Nia New", "password": "nine-herons-over-slate"}

    Client().post(invited.link, fields)

    entry = latest(Act.JOINED)
    joined = User.objects.get(email="new@example.org")
    assert (entry.actor_id, entry.about_id, entry.team_id) == (joined.pk, joined.pk, riverside.pk)
    assert entry.after == {"role": "sender"}
    assert "new@example.org" not in json.dumps(list(Entry.objects.values()), default=str)


def test_a_role_says_what_was_before_and_after(riverside: Team, bob: User) -> None:
    members.change_role(riverside.memberships.get(user=bob), Role.OWNER)

    entry = latest(Act.ROLE_CHANGED)
    assert (entry.about_id, entry.team_id) == (bob.pk, riverside.pk)
    assert (entry.before, entry.after) == ({"role": "editor"}, {"role": "owner"})


def test_approval_that_is_switched_off_says_who_and_from_what(
    riverside: Team, alice: User, client_of: ClientOf
) -> None:
    Team.objects.filter(pk=riverside.pk).update(approval_above=500)
    fields = {
        "name": riverside.name,
        "time_zone": riverside.time_zone,
        "default_country": "US",
        "currency": "USD",
        "failures_until_left_out": "2",
        "stop_way": "both",
    }

    client_of(alice).post(reverse("team-settings", args=[riverside.slug]), fields)

    entry = latest(Act.TEAM_CHANGED)
    assert entry.actor_id == alice.pk
    assert entry.before["approval_above"] == 500
    assert entry.after["approval_above"] is None


def test_an_import_that_is_undone_is_written(riverside: Team, alice: User) -> None:
    people = world.a_list(riverside, world.phones(2))
    done = ListImport.objects.create(
        team=riverside,
        uploaded_by=alice,
        recipient_list=people,
        state=ListImport.State.COMPLETED,
        completed_at=people.created_at,
        file_name="x.csv",
        file_size=1,
    )

    undoing.undo_import(done, people.owner)

    assert latest(Act.IMPORT_UNDONE).thing_id == people.pk


def test_blocks_that_are_taken_away_are_written(channel: Channel, alice: User) -> None:
    opt_out = world.opt_out(channel.team, world.phones(1)[0])
    blocking.block_all(channel.team, channel.account, alice)
    VendorBlock.objects.update(state=VendorBlock.State.DONE)
    opt_outs.lift(opt_out, "They asked for it.", alice)

    blocking.unblock_lifted(channel.team, channel.account, alice)

    assert latest(Act.UNBLOCKED).after == {"people": 1}


def test_a_wish_that_comes_by_itself_is_nobodys_act(riverside: Team) -> None:
    before = Entry.objects.count()

    opt_outs.add_opt_outs(riverside, world.phones(2), OptOut.Source.INBOUND, None)

    assert Entry.objects.count() == before


def test_the_stream_holds_ids_and_no_settings(
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: pytest.FixtureRequest,
) -> None:
    settings.TRAIL_TO_STDOUT = True
    log = logging.getLogger("trail.stream")
    log.addHandler(caplog.handler)
    try:
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            record(Act.TEAM_CHANGED, team_id=7, before={"name": "Mary Smith"}, after={"name": "M"})
    finally:
        log.removeHandler(caplog.handler)

    (line,) = [json.loads(entry.message) for entry in caplog.records if entry.name == log.name]
    assert (line["act"], line["team"], line["changed"]) == ("team.changed", 7, ["name"])
    assert "Mary" not in json.dumps(line)
