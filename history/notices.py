"""Telling people what happened to campaigns: in the app, and by e-mail to those who chose it.

The events are the queue: whatever has no notices yet gets them, once, from the tick's task. A mail
says which campaign and what, and leads to its page; it holds no recipients and no text.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, CampaignEvent
from campaigns.states import PauseReason
from history.models import Notice, NoticeChoice, NoticedEvent, NoticeKind, Whose
from interface.wording import Text
from teams.access import Action, may
from teams.models import Membership, Team, User

log = logging.getLogger(__name__)

Event = CampaignEvent.Kind
# What is older was never told in time; it stands in the timelines.
_TOLD_WITHIN = timedelta(days=1)
_EVENTS_A_TASK = 200
_MAILS_A_TASK = 50
_MOST_TRIES = 5
_PAUSE = timedelta(minutes=2)

_KINDS: Mapping[str, NoticeKind] = {
    Event.NEEDS_DECISION: NoticeKind.NEEDS_DECISION,
    Event.REFUSED: NoticeKind.NEEDS_DECISION,
    Event.MISSED: NoticeKind.MISSED,
    Event.PAUSED: NoticeKind.FAILED,
    Event.LAUNCH_UNDONE: NoticeKind.FAILED,
    Event.RUN_WAITS: NoticeKind.FAILED,
    Event.APPROVAL_ASKED: NoticeKind.APPROVAL,
    Event.COMPLETED: NoticeKind.COMPLETED,
}
# What a person does needs no telling, nor what goes on by itself in the morning.
_NO_NEWS = frozenset({PauseReason.PERSON.value, PauseReason.QUIET_HOURS.value})

SENTENCES: Mapping[str, Text] = {
    NoticeKind.NEEDS_DECISION: gettext_lazy("“%(name)s” needs your decision"),
    NoticeKind.MISSED: gettext_lazy("“%(name)s” missed its time. Nothing was sent"),
    NoticeKind.FAILED: gettext_lazy("“%(name)s” stopped by itself"),
    NoticeKind.APPROVAL: gettext_lazy("“%(name)s” waits for approval"),
    NoticeKind.COMPLETED: gettext_lazy("“%(name)s” is complete"),
}


def notice_sentence(notice: Notice) -> str:
    """What a notice says, in one line."""
    return str(SENTENCES[notice.kind]) % {"name": notice.campaign.name}


# --- What people chose ----------------------------------------------------------------------------


def usual(membership: Membership, kind: NoticeKind) -> NoticeChoice:
    """What a member gets without having chosen: all in the app; mails to who can do something."""
    by_email = Whose.MINE
    if kind is not NoticeKind.COMPLETED and may(membership, Action.DECIDE):
        by_email = Whose.ALL
    return NoticeChoice(membership=membership, kind=kind, in_app=Whose.ALL, by_email=by_email)


def choices_of(membership: Membership) -> dict[NoticeKind, NoticeChoice]:
    """A member's choice for every kind."""
    stored = {
        NoticeKind(notice_choice.kind): notice_choice
        for notice_choice in membership.notice_choices.all()
    }
    return {kind: stored.get(kind) or usual(membership, kind) for kind in NoticeKind}


def choose(membership: Membership, kind: NoticeKind, in_app: Whose, by_email: Whose) -> None:
    """Store a member's choice."""
    NoticeChoice.objects.update_or_create(
        membership=membership, kind=kind, defaults={"in_app": in_app, "by_email": by_email}
    )


# --- Making notices -------------------------------------------------------------------------------


def events_to_tell() -> QuerySet[CampaignEvent]:
    """Events that nobody has a notice of yet, in their order."""
    notices = NoticedEvent.objects.filter(event=OuterRef("pk"))
    since = timezone.now() - _TOLD_WITHIN
    recent = CampaignEvent.objects.filter(kind__in=list(_KINDS), created_at__gte=since)
    return recent.filter(~Exists(notices)).order_by("pk")


def has_notices() -> bool:
    """Whether there are events to tell or mails to send."""
    return events_to_tell().exists() or _mails_due().exists()


def make_notices() -> None:
    """Give everybody concerned a notice of what happened; what is told already is left alone."""
    for event in events_to_tell().select_related("campaign__team")[:_EVENTS_A_TASK]:
        try:
            with transaction.atomic():
                NoticedEvent.objects.create(event=event)
                _tell(event)
        except IntegrityError:
            log.info("event %d was told by somebody else", event.pk)


def _tell(event: CampaignEvent) -> None:
    if not _is_news(event):
        return
    kind, campaign = _KINDS[event.kind], event.campaign
    # One unread notice of a kind is enough: a second refusal says nothing new.
    unread = set(
        Notice.objects.filter(campaign=campaign, kind=kind, in_app=True, read_at=None).values_list(
            "user_id", flat=True
        )
    )
    members = campaign.team.memberships.filter(user__is_active=True).select_related("user")
    for membership in members.prefetch_related("notice_choices"):
        if membership.user_id in unread or membership.user_id == event.actor_id:
            continue
        choice = choices_of(membership)[kind]
        in_app = _is_theirs(choice.in_app, campaign, membership.user)
        by_email = _is_theirs(choice.by_email, campaign, membership.user)
        if in_app or by_email:
            Notice.objects.create(
                user=membership.user,
                team=campaign.team,
                campaign=campaign,
                event=event,
                kind=kind,
                in_app=in_app,
                mail=Notice.Mail.WAITING if by_email else Notice.Mail.NONE,
                mail_not_before=timezone.now() if by_email else None,
            )


def _is_news(event: CampaignEvent) -> bool:
    if event.kind == Event.PAUSED:
        return event.details.get("reason", "") not in _NO_NEWS
    # Whoever takes a launch back knows it.
    return event.kind != Event.LAUNCH_UNDONE or event.actor_id is None


def _is_theirs(whose: str, campaign: Campaign, user: User) -> bool:
    if whose == Whose.MINE:
        return user.pk in {campaign.created_by_id, campaign.launched_by_id}
    return whose == Whose.ALL


# --- Mails ----------------------------------------------------------------------------------------


def _mails_due() -> QuerySet[Notice]:
    return Notice.objects.filter(mail=Notice.Mail.WAITING, mail_not_before__lte=timezone.now())


def send_mails() -> None:
    """Send what waits. A mail that a dying process may have sent is not sent again."""
    due = _mails_due().select_related("user", "team", "campaign").order_by("mail_not_before", "pk")
    for notice in due[:_MAILS_A_TASK]:
        mine = Notice.objects.filter(pk=notice.pk, mail=Notice.Mail.WAITING)
        if mine.update(mail=Notice.Mail.SENDING, mail_tries=notice.mail_tries + 1):
            _send(notice)


def _send(notice: Notice) -> None:
    still_in = notice.team.memberships.filter(user=notice.user, user__is_active=True).exists()
    outcome: dict[str, object] = {"mail": Notice.Mail.NONE}
    if still_in:
        outcome = {"mail": Notice.Mail.SENT}
        try:
            with translation.override(settings.LANGUAGE_CODE):
                _hand_to_the_mail_server(notice)
        except (SMTPException, OSError) as error:
            # Only the kind of error: its text may quote the address.
            log.warning("notice %s was not mailed: %s", notice.pk, type(error).__name__)
            tries = notice.mail_tries + 1
            outcome = {"mail": Notice.Mail.FAILED}
            if tries < _MOST_TRIES:
                later = timezone.now() + _PAUSE * 2**tries
                outcome = {"mail": Notice.Mail.WAITING, "mail_not_before": later}
    Notice.objects.filter(pk=notice.pk, mail=Notice.Mail.SENDING).update(**outcome)


def _hand_to_the_mail_server(notice: Notice) -> None:
    place = [notice.team.slug, notice.campaign.public_id]
    context = {
        "notice": notice,
        "sentence": notice_sentence(notice),
        "link": settings.BASE_URL + reverse("campaign", args=place),
        "choices_link": settings.BASE_URL + reverse("notice-choices", args=place[:1]),
    }
    subject = _("%(sentence)s (%(team)s)") % {
        "sentence": context["sentence"],
        "team": notice.team.name,
    }
    send_mail(
        # A line break in a name would begin another header.
        " ".join(subject.split()),
        render_to_string("history/notice_email.txt", context),
        None,
        [notice.user.email],
    )


# --- The inbox ------------------------------------------------------------------------------------


def inbox(team: Team, user: User) -> QuerySet[Notice]:
    """A person's notices in a team."""
    notices = Notice.objects.filter(user=user, team=team, in_app=True)
    return notices.select_related("campaign")


def unread_count(team: Team, user: User, most: int = 100) -> int:
    """How many are unread; counted up to `most`."""
    unread = Notice.objects.filter(user=user, team=team, in_app=True, read_at=None)
    return len(unread.values_list("pk", flat=True)[:most])


def mark_read(team: Team, user: User) -> None:
    """All of them were read."""
    unread = Notice.objects.filter(user=user, team=team, in_app=True, read_at=None)
    unread.update(read_at=timezone.now())
