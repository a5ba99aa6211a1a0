"""Who is told what of campaigns: in the app, by e-mail, once, as they chose."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import record_event
from history import notices
from history.models import Notice, NoticedEvent, NoticeKind, Whose
from teams.models import User
from tests.browsing import Desk, text_of
from tests.desks import DeskOf

pytestmark = pytest.mark.thorough

Kind = CampaignEvent.Kind


@pytest.fixture
def happened(draft: Campaign, alice: User, sami: User, bob: User, vera: User) -> Campaign:
    """Alice's campaign, in a team of one member of each role."""
    Campaign.objects.filter(pk=draft.pk).update(
        created_by=alice, launched_by=alice, name="Spring\r\nBcc: x@example.org"
    )
    draft.refresh_from_db()
    return draft


def tell(campaign: Campaign, kind: CampaignEvent.Kind, **details: Any) -> None:
    record_event(campaign, kind, **details)
    notices.make_notices()
    notices.send_mails()


def mailed() -> set[str]:
    return {address.partition("@")[0] for one in mail.outbox for address in one.to}


def told() -> set[str]:
    return {one.user.name.split()[0] for one in Notice.objects.filter(in_app=True)}


def test_without_choices_all_are_told_here_and_who_can_decide_by_mail(happened: Campaign) -> None:
    tell(happened, Kind.NEEDS_DECISION)
    assert told() == {"Alice", "Sami", "Bob", "Vera"}
    assert {one.user.name.split()[0] for one in Notice.objects.filter(mail="sent")} == {
        "Alice",
        "Sami",
    }
    assert len(mail.outbox) == 2


def test_completion_is_mailed_to_whose_campaign_it_is(happened: Campaign, alice: User) -> None:
    tell(happened, Kind.COMPLETED)
    assert [one.to for one in mail.outbox] == [[alice.email]]


def test_a_mail_has_a_link_and_nobodys_number_name_or_text(happened: Campaign) -> None:
    tell(happened, Kind.MISSED)
    one = mail.outbox[0]
    assert one.subject.startswith("“Spring Bcc: x@example.org” was missed. Nothing was sent (")
    assert f"/campaigns/{happened.public_id}/" in one.body
    assert "notices/choices/" in one.body
    assert happened.text not in f"{one.body} {one.subject}"
    assert "+1202" not in one.body


@pytest.mark.parametrize(
    ("kind", "details", "is_told"),
    [
        (Kind.PAUSED, {"reason": "person"}, False),
        (Kind.PAUSED, {"reason": "quiet_hours"}, False),
        (Kind.PAUSED, {"reason": "circuit"}, True),
        (Kind.LAUNCH_UNDONE, {"reason": "audience_changed"}, True),
        (Kind.REFUSED, {"seq": 1}, True),
        (Kind.RESUMED, {}, False),
        (Kind.UNCLEAR, {}, False),
    ],
)
def test_only_what_is_news_is_told(
    happened: Campaign, kind: CampaignEvent.Kind, details: dict[str, Any], is_told: bool
) -> None:
    tell(happened, kind, **details)
    assert Notice.objects.exists() is is_told


def test_each_event_is_told_once_and_of_one_kind_only_one_is_unread(happened: Campaign) -> None:
    tell(happened, Kind.REFUSED)
    tell(happened, Kind.REFUSED)
    notices.make_notices()
    notices.send_mails()
    assert Notice.objects.count() == 4
    assert len(mail.outbox) == 2
    Notice.objects.update(read_at=timezone.now())
    tell(happened, Kind.REFUSED)
    assert Notice.objects.count() == 8
    assert not notices.has_notices()


def test_what_happened_long_ago_is_not_told(happened: Campaign, monkeypatch: Any) -> None:
    record_event(happened, Kind.COMPLETED)
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    notices.make_notices()
    assert not NoticedEvent.objects.exists()


def test_a_process_that_dies_while_mailing_sends_no_second_mail(
    happened: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(notices, "_hand_to_the_mail_server", die)
    with pytest.raises(KeyboardInterrupt):
        tell(happened, Kind.COMPLETED)
    monkeypatch.undo()
    notices.send_mails()
    assert mail.outbox == []
    assert Notice.objects.filter(mail="sending").count() == 1


def test_a_mail_server_that_is_away_is_tried_again_later_and_not_for_ever(
    happened: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SMTPException

    monkeypatch.setattr(notices, "_hand_to_the_mail_server", refuse)
    tell(happened, Kind.COMPLETED)
    waiting = Notice.objects.get(mail="waiting")
    assert waiting.mail_not_before is not None
    assert waiting.mail_not_before > timezone.now() + timedelta(minutes=1)
    for _ in range(9):
        Notice.objects.filter(mail="waiting").update(mail_not_before=timezone.now())
        notices.send_mails()
    failed = Notice.objects.get(mail="failed")
    assert failed.mail_tries == 5


def test_who_left_the_team_gets_no_mail(happened: Campaign, sami: User) -> None:
    record_event(happened, Kind.MISSED)
    notices.make_notices()
    sami.memberships.all().delete()
    notices.send_mails()
    assert sami.email not in [to for one in mail.outbox for to in one.to]


def test_a_choice_is_kept_and_followed(desk_of: DeskOf, happened: Campaign, vera: User) -> None:
    desk = desk_of(vera)
    kind = NoticeKind.COMPLETED.value
    page = desk.client.post(
        desk.url("notice-choices"),
        {f"{kind}-in_app": "nobody", f"{kind}-by_email": "all", "missed-in_app": "nonsense"},
        follow=True,
    )
    assert "Saved." in text_of(page)
    assert f'name="{kind}-by_email"' in page.content.decode()
    chosen = notices.choices_of(vera.memberships.get())
    assert chosen[NoticeKind.COMPLETED].by_email == Whose.ALL
    assert chosen[NoticeKind.MISSED].in_app == Whose.ALL
    tell(happened, Kind.COMPLETED)
    assert "Vera" not in told()
    assert vera.email in [to for one in mail.outbox for to in one.to]


def test_the_bell_counts_and_opening_reads(desk: Desk, happened: Campaign) -> None:
    tell(happened, Kind.MISSED)
    tell(happened, Kind.NEEDS_DECISION)
    page = desk.get("notices")
    assert "Notices 2 unread" in text_of(page)
    assert text_of(page).count("Unread:") == 2
    notice = Notice.objects.filter(user__name="Alice Moreau").first()
    assert notice is not None
    answer = desk.client.post(desk.url("notice", None, notice.public_id))
    assert answer["Location"] == desk.url("campaign", happened)
    assert "unread" not in text_of(desk.get("notices"))
    assert Notice.objects.filter(user__name="Sami Haddad", read_at=None).count() == 2


def test_all_are_read_at_once_and_those_of_others_stay(desk: Desk, happened: Campaign) -> None:
    tell(happened, Kind.MISSED)
    desk.post("notices-read")
    assert Notice.objects.filter(read_at=None, in_app=True).count() == 3


def test_nobody_opens_a_colleagues_notice(desk: Desk, happened: Campaign, sami: User) -> None:
    tell(happened, Kind.MISSED)
    theirs = Notice.objects.get(user=sami)
    assert desk.client.post(desk.url("notice", None, theirs.public_id)).status_code == 404
