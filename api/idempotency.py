"""The same call twice makes one thing: the second is answered as the first was.

A call says by its `Idempotency-Key` which other one it repeats; the key counts for 30 days, with
whichever token of the team it comes. Tills
and flows repeat without one: the same body of the same token, within some minutes, is the same
call. What is made and the answer to it are committed together, and the row of the key is claimed
in that transaction: of two that race one makes it, and whoever is killed before answering has
either made nothing or left the answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from api.call_models import KeptAnswer
from api.models import ApiToken
from sending.failpoints import failpoint

KEEP_KEYS = timedelta(days=30)
LONGEST_KEY = 255

Answer = dict[str, Any]


class KeyOfAnotherCall(Exception):
    """This key came with another call before: HTTP 422."""


class _ClaimedBefore(Exception):
    """Another call with this key was here first."""


@dataclass(frozen=True, slots=True)
class RepeatableCall:
    """A call of a token that may come again. `call_sha256`: of its address and its body."""

    token: ApiToken
    key: str
    call_sha256: str

    @property
    def key_sha256(self) -> str:
        """What tells it from others: its key, or all of it."""
        mine = f"call {self.token.pk} {self.call_sha256}"
        told_by = f"key {self.key}" if self.key else mine
        return hashlib.sha256(told_by.encode()).hexdigest()

    @property
    def counts_for(self) -> timedelta:
        """How long the same again is a repeat."""
        return KEEP_KEYS if self.key else timedelta(minutes=settings.API_REPEAT_MINUTES)


def call_sha256(method: str, path: str, body_sha256: str) -> str:
    """The digest of a call, by which the same one is known again."""
    return hashlib.sha256(f"{method} {path}\n{body_sha256}".encode()).hexdigest()


def first_answer(call: RepeatableCall) -> Answer | None:
    """What the first of this call was answered; None: this is the first.

    Raises KeyOfAnotherCall.
    """
    since = timezone.now() - call.counts_for
    mine = KeptAnswer.objects.filter(team=call.token.team_id, key_sha256=call.key_sha256)
    kept = mine.filter(kept_at__gt=since, answer__isnull=False).first()
    if kept is None or kept.answer is None:
        return None
    if kept.call_sha256 != call.call_sha256:
        raise KeyOfAnotherCall
    return dict(kept.answer)


def answer_once(call: RepeatableCall, make: Callable[[], Answer]) -> tuple[Answer, bool]:
    """(what `make` answers, True), or (what the first of this call was answered, False).

    `make` runs in a transaction; what it raises comes out, and the key is free again. Raises
    KeyOfAnotherCall.
    """
    try:
        with transaction.atomic():
            kept = _claimed(call)
            kept.answer = make()
            kept.save(update_fields=["answer"])
    except _ClaimedBefore:
        first = first_answer(call)
        if first is None:
            raise RuntimeError("a claimed key has no answer") from None
        return first, False
    failpoint("call_made")
    return kept.answer, True


def _claimed(call: RepeatableCall) -> KeptAnswer:
    """The row of the key, ours until the transaction ends. Raises _ClaimedBefore.

    Whoever comes second waits here for the first one's transaction.
    """
    now = timezone.now()
    key = {"team_id": call.token.team_id, "key_sha256": call.key_sha256}
    old = KeptAnswer.objects.filter(**key, kept_at__lte=now - call.counts_for)
    fresh = {"call_sha256": call.call_sha256, "answer": None, "kept_at": now}
    if old.update(**fresh):
        return KeptAnswer.objects.get(**key)
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(**key, **fresh)
    except IntegrityError:
        raise _ClaimedBefore from None


def forget_old_answers() -> None:
    """Delete what no call is a repeat of any more."""
    KeptAnswer.objects.filter(kept_at__lt=timezone.now() - KEEP_KEYS).delete()
