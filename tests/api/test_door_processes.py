"""Calls of the door to real processes: killed between making and answering, raced, logged."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import requests
from django.db import connection

from api.call_models import CalledJob
from campaigns.models import Campaign
from teams.models import Team
from tests import world
from tests.api.calling import PEOPLE, Program, a_program, many_recipients, peak_rss_mb
from tests.client import Client
from tests.processes import Processes
from tests.waiting import wait_until

# The table of numbers that came before, and a chunk of rows.
ROOM_MEGABYTES = 60
BULK = {
    "provider": "twlo",
    "channel_key": "front-desk",
    "recipients": PEOPLE,
    "text": "Hello",
}


def a_till() -> tuple[Team, Program]:
    team = world.a_team()
    world.a_channel(team)
    return team, a_program(team)


@pytest.mark.processes
@pytest.mark.either_database
@pytest.mark.parametrize("key", ["order-7", ""])
def test_killed_between_making_and_answering_the_repeat_finds_the_one_job(
    processes: Processes, tmp_path: Path, key: str
) -> None:
    _team, till = a_till()
    (once := tmp_path / "once").touch()
    web = processes.web({"FAILPOINTS": f"call_made=once:{once}:kill"})
    url = f"{web.url}/sociocs/messages/bulk"
    headers = {"apikey": till.made.key} | ({"Idempotency-Key": key} if key else {})
    with pytest.raises(requests.ConnectionError):
        requests.post(url, json=BULK, headers=headers, timeout=30)
    assert not once.exists()

    def answers() -> bool:
        try:
            return requests.get(f"{web.url}/healthz", timeout=30).ok
        except requests.ConnectionError:
            return False

    wait_until(answers)
    answer = requests.post(url, json=BULK, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    job = CalledJob.objects.get()
    assert answer.json()["data"] == {"job_id": job.public_id.hex}
    assert Campaign.objects.count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_tokens_that_race_with_one_key_make_one_job() -> None:
    team, till = a_till()
    tills = [till, a_program(team, name="Other till")] * 2
    begin, told = threading.Barrier(len(tills)), list[object]()

    def call(till: Program) -> None:
        begin.wait()
        racer = Program(till.made, Client())
        told.append(racer.data("POST", "/messages/bulk", BULK, **{"Idempotency-Key": "order-7"}))
        connection.close()

    racers = [threading.Thread(target=call, args=(till,)) for till in tills]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert told == [told[0]] * len(tills)
    assert Campaign.objects.count() == 1
    (job,) = CalledJob.objects.all()
    assert told[0] == {"job_id": job.public_id.hex}


@pytest.mark.processes
@pytest.mark.long
@pytest.mark.both_databases
def test_a_hundred_thousand_people_in_one_call_take_no_more_memory_than_a_hundred(
    processes: Processes,
) -> None:
    _team, till = a_till()
    web = processes.web()
    fields = {"provider": "twlo", "channel_key": "front-desk", "text": "Hello"}

    def call(number: int) -> str:
        answer = requests.post(
            f"{web.url}/sociocs/messages/bulk",
            # In chunks, of which nobody says beforehand how many there are.
            data=many_recipients(fields, number),
            headers={"apikey": till.made.key},
            timeout=600,
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["job_id"])

    call(100)
    before = peak_rss_mb(web.child.pid)
    job_id = call(100_000)
    assert peak_rss_mb(web.child.pid) - before < ROOM_MEGABYTES
    campaign = CalledJob.objects.get(public_id=job_id).campaign
    assert campaign is not None
    assert campaign.lists.get().recipient_count == 100_000
