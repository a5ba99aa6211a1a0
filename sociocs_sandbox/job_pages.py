"""The jobs that were handed over: all of them, newest first, and one with its recipients."""

from __future__ import annotations

from sqlite3 import Row
from urllib.parse import urlencode

import orjson

from sociocs_sandbox.exchange import Request, Response
from sociocs_sandbox.message_parts import STATE_WORDS, channel_name, media_cards, template_card
from sociocs_sandbox.rendering import NOTHING, Html, joined_html, moment, page, render, shown_number
from sociocs_sandbox.sandbox import Sandbox
from sociocs_sandbox.seeds import CHANNELS, TEAM_MEMBERS

JOBS_ON_A_PAGE = 50
LATEST_JOBS = 6
RECIPIENTS_ON_A_PAGE = 100

_COLUMNS = (
    "seq, job_id, channel_key, state, schedule_ms, created_ms, executed_ms, user_id,"
    " duplicates_allowed, recipient_count, message_count, text, media, template"
)


def jobs_page(sandbox: Sandbox, request: Request) -> Response:
    """``GET /jobs``: every bulk job, last made first; ``before`` points to an older page."""
    before = request.query.get("before", "")
    is_place = before.isascii() and before.isdecimal() and len(before) <= 15
    rows = _newest(sandbox, JOBS_ON_A_PAGE, int(before) if is_place else None)
    more = NOTHING
    if len(rows) == JOBS_ON_A_PAGE:
        href = "/jobs?" + urlencode({"before": rows[-1]["seq"]})
        more = render("more.html", href=href, label="Older")
    if rows:
        live = render("jobs.html", rows=joined_html(map(_row, rows)), more=more)
    else:
        text = "Jobs appear here by themselves as soon as one is handed over."
        live = _card(render("empty.html", title="No job yet", text=text))
    return page(request, title="Jobs", section="jobs", above=render("jobs_head.html"), live=live)


def job_page(sandbox: Sandbox, request: Request) -> Response:
    """``GET /jobs/{job_id}``: one job; ``from`` is the place of its first recipient shown."""
    job_id = request.params["job_id"]
    row = sandbox.database.row(
        f"SELECT {_COLUMNS}, phones, names FROM jobs WHERE job_id = ?",  # noqa: S608 - columns from above
        (job_id,),
    )
    if row is None:
        text = "It may have been made before the sandbox was reset. Check the id."
        live = render("missing.html", title="There is no such job", text=text)
        back = render("back_to_jobs.html")
        return page(request, title="Job", section="jobs", above=back, live=live, status=404)
    start = request.query.get("from", "")
    first = int(start) if start.isascii() and start.isdecimal() and len(start) <= 9 else 0
    live = render(
        "job.html",
        rows=_recipients(row, first),
        more=_more_recipients(row, first),
        executed=moment(row["executed_ms"]),
        created=moment(row["created_ms"]),
        duplicates="Allowed" if row["duplicates_allowed"] else "Sent once",
        sender=TEAM_MEMBERS[row["user_id"]].name if row["user_id"] else "Sociocs API",
        media=media_cards(orjson.loads(row["media"])),
        template=template_card(orjson.loads(row["template"])),
        text=row["text"],
        **_common(row),
    )
    head = joined_html([render("back_to_jobs.html"), render("job_head.html", job_id=job_id)])
    return page(request, title="Job", section="jobs", above=head, live=live)


def latest_jobs(sandbox: Sandbox) -> Html:
    """The latest jobs, a line each, for the overview."""
    rows = _newest(sandbox, LATEST_JOBS, None)
    if not rows:
        return Html('<p class="line muted">No job yet</p>')
    return joined_html(
        render(
            "job_line.html",
            job_id=row["job_id"],
            recipients=f"{row['recipient_count']:,}",
            people="recipient" if row["recipient_count"] == 1 else "recipients",
            channel=CHANNELS[row["channel_key"]].name,
            state=row["state"],
            state_word=STATE_WORDS[row["state"]],
            time=moment(row["schedule_ms"], "time"),
        )
        for row in rows
    )


def _newest(sandbox: Sandbox, limit: int, before: int | None) -> list[Row]:
    return sandbox.database.rows(
        f"SELECT {_COLUMNS} FROM jobs WHERE kind = 'bulk' AND seq < ?"  # noqa: S608 - columns from above
        " ORDER BY seq DESC LIMIT ?",
        (before or 1 << 62, limit),
    )


def _row(row: Row) -> Html:
    return render("job_row.html", text=row["text"], **_common(row))


def _common(row: Row) -> dict[str, object]:
    return {
        "job_id": row["job_id"],
        "channel": channel_name(row["channel_key"]),
        "schedule": moment(row["schedule_ms"]),
        "recipients": f"{row['recipient_count']:,}",
        "messages": f"{row['message_count']:,}" if row["state"] == "completed" else "0",
        "state": row["state"],
        "state_word": STATE_WORDS[row["state"]],
    }


def _recipients(row: Row, first: int) -> Html:
    phones, names = orjson.loads(row["phones"]), orjson.loads(row["names"])
    shown = slice(first, first + RECIPIENTS_ON_A_PAGE)
    return joined_html(
        render(
            "recipient.html",
            phone=phone,
            name=name or shown_number(phone),
            number=shown_number(phone) if name else "",
        )
        for phone, name in zip(phones[shown], names[shown], strict=True)
    )


def _more_recipients(row: Row, first: int) -> Html:
    following = first + RECIPIENTS_ON_A_PAGE
    if following >= len(orjson.loads(row["phones"])):
        return NOTHING
    href = f"/jobs/{row['job_id']}?from={following}"
    return render("more.html", href=href, label="More recipients")


def _card(content: Html) -> Html:
    return Html(f'<section class="card">{content}</section>')
