"""The pages: what they show, what they keep from doing, and whom they refuse."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
import requests

from tests.sociocs_sandbox.conftest import ANN, BOB, CEM, Vendor

pytestmark = pytest.mark.thorough

PAGES = ["/", "/?q=555", f"/phones/{ANN}", "/jobs", "/faults"]
WHATSAPP = {"provider": "twlowa", "channel_key": "clinic-whatsapp"}
NASTY = "<script>alert(1)</script> \"' $name ${x} & \u202e\x00"


class Inspector(HTMLParser):
    """Finds what a strict page must not hold: scripts, styles and handlers inside the page."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if (tag == "script" and "src" not in given) or tag == "style":
            self.wrong.append(tag)
        self.wrong += [name for name in given if name == "style" or name.startswith("on")]
        self.sources += [given[name] or "" for name in ("src", "href", "action") if name in given]


def page(vendor: Vendor, path: str, status: int = 200) -> str:
    answer = requests.get(vendor.url + path, timeout=10)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return unescape(answer.text)


def send(vendor: Vendor, **changes: Any) -> str:
    job_id = vendor.make_job(schedule=..., **changes)
    vendor.settled()
    return job_id


def reply(vendor: Vendor, phone: str, text: str, **more: Any) -> requests.Response:
    form = {"channel": more.pop("channel", "front-desk-sms"), "text": text}
    url = f"{vendor.url}/phones/{phone}/reply"
    return requests.post(url, data=form, timeout=10, **more)


def shown_phones(text: str) -> list[str]:
    return re.findall(r'class="row" href="/phones/(\d+)"', text)


def older(text: str) -> str | None:
    found = re.search(r'class="more"><a class="button" href="([^"]+)"', text)
    return found and found[1]


def test_an_empty_sandbox_says_what_to_do(vendor: Vendor) -> None:
    assert "Nothing received yet" in page(vendor, "/")
    assert "No job yet" in page(vendor, "/jobs")
    assert "No fault in force" in page(vendor, "/faults")


def test_phones_come_newest_first(vendor: Vendor) -> None:
    send(vendor, recipients=[{"to": ANN, "name": "Ann"}])
    send(vendor, recipients=[{"to": BOB, "name": "Bob"}], text="Newer")
    text = page(vendor, "/")
    assert shown_phones(text) == [BOB[1:], ANN[1:]]
    assert "Newer" in text


def test_a_phone_that_gets_another_message_moves_up_and_stays_one(vendor: Vendor) -> None:
    send(vendor, recipients=[{"to": ANN}])
    send(vendor, recipients=[{"to": BOB}])
    send(vendor, recipients=[{"to": ANN}])
    assert shown_phones(page(vendor, "/")) == [ANN[1:], BOB[1:]]


def test_a_waiting_job_shows_on_no_phone(vendor: Vendor) -> None:
    vendor.make_job()
    assert shown_phones(page(vendor, "/")) == []
    assert "jobs waiting" in page(vendor, "/")


def test_a_blocked_phone_is_not_shown(vendor: Vendor) -> None:
    vendor.data("POST", f"/contacts/block/{ANN}")
    send(vendor)
    assert shown_phones(page(vendor, "/")) == [BOB[1:]]


@pytest.mark.parametrize("start", ["/", "/?q=555"])
def test_paging_shows_each_phone_once(vendor: Vendor, start: str) -> None:
    numbers = [f"+1415555{place:04d}" for place in range(120)]
    send(vendor, recipients=[{"to": number} for number in numbers[:70]])
    send(vendor, recipients=[{"to": number} for number in numbers[50:]])
    seen: list[str] = []
    path: str | None = start
    while path:
        text = page(vendor, path)
        seen += shown_phones(text)
        path = older(text)
    assert sorted(seen) == [number[1:] for number in numbers]
    assert seen[:70] == [number[1:] for number in numbers[50:]]


def test_a_number_is_found_by_any_part_of_it(vendor: Vendor) -> None:
    send(vendor, recipients=[{"to": ANN}, {"to": BOB}, {"to": CEM}])
    assert shown_phones(page(vendor, "/?q=0102")) == [BOB[1:]]
    assert shown_phones(page(vendor, "/?q=%2B1+415-555")) == [ANN[1:], BOB[1:]]
    assert "Nothing found" in page(vendor, "/?q=999999")
    assert "Nothing found" in page(vendor, "/?q=nobody")


def test_a_phone_shows_what_it_received(vendor: Vendor) -> None:
    send(vendor, text="Line one\nLine two", recipients=[{"to": ANN, "name": "Ann"}])
    text = page(vendor, f"/phones/{ANN}")
    assert "Line one\nLine two" in text
    assert 'class="phone sms"' in text
    assert "Front desk SMS" in text
    assert "+1 631 747 1111" in text


def test_a_whatsapp_message_looks_like_one_and_media_is_a_card(vendor: Vendor) -> None:
    send(vendor, image_url="https://media.example.org/a.png", **WHATSAPP)
    text = page(vendor, f"/phones/{ANN}")
    assert 'class="phone whatsapp"' in text
    assert "https://media.example.org/a.png" in text
    assert "<img" not in text.partition("<main")[2]


def test_a_whatsapp_template_is_shown_with_its_values(vendor: Vendor) -> None:
    template = {"id": "spring", "variables": {"1": "Ann"}}
    vendor.data("POST", "/message", WHATSAPP | {"to": ANN, "template": template})
    vendor.settled()
    text = page(vendor, f"/phones/{ANN}")
    assert "Template spring" in text
    assert '"1": "Ann"' in text


def test_each_channel_has_a_conversation_of_its_own(vendor: Vendor) -> None:
    send(vendor, text="By text message")
    send(vendor, text="By WhatsApp", **WHATSAPP)
    assert "By WhatsApp" in page(vendor, f"/phones/{ANN}")
    text = page(vendor, f"/phones/{ANN}?channel=front-desk-sms")
    assert "By text message" in text
    assert "By WhatsApp" not in text


def test_a_long_conversation_goes_back_page_by_page(vendor: Vendor) -> None:
    for number in range(65):
        vendor.make_job(schedule=..., text=f"Message {number}.", recipients=[{"to": ANN}])
    vendor.settled()
    last = page(vendor, f"/phones/{ANN}")
    assert "Message 64." in last
    assert "Message 4." not in last
    earlier = older(last)
    assert earlier
    assert "Message 4." in page(vendor, earlier)


def test_a_reply_stands_on_the_phone_at_once(vendor: Vendor) -> None:
    send(vendor)
    answer = reply(vendor, ANN, "Yes please")
    assert answer.history[0].status_code == 303
    assert re.search(r'class="bubble mine">\s*<p>Yes please</p>', answer.text)
    assert "Replied: Yes please" in page(vendor, "/")


def test_an_empty_reply_changes_nothing(vendor: Vendor) -> None:
    send(vendor)
    reply(vendor, ANN, "  ")
    assert vendor.witness()["replies"] == 0


@pytest.mark.parametrize("channel", ["india-whatsapp", "", "nothing"])
def test_a_phone_replies_only_to_who_wrote(vendor: Vendor, channel: str) -> None:
    send(vendor)
    assert reply(vendor, ANN, "Hello", channel=channel).status_code == 404
    assert vendor.witness()["replies"] == 0


@pytest.mark.parametrize(
    "path",
    ["/phones/4915112345678", "/phones/nobody", "/phones/%C2%B2", "/phones/" + "9" * 30, "/jobs/0"],
)
def test_what_is_not_there_says_so(vendor: Vendor, path: str) -> None:
    assert "<h1>" in page(vendor, path, status=404)


def test_jobs_show_their_state_and_lead_to_their_recipients(vendor: Vendor) -> None:
    gone = send(vendor, recipients=[{"to": f"+1415555{place:04d}"} for place in range(130)])
    vendor.make_job()
    deleted = vendor.make_job()
    vendor.data("DELETE", f"/messages/bulk/{deleted}")
    text = page(vendor, "/jobs")
    assert [state in text for state in ("Gone out", "Waiting", "Deleted")] == [True] * 3
    first = page(vendor, f"/jobs/{gone}")
    assert first.count('href="/phones/') == 100
    following = older(first)
    assert following
    assert page(vendor, following).count('href="/phones/') == 30


def test_older_jobs_are_a_page_away(vendor: Vendor) -> None:
    job_ids = [vendor.make_job() for _ in range(55)]
    text = page(vendor, "/jobs")
    following = older(text)
    assert following
    assert job_ids[54] in text
    assert job_ids[0] not in text
    assert job_ids[0] in page(vendor, following)


def test_a_fault_is_switched_on_and_off_by_buttons(vendor: Vendor) -> None:
    form = {"call": "POST /messages/bulk", "times": "1", "fault": "429", "retry_after": "7"}
    answer = requests.post(f"{vendor.url}/faults", data=form | {"seconds": ""}, timeout=10)
    assert "retry_after 7" in answer.text
    (rule,) = vendor.control("GET", "/faults")["rules"]
    assert (rule["method"], rule["path"], rule["times"]) == ("POST", "/messages/bulk", 1)
    requests.post(f"{vendor.url}/faults/{rule['id']}/remove", timeout=10)
    assert vendor.control("GET", "/faults")["rules"] == []


def test_a_fault_that_makes_no_sense_is_told_and_not_added(vendor: Vendor) -> None:
    form = {"call": "* *", "times": "", "fault": "delay", "seconds": "long"}
    answer = requests.post(f"{vendor.url}/faults", data=form, timeout=10)
    assert (answer.status_code, "seconds must be a number" in answer.text) == (400, True)
    assert vendor.control("GET", "/faults")["rules"] == []


def test_all_faults_go_at_once(vendor: Vendor) -> None:
    for fault in ("503", "silence"):
        vendor.control("POST", "/faults", {"fault": fault})
    requests.post(f"{vendor.url}/faults/clear", timeout=10)
    assert vendor.control("GET", "/faults")["rules"] == []


def test_whatever_a_message_holds_is_only_shown(vendor: Vendor) -> None:
    job_id = send(
        vendor,
        text=NASTY,
        recipients=[{"to": ANN, "name": NASTY}],
        file_url='https://media.example.org/"><script>',
    )
    reply(vendor, ANN, NASTY)
    for path in ("/", f"/phones/{ANN}", "/jobs", f"/jobs/{job_id}", f"/?q={NASTY}"):
        text = requests.get(vendor.url + path, timeout=10).text
        assert "<script>" not in text, path
    assert NASTY.partition("\x00")[0] in page(vendor, f"/phones/{ANN}")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_strict_and_asks_nothing_of_others(vendor: Vendor, path: str) -> None:
    send(vendor, image_url="https://media.example.org/a.png")
    answer = requests.get(vendor.url + path, timeout=10)
    inspector = Inspector()
    inspector.feed(answer.text)
    assert inspector.wrong == []
    assert all(source.startswith(("/", "#")) for source in inspector.sources)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count("<h1") == 1


def test_the_live_part_says_when_it_has_changed(vendor: Vendor) -> None:
    def version() -> str:
        answer = requests.get(vendor.url + "/", headers={"X-Live-Part": "1"}, timeout=10)
        assert "<html" not in answer.text
        return answer.headers["X-Live-Version"]

    before = version()
    assert f'data-live="{before}"' in page(vendor, "/")
    assert version() == before
    send(vendor)
    assert version() != before


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("sandbox.css", 200),
        ("sandbox.js", 200),
        ("none.css", 404),
        ("..%2Fstatic%2Fsandbox.css", 404),
    ],
)
def test_only_the_pages_own_files_are_served(vendor: Vendor, name: str, status: int) -> None:
    assert requests.get(f"{vendor.url}/static/{name}", timeout=10).status_code == status


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8790", "127.0.0.1.evil.example", "["]
)
def test_a_strangers_name_for_this_machine_is_refused(vendor: Vendor, host: str) -> None:
    for path in ("/", "/sandbox/witness"):
        answer = requests.get(vendor.url + path, headers={"Host": host}, timeout=10)
        assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/sandbox/reset", "/faults/clear", f"/phones/{ANN}/reply"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_another_site_changes_nothing(vendor: Vendor, path: str, origin: str) -> None:
    answer = requests.post(vendor.url + path, headers={"Origin": origin}, timeout=10)
    assert answer.status_code == 403


def test_the_pages_own_forms_are_let_through(vendor: Vendor) -> None:
    answer = requests.post(f"{vendor.url}/faults/clear", headers={"Origin": vendor.url}, timeout=10)
    assert answer.status_code == 200
