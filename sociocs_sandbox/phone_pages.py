"""The phones: who got something, what stands on a phone's screen, and replies typed on it."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlencode

from sociocs_sandbox.exchange import Request, Response
from sociocs_sandbox.job_pages import latest_jobs
from sociocs_sandbox.message_parts import initials, media_cards, medium, template_card
from sociocs_sandbox.messages import LandedMessage
from sociocs_sandbox.phones import (
    Conversation,
    PhoneList,
    PhoneSummary,
    conversation,
    conversations,
    phones_with,
    recent_phones,
)
from sociocs_sandbox.rendering import (
    NOTHING,
    Html,
    joined_html,
    moment,
    page,
    redirect,
    render,
    shown_number,
)
from sociocs_sandbox.sandbox import Sandbox
from sociocs_sandbox.seeds import CHANNELS, PROVIDER_NAMES
from sociocs_sandbox.validation import MessageRequest

LONGEST_REPLY = 1600
REPLY_SHOWS_WITHIN_SECONDS = 1.0
MS_A_DAY = 86_400_000


def overview_page(sandbox: Sandbox, request: Request) -> Response:
    """``GET /``: phones by their last message, with ``q`` those whose number contains it."""
    query = request.query.get("q", "").strip()
    digits = "".join(filter(str.isdecimal, query))
    before = _place(request.query.get("before", ""))
    found = PhoneList([], None)
    if digits:
        found = phones_with(sandbox.database, digits, before)
    elif not query:
        found = recent_phones(sandbox.database, before)
    live = render(
        "phones.html",
        rows=_phone_rows(found, query, is_older_page=before is not None),
        more=_older_phones(found, query),
        latest_jobs=latest_jobs(sandbox),
        **_totals(sandbox),
    )
    head = render("phones_head.html", query=query)
    return page(request, title="Phones", section="phones", above=head, live=live)


def phone_page(sandbox: Sandbox, request: Request) -> Response:
    """``GET /phones/{phone}``: its screen; ``channel`` and ``before`` choose what it shows."""
    number = _phone_number(request)
    spoken = conversations(sandbox.database, number) if number is not None else []
    if number is None or not spoken:
        return _unknown_phone(request)
    known = [key for key, _ in spoken]
    chosen = request.query.get("channel", known[0])
    before = request.query.get("before", "")
    shown = conversation(
        sandbox.database, number, chosen, int(before) if _is_number(before) else None
    )
    if chosen not in known or shown is None:
        return _unknown_phone(request)
    channel = CHANNELS[chosen]
    last = shown.messages[-1]
    live = render(
        "phone.html",
        phone=number,
        number=shown_number(number),
        name=_person(shown),
        channels=joined_html(_channel(number, key, count, chosen) for key, count in spoken),
        channel=chosen,
        medium=medium(chosen),
        clock=moment(last.at_ms, "time"),
        sender=channel.name,
        sender_initials=initials(channel.name),
        sender_number=shown_number(int(channel.phone_number)),
        older=_older_messages(number, shown),
        bubbles=joined_html(_bubbles(shown)),
    )
    title = shown_number(number)
    back = render("phone_head.html")
    return page(request, title=title, section="phones", above=back, live=live)


def reply(sandbox: Sandbox, request: Request) -> Response:
    """``POST /phones/{phone}/reply`` with ``channel`` and ``text``: the phone answers."""
    number = _phone_number(request)
    fields = parse_qs(request.body.decode("utf-8", "replace"))
    chosen, text = fields.get("channel", [""])[0], fields.get("text", [""])[0].strip()
    answered = conversation(sandbox.database, number, chosen) if number is not None else None
    if number is None or answered is None:
        return _unknown_phone(request)
    if text:
        incoming = MessageRequest(
            provider=answered.provider,
            channel_key=chosen,
            phones=[number],
            names=[_person(answered)],
            text=text[:LONGEST_REPLY],
        )
        sandbox.jobs.create(answered.account_id, "reply", incoming, request.body)
        _wait_until_shown(sandbox)
    return redirect(f"/phones/{number}?{urlencode({'channel': chosen})}")


def _wait_until_shown(sandbox: Sandbox) -> None:
    """A reply lands within milliseconds, unless a million messages are before it."""
    deadline = time.monotonic() + REPLY_SHOWS_WITHIN_SECONDS
    while not sandbox.jobs.is_settled() and time.monotonic() < deadline:
        time.sleep(0.01)


def _totals(sandbox: Sandbox) -> dict[str, str]:
    row = sandbox.database.row(
        "SELECT coalesce(sum(CASE WHEN kind <> 'reply' THEN message_count END), 0) AS messages,"
        " coalesce(sum(kind = 'bulk'), 0) AS jobs,"
        " coalesce(sum(kind = 'bulk' AND state = 'scheduled'), 0) AS scheduled FROM jobs"
    )
    assert row is not None
    totals = {name: f"{row[name]:,}" for name in row.keys()}  # noqa: SIM118 - a sqlite3.Row
    return totals | {"webhooks": f"{sandbox.webhooks.counts()['answered']:,}"}


def _phone_rows(page: PhoneList, query: str, *, is_older_page: bool) -> Html:
    if page.phones:
        return joined_html(_phone_row(summary) for summary in page.phones)
    if query:
        text = "No phone with these digits has received anything."
        return render("empty.html", title="Nothing found", text=text)
    if is_older_page:
        text = "The other phones of this time have received something since."
        return render("empty.html", title="Nothing more here", text=text)
    text = "Send a campaign, or a test message: the phones it reaches appear here by themselves."
    return render("empty.html", title="Nothing received yet", text=text)


def _phone_row(summary: PhoneSummary) -> Html:
    last = summary.last
    return render(
        "phone_row.html",
        phone=summary.phone,
        medium=medium(last.channel_key),
        initials=initials(last.name),
        name=last.name or shown_number(summary.phone),
        number=shown_number(summary.phone) if last.name else "",
        prefix="Replied: " if last.is_reply else "",
        snippet=last.text or ("Media" if last.media else "Template"),
        time=moment(last.at_ms, "time"),
        count=f"{summary.messages:,}",
    )


def _older_phones(page: PhoneList, query: str) -> Html:
    if page.older is None:
        return NOTHING
    before = "-".join(map(str, page.older))
    href = "/?" + urlencode({"q": query, "before": before} if query else {"before": before})
    return render("more.html", href=href, label="Older")


def _older_messages(number: int, shown: Conversation) -> Html:
    if shown.older is None:
        return NOTHING
    query = urlencode({"channel": shown.channel_key, "before": shown.older})
    return render("more.html", href=f"/phones/{number}?{query}", label="Earlier messages")


def _channel(number: int, key: str, count: int, chosen: str) -> Html:
    channel = CHANNELS[key]
    return render(
        "channel.html",
        phone=number,
        key=key,
        current="true" if key == chosen else "false",
        medium=medium(key),
        name=channel.name,
        provider=PROVIDER_NAMES[channel.provider],
        count=f"{count:,} message{'' if count == 1 else 's'}",
    )


def _bubbles(shown: Conversation) -> list[Html]:
    """The messages, oldest first, with a line where a new day (UTC) begins."""
    parts: list[Html] = []
    day = -1
    for message in shown.messages:
        if message.at_ms // MS_A_DAY != day:
            day = message.at_ms // MS_A_DAY
            parts.append(render("day.html", day=moment(message.at_ms, "day")))
        parts.append(_bubble(message))
    return parts


def _bubble(message: LandedMessage) -> Html:
    return render(
        "bubble.html",
        side="mine" if message.is_reply else "theirs",
        media=media_cards(message.media),
        template=template_card(message.template),
        text=message.text,
        time=moment(message.at_ms, "time"),
        ticks=Html(' <span class="ticks">✓✓</span>') if message.is_reply else "",
    )


def _person(shown: Conversation) -> str:
    names = [message.name for message in shown.messages if message.name]
    return names[-1] if names else ""


def _unknown_phone(request: Request) -> Response:
    text = "Only phones that received something have a screen here. Check the number."
    live = render("missing.html", title="This phone has received nothing", text=text)
    back = render("phone_head.html")
    return page(request, title="Phone", section="phones", above=back, live=live, status=404)


def _phone_number(request: Request) -> int | None:
    digits = request.params["phone"].removeprefix("+")
    return int(digits) if _is_number(digits) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 15


def _place(text: str) -> tuple[int, int] | None:
    first, _, second = text.partition("-")
    return (int(first), int(second)) if _is_number(first) and _is_number(second) else None
