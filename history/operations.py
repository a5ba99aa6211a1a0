"""How the server is, for whoever runs it: the admin's first page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Model, QuerySet
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Heartbeat
from campaigns.states import SubmissionState
from delivery.models import WebhookEvent
from history.models import Notice
from interface.templatetags.interface import duration
from interface.wording import number
from recipients.models import ListImport
from sending.models import Submission
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import GatewayAccount, SeenTrouble

# Six ticks: then nobody gives them any more.
_SILENT_AFTER = timedelta(minutes=1)
# Less of the disk, and uploads and the database soon have no room.
_LITTLE_ROOM = 0.1
_WORDS = {
    "sending": gettext_lazy("Sending"),
    "recipients": gettext_lazy("Imports and exports"),
    "delivery": gettext_lazy("Reports from Sociocs"),
    "history": gettext_lazy("Figures and notices"),
    "privacy": gettext_lazy("Emptying old data"),
    "composer": gettext_lazy("Figures of drafts"),
    "teams": gettext_lazy("Mails about accounts"),
    "trail": gettext_lazy("Activity chain"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to look at: what it is, what it says, how bad that is, and where more stands."""

    name: str
    says: str
    tone: str = "success"
    url: str = ""


def parts_of_server() -> list[Part]:
    """All of them, the workers first."""
    return [*_ticks(), *_accounts(), *_jobs(), *_queues(), _disk()]


def _ticks() -> Iterator[Part]:
    beats = {one.part: one for one in Heartbeat.objects.all()}
    for app in settings.TICKS:
        name = _("%(part)s: last round") % {"part": _WORDS.get(app, app)}
        beat = beats.get(f"{app}.tick")
        if beat is None:
            yield Part(name, _("never"), "danger")
            continue
        tone = "danger" if beat.age > _SILENT_AFTER else "success"
        says = _("%(time)s ago") % {"time": duration(max(beat.age, timedelta()))}
        yield Part(name, says, tone)


def _accounts() -> Iterator[Part]:
    accounts = GatewayAccount.objects
    halted = accounts.filter(state=LaneState.HALTED.value)
    yield _count(_("Accounts stopped"), halted, "danger", "state__exact=halted")
    standing = SeenTrouble.objects.filter(over_at=None).exclude(told_at=None)
    yield _count(_("Problems now"), standing, "danger", "over_at__isnull=True")
    cooling = accounts.filter(cool_until__gt=timezone.now())
    yield _count(_("Accounts that wait for Sociocs"), cooling, "warning")


def _jobs() -> Iterator[Part]:
    states = dict(
        Submission.objects.filter(state__in=[SubmissionState.UNKNOWN, SubmissionState.REFUSED])
        .values_list("state")
        .annotate(n=Count("pk"))
    )
    for state, name in (
        (SubmissionState.UNKNOWN, _("Jobs without a clear answer")),
        (SubmissionState.REFUSED, _("Jobs that Sociocs refused")),
    ):
        n = states.get(state.value, 0)
        yield _part(name, n, "warning", Submission, f"state__exact={state.value}")


def _queues() -> Iterator[Part]:
    outcome = WebhookEvent.Outcome
    events = WebhookEvent.objects
    waiting = events.filter(outcome=outcome.WAITING)
    yield _count(_("Reports that wait"), waiting, "info", "outcome__exact=waiting")
    failed = events.filter(outcome=outcome.FAILED)
    yield _count(_("Reports that could not be read"), failed, "warning", "outcome__exact=failed")
    state = ListImport.State
    imports = ListImport.objects.filter(state__in=[state.QUEUED, state.IMPORTING])
    yield _count(_("Imports that wait or run"), imports, "info")
    mails = Notice.objects.filter(mail=Notice.Mail.FAILED)
    yield _count(_("Mails that could not be sent"), mails, "warning", "mail__exact=failed")


def _disk() -> Part:
    name = _("Room for data")
    try:
        disk = shutil.disk_usage(settings.DATA_DIR)
    except OSError:
        return Part(name, _("not known"), "warning")
    says = _("%(free)s of %(all)s") % {
        "free": filesizeformat(disk.free),
        "all": filesizeformat(disk.total),
    }
    return Part(name, says, "danger" if disk.free < disk.total * _LITTLE_ROOM else "success")


def _count(name: str, rows: QuerySet[Model], tone: str, query: str = "") -> Part:
    return _part(name, rows.count(), tone, rows.model, query)


def _part(name: str, n: int, tone: str, model: type[Model], query: str) -> Part:
    meta = model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return Part(name, number(n), tone if n else "success", f"{url}?{query}" if query else url)
