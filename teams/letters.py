"""E-mails to people about their accounts. A page puts one down, and a worker sends it.

So no page waits for the mail server, and what it takes tells nobody whether there is an account:
what is put down for an address that nobody has costs the same. The text waits sealed.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from smtplib import SMTPException

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from interface.hints import nudge
from teams import reset_links, sealing
from teams.models import WaitingMail

# Whoever takes one has so long to send it; then it is tried again.
_TRIED_AGAIN_AFTER = timedelta(minutes=2)
# Older ones are given up: most links in them would work no more, and news is old by then.
_GIVEN_UP_AFTER = timedelta(hours=24)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """What is sent. `is_reset` asks for the link for a new password, made when it is sent."""

    to: str
    subject: str = ""
    text: str = ""
    is_reset: bool = False


def printed_note() -> str:
    """Where the letters are found on a server that prints them; "" where they are sent."""
    if not settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        return ""
    if settings.DEMO:
        return _(
            "The demo sends no e-mail. The link is at the end of var/log/worker-background.log."
        )
    return _(
        "This server sends no e-mail yet. Ask the person who manages it for the link: it is in "
        "the worker's log."
    )


def put_down(letter: Letter) -> WaitingMail:
    """Let a worker send it, once this transaction is committed; what waits, gone once it is sent.

    A line break in the subject would begin another header: it becomes a blank.
    """
    letter = replace(letter, subject=" ".join(letter.subject.split()))
    waiting = WaitingMail.objects.create(sealed=sealing.seal(json.dumps(asdict(letter))))
    transaction.on_commit(lambda: nudge(send_letters_task))
    return waiting


def are_waiting() -> bool:
    """Whether one is due."""
    return WaitingMail.objects.filter(due_at__lte=timezone.now()).exists()


def send_letters() -> None:
    """Send every letter that is due, each by one worker only."""
    now = timezone.now()
    given_up, _by_model = WaitingMail.objects.filter(created_at__lt=now - _GIVEN_UP_AFTER).delete()
    if given_up:
        log.error("%s mails could not be sent for a day, and are given up", given_up)
    for waiting in WaitingMail.objects.filter(due_at__lte=now).order_by("pk"):
        mine = WaitingMail.objects.filter(pk=waiting.pk, due_at=waiting.due_at)
        if mine.update(due_at=now + _TRIED_AGAIN_AFTER, tries=F("tries") + 1):
            _send(waiting)


@shared_task(name="teams.send_letters", queue="background")
def send_letters_task() -> None:
    """Send what waits."""
    send_letters()


def _send(waiting: WaitingMail) -> None:
    try:
        letter = Letter(**json.loads(sealing.unseal(waiting.sealed)))
        if letter.is_reset:
            subject, text = reset_links.mail_for(letter.to) or ("", "")
            letter = Letter(letter.to, subject, text)
        if letter.text:
            send_mail(letter.subject, letter.text, None, [letter.to])
    except sealing.Unreadable:
        log.warning("Mail %s cannot be read with any key, and is dropped", waiting.pk)
    except (SMTPException, OSError) as error:
        # Only the kind of error: its text may quote the address.
        log.warning("Mail %s was not sent: %s", waiting.pk, type(error).__name__)
        return
    waiting.delete()
