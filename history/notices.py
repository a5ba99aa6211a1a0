"""Telling people what happened to campaigns: in the app, and by e-mail to those who chose it.

The events are the queue: whatever has no notices yet gets them, once, from the tick's task. A mail
says which campaign and what, and leads to its page; it holds no recipients and no text. What holds
campaigns up is told by `trouble_watch`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, CampaignEvent
from campaigns.states import PauseReason
from delivery.replies import NumberOf, unread_by
from history.models import Notice, NoticeChoice, NoticedEvent, NoticeKind, Whose
from interface.dates import written
from interface.prepared_queries import prepared
from interface.templatetags.interface import zone_abbreviation
from interface.wording import Text
from sending import liveness
from sociocs_accounts.models import SeenTrouble
from sociocs_accounts.troubles import trouble_words
from teams.access import Action, may
from teams.languages import spoken_by
from teams.models import Membership, Team, User

log = logging.getLogger(__name__)

Event = CampaignEvent.Kind
# What is older was never told in time; it stands in the timelines.
_TOLD_WITHIN = timedelta(days=1)
_EVENTS_A_TASK = 200
_MAILS_A_TASK = 50
_MOST_TRIES = 5
_PAUSE = timedelta(minutes=2)
# So far what is unread is counted for every page.
MOST_NEWS = 100
# What is over by itself before needs no mail.
_MAILED_AFTER = timedelta(minutes=15)
_TROUBLE = ("trouble__account", "trouble__channel")

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
    NoticeKind.NEEDS_DECISION: gettext_lazy("“%(name)s” needs an answer"),
    NoticeKind.MISSED: gettext_lazy("“%(name)s” was missed. Nothing was sent"),
    NoticeKind.FAILED: gettext_lazy("“%(name)s” stopped by itself"),
    NoticeKind.APPROVAL: gettext_lazy("“%(name)s” is waiting for approval"),
    NoticeKind.COMPLETED: gettext_lazy("“%(name)s” is sent"),
}


def notice_sentence(notice: Notice) -> str:
    """What a notice says, in one line."""
    if notice.campaign is not None:
        return str(SENTENCES[notice.kind]) % {"name": notice.campaign.name}
    assert notice.trouble is not None
    words = trouble_words(notice.trouble.code)
    line = words.began if notice.trouble.over_at is None else words.ended
    about = notice.trouble.channel or notice.trouble.account
    return f"{about.label}: {line}" if about else str(line)


def place_of(notice: Notice) -> str:
    """The address of the page where what it tells of is to be seen."""
    if notice.campaign is not None:
        return reverse("campaign", args=[notice.team.slug, notice.campaign.public_id])
    is_of_all = notice.trouble is not None and not notice.trouble.place
    return reverse("overview" if is_of_all else "channels", args=[notice.team.slug])


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
        in_app = _is_theirs(choice.in_app, [campaign], membership.user)
        by_email = _is_theirs(choice.by_email, [campaign], membership.user)
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


def _is_theirs(whose: str, campaigns: Iterable[Campaign], user: User) -> bool:
    if whose == Whose.MINE:
        return any(user.pk in {one.created_by_id, one.launched_by_id} for one in campaigns)
    return whose == Whose.ALL


# --- Troubles -------------------------------------------------------------------------------------


def tell_of_trouble(trouble: SeenTrouble, team: Team, campaigns: Sequence[Campaign]) -> None:
    """Give the members of a team a notice of what holds up `campaigns` of theirs, each once.

    The mail goes out only if it has stood for a while by then.
    """
    told = Notice.objects.filter(trouble=trouble)
    in_team = set(told.filter(team=team).values_list("user_id", flat=True))
    mailed = set(told.exclude(mail=Notice.Mail.NONE).values_list("user_id", flat=True))
    members = team.memberships.filter(user__is_active=True).select_related("user")
    notices = []
    for membership in members.prefetch_related("notice_choices"):
        choice = choices_of(membership)[NoticeKind.TROUBLE]
        in_app = _is_theirs(choice.in_app, campaigns, membership.user)
        by_email = _is_theirs(choice.by_email, campaigns, membership.user)
        # Whoever is in several teams gets one mail.
        by_email = by_email and membership.user_id not in mailed
        if membership.user_id in in_team or not (in_app or by_email):
            continue
        notices.append(
            Notice(
                user=membership.user,
                team=team,
                trouble=trouble,
                kind=NoticeKind.TROUBLE,
                in_app=in_app,
                mail=Notice.Mail.WAITING if by_email else Notice.Mail.NONE,
                mail_not_before=trouble.since + _MAILED_AFTER if by_email else None,
            )
        )
    Notice.objects.bulk_create(notices, ignore_conflicts=True)


def trouble_is_over(trouble: SeenTrouble) -> None:
    """Nobody needs to look any more: its notices count as read, its mails stay here."""
    notices = Notice.objects.filter(trouble=trouble)
    notices.filter(read_at=None).update(read_at=timezone.now())
    notices.filter(mail=Notice.Mail.WAITING).update(mail=Notice.Mail.NONE, mail_not_before=None)


# --- Mails ----------------------------------------------------------------------------------------


def _mails_due() -> QuerySet[Notice]:
    return Notice.objects.filter(mail=Notice.Mail.WAITING, mail_not_before__lte=timezone.now())


def send_mails() -> None:
    """Send what waits. A mail that a dying process may have sent is not sent again."""
    due = _mails_due().select_related("user", "team", "campaign", *_TROUBLE)
    due = due.order_by("mail_not_before", "pk")
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
            with spoken_by(notice.user):
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
    choices = reverse("notice-choices", args=[notice.team.slug])
    context = {
        "notice": notice,
        "sentence": notice_sentence(notice),
        "words": trouble_words(notice.trouble.code) if notice.trouble else None,
        "since": _written(notice.trouble.since, notice.user.time_zone or notice.team.time_zone)
        if notice.trouble
        else "",
        "link": settings.BASE_URL + place_of(notice),
        "choices_link": settings.BASE_URL + choices,
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


def _written(moment: datetime, zone: str) -> str:
    """A moment on a zone's clock: `Thu 2 Apr, 09:30 EDT`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{written(local, 'D j M, H:i')} {zone_abbreviation(local)}"


# --- The inbox ------------------------------------------------------------------------------------


def inbox(team: Team, user: User) -> QuerySet[Notice]:
    """A person's notices in a team."""
    notices = Notice.objects.filter(user=user, team=team, in_app=True)
    return notices.select_related("campaign", "team", *_TROUBLE)


def unread_count(team: Team, user: User, most: int = 100) -> int:
    """How many are unread; counted up to `most`."""
    unread = Notice.objects.filter(user=user, team=team, in_app=True, read_at=None)
    return len(unread.values_list("pk", flat=True)[:most])


def news_of(membership: Membership) -> tuple[int, int, bool]:
    """(unread notices, unread replies, whether this server has stopped), counted up to `MOST_NEWS`.

    One question of the database, as every page asks it.
    """
    of_member = (membership.pk, membership.user_id, membership.team_id, membership.joined_at)
    [news] = _news(*of_member)
    return news


@prepared
def _news(
    membership: int, user: int, team: int, joined_at: datetime
) -> QuerySet[Membership, tuple[int, int, bool]]:
    unread = Notice.objects.filter(user=user, team=team, in_app=True, read_at=None)
    row = Membership.objects.filter(pk=membership).annotate(
        notices=NumberOf(unread.values("pk")[:MOST_NEWS]),
        replies=unread_by(membership, team, joined_at, MOST_NEWS),
        # Nobody would note it.
        stopped=Exists(liveness.stopped_parts()),
    )
    return row.values_list("notices", "replies", "stopped")


def mark_read(team: Team, user: User) -> None:
    """All of them were read."""
    unread = Notice.objects.filter(user=user, team=team, in_app=True, read_at=None)
    unread.update(read_at=timezone.now())
