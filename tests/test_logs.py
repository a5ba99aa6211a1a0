"""What may stand in a log line."""

from __future__ import annotations

import inspect
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from celery import Celery, Task
from celery.app.trace import build_tracer
from celery.signals import before_task_publish
from django.apps import apps
from django.db.models import Model
from hypothesis import given
from hypothesis import strategies as st

import composer.tasks
import delivery.tasks
import history.tasks
import recipients.tasks
import sending.tasks
from config.logs import JsonFormatter, LineFormatter, MaskPersonalData, NoteIds, mask
from interface import log_ids
from tests import watched_words
from tests.sociocs_gateway import canaries
from trail.acts import Act
from trail.recording import record

APPS = ("sociocs_accounts", "campaigns", "sending", "delivery", "composer", "history")


@pytest.mark.parametrize(
    "secret",
    [
        "+14155552671",
        "415 555 2671",
        "(415) 555-2671",
        "+1 415.5552671s",
        "415.555.2671s",
        "415 555.2671s",
        "14155552671.0s",
        "e047a1b2c3:Xqc3d4e5f6g7",
        "a4969be0123456789f400f74:Xqc3d4e5f6g7",
        "01a208a5-2529-77d9-8f1d-79ea7d9e1123:Xqc3d4e5f6g7",
        "/invitations/Zm9vYmFyYmF6cXV4/",
        "/password-reset/MQ/c8x2k1-0123456789abcdef/",
        "/sign-up/Im5vcmFAZXhhbXBsZS5vcmci:1wXyz:abcdef/",
        "/account/address/WzEsIm5vcmEiXQ:1wXyz:abcdef/",
    ],
)
def test_what_is_secret_or_personal_is_masked(secret: str) -> None:
    written = mask(f"GET {secret} failed")

    assert secret not in written
    assert written.startswith("GET ")
    assert written.endswith(" failed")


@pytest.mark.parametrize(
    "harmless",
    [
        "2026-04-02 09:30:17",
        "2026-04-02T09:30:17+00:00",
        "01a208a5-2529-77d9-8f1d-79ea7d9e1123",
        "a4969be0123456789f400f74",
        "127.0.0.1",
        "imported 48210 rows",
        "password-reset-sent",
        "0.012345678s",
        "12.123456789000001s",
        "Task delivery.tick[01a208a5-2529-77d9-8f1d-79ea7d9e1123] succeeded in 10.000271459s: None",
    ],
)
def test_what_an_operator_needs_stays(harmless: str) -> None:
    assert harmless in mask(f"at {harmless}: done")


@given(st.text(), st.integers(10**10, 10**14))
def test_no_phone_number_survives_wherever_it_stands(around: str, number: int) -> None:
    assert f"+{number}" not in mask(f"{around} +{number} {around}")


@pytest.mark.django_db
def test_what_the_tests_watch_for_is_found_wherever_it_gets_out() -> None:
    logging.getLogger("anything").warning("refused for %s", "key7:secret")
    before_task_publish.send("a task", body=(("+12025550001",), {}), headers={})
    record(Act.INVITED, after={"name": "Person 3"})

    found = [told.partition(":")[0] for told in watched_words.taken()]
    assert found == ["a key in the log", "a number in a broker's message", "a name in the trail"]


class _Refused(Exception):
    """As psycopg words it: the whole row, as it would have been stored."""


def test_a_task_that_fails_tells_nothing_of_the_people_it_was_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.handler.setFormatter(LineFormatter())
    caplog.handler.addFilter(MaskPersonalData())

    @Celery(set_as_current=False).task
    def store() -> None:
        raise _Refused(
            'null value in column "list" violates a rule\n'
            f"DETAIL:  Failing row contains (7, {canaries.PHONE}, {canaries.NAME},\n"
            f"{canaries.TEXT}, e047canary).\n"
            f'CONTEXT:  COPY people, line 5: "{canaries.NAME}"'
        )

    trace = build_tracer("store", store, app=store.app)
    with caplog.at_level(logging.INFO):
        trace("01a208a5-2529-77d9-8f1d-79ea7d9e1123", [], {}, {"id": "x", "argsrepr": "(7,)"})

    assert "violates a rule" in caplog.text
    assert "DETAIL: [withheld]" in caplog.text
    assert canaries.found_in(caplog.text) == []


@pytest.mark.parametrize(
    "model",
    [
        model
        for app in (*APPS, "recipients", "teams")
        for model in apps.get_app_config(app).get_models()
        if {"phone", "email"} & {one.name for one in model._meta.get_fields()}
    ],
)
def test_a_row_about_a_person_shows_itself_to_developers_without_them(model: type[Model]) -> None:
    row = model()
    words = {"phone": canaries.PHONE, "email": "w@canary.example", "name": canaries.NAME}
    for name, word in (words | {"label": canaries.NAME, "text": canaries.TEXT}).items():
        if name in {one.name for one in model._meta.get_fields()}:
            setattr(row, name, word)

    assert canaries.found_in(repr(row)) == []
    assert "canary" not in repr(row)


TASKS = [sending.tasks, delivery.tasks, composer.tasks, history.tasks, recipients.tasks]


@pytest.mark.parametrize(
    "task",
    [
        one
        for module in (
            sending.tasks,
            delivery.tasks,
            composer.tasks,
            history.tasks,
            recipients.tasks,
        )
        for one in vars(module).values()
        if isinstance(one, Task)
    ],
)
def test_a_task_is_told_numbers_and_nothing_else(task: Task[..., None]) -> None:
    told = inspect.get_annotations(task.run, eval_str=True)
    told.pop("return")

    assert set(told.values()) <= {int}


def test_arguments_and_tracebacks_are_masked_and_one_record_is_one_line() -> None:
    try:
        raise ValueError("for +14155552671\n2026 forged line \x1b[31m")
    except ValueError:
        record = logging.LogRecord(
            "x", logging.ERROR, "f", 1, "to %s", ("+14155552671",), sys.exc_info()
        )
    MaskPersonalData().filter(record)

    lines = LineFormatter().format(record).split("\n")

    assert not any("4155552671" in line for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])
    assert "\x1b" not in "".join(lines)


REQUEST_ID = "7d3e1fa0-2b6c-4e0d-9a51-0c9d8e7f6a5b"
TASK_ID = "01a208a5-2529-77d9-8f1d-79ea7d9e1123"


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What the gateway's own logger writes for a request's task, as the product's handler does."""
    caplog.handler.addFilter(NoteIds())
    caplog.handler.addFilter(MaskPersonalData())
    caplog.set_level(logging.INFO)
    log_ids.bear(log_ids.Ids(REQUEST_ID, TASK_ID))
    yield caplog
    log_ids.bear(log_ids.Ids())


def test_a_line_bears_the_ids_of_its_request_and_task(written: pytest.LogCaptureFixture) -> None:
    written.handler.setFormatter(LineFormatter())
    logging.getLogger("sociocs_gateway.transport").info("to %s", "+14155552671")
    log_ids.bear(log_ids.Ids())
    logging.getLogger("sociocs_gateway.transport").info("to nobody")

    told, without = written.text.splitlines()
    ids = f"request_id={REQUEST_ID} task_id={TASK_ID}"
    assert told.endswith(f" INFO sociocs_gateway.transport {ids} to [number]")
    assert without.endswith(" INFO sociocs_gateway.transport to nobody")


def test_as_json_a_record_is_one_masked_object(written: pytest.LogCaptureFixture) -> None:
    written.handler.setFormatter(JsonFormatter())
    try:
        raise _Refused(f"for {canaries.PHONE}\nDETAIL:  row (7, {canaries.NAME}, {canaries.TEXT})")
    except _Refused:
        logging.getLogger("x").exception("said to %s\nby %s", canaries.PHONE, "key7abc:secret")

    (line,) = written.text.splitlines()
    told = json.loads(line)
    assert canaries.found_in(line) == []
    assert told.pop("exception").endswith("_Refused: for [number]\nDETAIL: [withheld]")
    assert abs((datetime.now(UTC) - datetime.fromisoformat(told.pop("time"))).seconds) < 60
    assert told == {
        "level": "ERROR",
        "logger": "x",
        "message": "said to [number]\nby [key]",
        "request_id": REQUEST_ID,
        "task_id": TASK_ID,
    }
