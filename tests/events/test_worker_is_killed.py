"""Real workers: one dies while a receiver thinks, the next sends the same event again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from events import outbox
from events.kinds import EventKind
from events.models import OutgoingEvent, Receiver
from tests import world
from tests.events.conftest import Listen, a_receiver
from tests.processes import Processes
from tests.waiting import wait_until


@pytest.mark.processes
@pytest.mark.either_database
def test_an_event_survives_the_worker_that_was_sending_it(
    processes: Processes, listen: Listen
) -> None:
    team = world.a_team()
    listener, other = listen(), listen()
    listener.script.append(listener.hang)
    receiver = a_receiver(team, listener.url)
    a_receiver(team, other.url)
    outbox.emit(team.pk, EventKind.FINISHED, {"number": 1})
    outbox.emit(team.pk, EventKind.FINISHED, {"number": 2})
    worker = processes.worker("background", {"EVENTS_TO_LOOPBACK": "1"})
    # The other one is not held up meanwhile.
    wait_until(lambda: listener.calls and len(other.calls) == 2)
    worker.kill()
    assert OutgoingEvent.objects.filter(receiver=receiver, state="waiting").count() == 2
    # The dead one's claim ends by itself after a minute.
    Receiver.objects.filter(pk=receiver.pk).update(lease_until=timezone.now())

    processes.start_workers_again()
    wait_until(lambda: len(listener.calls) == 3)

    assert [call.json["data"]["number"] for call in listener.calls] == [1, 1, 2]
    assert listener.calls[0].event_id == listener.calls[1].event_id
    wait_until(lambda: not OutgoingEvent.objects.exclude(state="delivered").exists())
