"""docker-compose.yml begun as a whole, on the image that the Dockerfile's own steps make."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.containers import compose_folder, rooms
from tests.containers.building import QUICK, Builder
from tests.containers.composing import Compose, Service
from tests.containers.rooms import private_network
from tooling.places import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.namespaces, pytest.mark.long]

PASSWORD = "a long walk to the harbour"
COPY = "/data/backups/2026-11-30"


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """All services, well."""
    folder = tmp_path_factory.mktemp("compose")
    compose_folder.make(folder)
    image = Builder(folder / "built", QUICK).build()
    with private_network() as network:
        compose = Compose(folder, image, network)
        try:
            compose.up()
            yield compose
        finally:
            compose.stop()
            rooms.as_root("rm", "-rf", str(folder))


def managed(service: Service, *words: str, **environment: str) -> str:
    """What `docker compose exec SERVICE python manage.py ...` prints."""
    room = replace(service.room, environment=dict(service.room.environment) | environment)
    return room.run("python", "manage.py", *words).stdout


def logs(compose: Compose) -> dict[str, str]:
    return {name: one.child.output for name, one in compose.services.items() if one.child}


def test_whoever_comes_through_the_web_server_in_front_signs_in(compose: Compose) -> None:
    managed(
        compose.services["web"],
        *("createsuperuser", "--no-input", "--email", "root@example.org", "--name", "Root"),
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    network = compose.services["proxy"].room.network
    assert network is not None
    volume = compose.volume("certificates")
    (authority,) = volume.glob("caddy/pki/authorities/local/root.crt")
    told = subprocess.run(
        [*network.way_in, sys.executable, "-m", "tests.containers.visitor", str(authority)],
        cwd=ROOT,
        env=os.environ | {"PASSWORD": PASSWORD},
        stdout=subprocess.PIPE,
        check=True,
    )
    assert json.loads(told.stdout) == {
        "by_http": "https://localhost/",
        "led_to": [302, 200],
        "greeted": True,
        "packed": "br",
        "kept": "max-age=315360000, public, immutable",
        "admin": "https://localhost/account/second-step/?next=%2Fadmin%2F",
    }


def test_each_worker_is_at_its_queue_and_nobody_writes_where_nobody_may(compose: Compose) -> None:
    told = logs(compose)
    for queue in ("sending", "background", "ticking"):
        assert re.search(rf"{queue}@worker-{queue} ready\.", told[f"worker-{queue}"])
    for name, text in told.items():
        assert not re.search(r"Read-only file system|Permission denied|Traceback", text), name


def test_every_process_of_ours_is_nobody_with_no_rights(compose: Compose) -> None:
    for name in ("web", "worker-sending", "worker-background", "worker-ticking"):
        child = compose.services[name].child
        assert child is not None
        told = Path(f"/proc/{child.pid}/status").read_text()
        for line in ("Uid:\t10001\t10001\t10001\t10001", "NoNewPrivs:\t1", "CapBnd:\t" + "0" * 16):
            assert line in told, name


def test_a_copy_is_made_while_all_goes_on_and_put_back_once_all_is_stopped(
    compose: Compose,
) -> None:
    told = managed(compose.services["worker-background"], "back_up", COPY)
    assert told.startswith(f"{COPY}/database.dump: ")
    for name in ("web", "worker-sending", "worker-background", "worker-ticking"):
        child = compose.services[name].child
        assert child is not None
        child.kill()
    # The last tick has to be half a minute ago.
    managed(compose.services["migrate"], "shell", "-v0", "-c", _LONG_AGO)
    told = managed(compose.services["migrate"], "restore", COPY)
    assert told.startswith("Restored. Nothing goes out by itself: 0 accounts are stopped")


_LONG_AGO = (
    "from datetime import timedelta; from django.db.models import F; "
    "from campaigns.models import Heartbeat; "
    "Heartbeat.objects.update(at=F('at') - timedelta(minutes=1))"
)
