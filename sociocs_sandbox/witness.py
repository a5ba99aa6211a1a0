"""What really happened, for tests that must not take the caller's word; no fault touches it."""

from __future__ import annotations

from typing import Any

import orjson

from sociocs_sandbox.exchange import Request, Response, json_answer, refusal
from sociocs_sandbox.jobs import iso_time
from sociocs_sandbox.sandbox import Sandbox

REDIRECT_FOLLOWED = "redirect followed"

_JOB_COLUMNS = (
    "job_id, account_id, kind, provider, channel_key, state, schedule_ms, created_ms, executed_ms,"
    " user_id, duplicates_allowed, recipient_count, message_count, body_sha256, recipients_sha256,"
    " text, media, template"
)


def totals(sandbox: Sandbox, _: Request) -> Response:
    """``GET /sandbox/witness``: counts, and ``settled``: whether all that was due is on the phones.

    ``jobs`` counts bulk jobs, deleted ones included. ``requests`` counts since the start of the
    process.
    """
    settled = sandbox.jobs.is_settled()
    row = sandbox.database.row(
        "SELECT coalesce(sum(kind = 'bulk'), 0) AS jobs,"
        " coalesce(sum(kind = 'bulk' AND state = 'deleted'), 0) AS deleted_jobs,"
        " coalesce(sum(kind = 'bulk' AND state = 'scheduled'), 0) AS scheduled_jobs,"
        " coalesce(sum(kind = 'bulk' AND state IN ('running', 'completed')), 0) AS executed_jobs,"
        " coalesce(sum(CASE WHEN kind = 'bulk' AND state <> 'deleted' THEN recipient_count END), 0)"
        " AS recipients,"
        " coalesce(sum(CASE WHEN kind <> 'reply' THEN message_count END), 0) AS messages,"
        " coalesce(sum(kind = 'message'), 0) AS single_messages,"
        " coalesce(sum(kind = 'reply'), 0) AS replies FROM jobs"
    )
    assert row is not None
    counts = sandbox.requests.all()
    redirects = counts.pop(REDIRECT_FOLLOWED, 0)
    return json_answer(
        {
            "requests": sum(counts.values()),
            "requests_by_call": counts,
            "redirects_followed": redirects,
            **dict(row),
            "settled": settled,
            "webhooks": sandbox.webhooks.counts(),
        }
    )


def witnessed_jobs(sandbox: Sandbox, _: Request) -> Response:
    """``GET /sandbox/witness/jobs``: all bulk jobs, oldest first, recipients counted and hashed."""
    rows = sandbox.database.rows(
        f"SELECT {_JOB_COLUMNS} FROM jobs WHERE kind = 'bulk' ORDER BY seq"  # noqa: S608 - columns from above
    )
    return json_answer([_job(dict(row)) for row in rows])


def witnessed_job(sandbox: Sandbox, request: Request) -> Response:
    """``GET /sandbox/witness/jobs/{job_id}``: one job with its recipients, without duplicates."""
    row = sandbox.database.row(
        f"SELECT {_JOB_COLUMNS}, phones, names FROM jobs WHERE job_id = ?",  # noqa: S608 - columns from above
        (request.params["job_id"],),
    )
    if row is None:
        return refusal(404, "There is no such job")
    fields = dict(row)
    phones, names = orjson.loads(fields.pop("phones")), orjson.loads(fields.pop("names"))
    recipients = [
        {"to": f"+{phone}", "name": name} for phone, name in zip(phones, names, strict=True)
    ]
    return json_answer(_job(fields) | {"recipients": recipients})


def messages(sandbox: Sandbox, _: Request) -> Response:
    """``GET /sandbox/witness/messages``: all of ``POST /message``, oldest first, with recipients.

    At most 10,000 are listed.
    """
    rows = sandbox.database.rows(
        f"SELECT {_JOB_COLUMNS}, phones, names FROM jobs WHERE kind = 'message'"  # noqa: S608 - columns from above
        " ORDER BY seq LIMIT ?",
        (LISTED_MESSAGES,),
    )
    listed = []
    for row in rows:
        fields = dict(row)
        [phone], [name] = orjson.loads(fields.pop("phones")), orjson.loads(fields.pop("names"))
        listed.append(_job(fields) | {"to": f"+{phone}", "name": name})
    return json_answer(listed)


def phones(sandbox: Sandbox, request: Request) -> Response:
    """``GET /sandbox/witness/phones?min=2``: numbers with so many messages, most first.

    At most 10,000 are listed, ``phones`` counts them all. A phone's own replies do not count.
    """
    minimum = request.query.get("min", "2")
    if not (minimum.isascii() and minimum.isdecimal() and len(minimum) <= 9):
        return refusal(400, "min must be a whole number")
    rows = sandbox.database.rows(
        "SELECT phone, count(*) AS messages FROM messages WHERE run NOT IN"
        " (SELECT run FROM jobs WHERE kind = 'reply' AND run IS NOT NULL)"
        " GROUP BY phone HAVING count(*) >= ?",
        (int(minimum),),
    )
    listed = sorted(rows, key=lambda row: (-row["messages"], row["phone"]))[:LISTED_PHONES]
    numbers = {f"+{row['phone']}": row["messages"] for row in listed}
    return json_answer({"phones": len(rows), "numbers": numbers})


LISTED_PHONES = 10_000
LISTED_MESSAGES = 10_000


def _job(fields: dict[str, Any]) -> dict[str, Any]:
    for name in ("schedule", "created", "executed"):
        milliseconds = fields.pop(f"{name}_ms")
        fields[name] = iso_time(milliseconds) if milliseconds is not None else None
    for name in ("media", "template"):
        fields[name] = orjson.loads(fields[name])
    fields["duplicates_allowed"] = bool(fields["duplicates_allowed"])
    return fields
