"""Looking through the whole trail for what was changed, deleted, put in or cut off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from trail.models import Entry, Seal, Unsealed
from trail.sealing import digest_of_seal, digests_of

# The tick seals every ten seconds.
_SEALED_WITHIN = timedelta(minutes=10)
_NUMBERS_A_READ = 10_000


@dataclass(slots=True)
class Checked:
    """What a check came to: `findings` are sentences, none where all is sound."""

    entries: int = 0
    waiting: int = 0
    last: Seal | None = None
    findings: list[str] = field(default_factory=list)


def check_whole_trail(expected: str = "") -> Checked:
    """Follow the chain from its first seal, and look for entries that are in none.

    `expected` is a seal as it was written down elsewhere, "number:digest": only it shows that the
    end of the chain was cut off, or that all of it was written anew.
    """
    checked = Checked()
    known: set[int] = set()
    for seal in Seal.objects.order_by("number").iterator(chunk_size=20):
        checked.findings += _of_seal(seal, checked.last)
        known.update(number for number, _digest in seal.entries)
        checked.last = seal
    if expected and not _is_there(expected):
        checked.findings.append(
            _("The link %(seal)s that you expect is not in the chain.") % {"seal": expected}
        )
    checked.findings += _outside(checked, known)
    return checked


def _is_there(expected: str) -> bool:
    number, _colon, digest = expected.partition(":")
    return number.isdecimal() and Seal.objects.filter(number=number, digest=digest).exists()


def _of_seal(seal: Seal, last: Seal | None) -> Iterator[str]:
    if digest_of_seal(seal) != seal.digest:
        yield _("Link %(number)s was changed.") % {"number": seal.number}
    # Before the first one there may have been others, which were deleted by their age.
    if last is not None and (last.number + 1, last.digest) != (seal.number, seal.previous):
        yield _("Before link %(number)s, links are missing or were changed.") % {
            "number": seal.number
        }
    present = digests_of(number for number, _digest in seal.entries)
    for number, digest in seal.entries:
        if number not in present:
            yield _("Entry %(number)s was deleted.") % {"number": number}
        elif present[number] != digest:
            yield _("Entry %(number)s was changed.") % {"number": number}


def _outside(checked: Checked, known: set[int]) -> Iterator[str]:
    """Look at entries that are in no seal; the newest may be waiting for theirs."""
    loose: set[int] = set()
    numbers = Entry.objects.order_by("pk").values_list("pk", flat=True)
    for number in numbers.iterator(chunk_size=_NUMBERS_A_READ):
        checked.entries += 1
        if number not in known:
            loose.add(number)
    waiting = set(Unsealed.objects.values_list("pk", flat=True))
    since = checked.last.number if checked.last else 0
    for seal in Seal.objects.filter(number__gt=since):
        loose.difference_update(number for number, _digest in seal.entries)
    checked.waiting = len(loose & waiting)
    for number in sorted(loose - waiting):
        yield _("Entry %(number)s was added in another way.") % {"number": number}
    gone = sorted(waiting - set(Entry.objects.filter(pk__in=waiting).values_list("pk", flat=True)))
    for number in gone:
        yield _("Entry %(number)s was deleted before it was chained.") % {"number": number}
    late = Entry.objects.filter(pk__in=loose & waiting, at__lt=timezone.now() - _SEALED_WITHIN)
    if count := late.count():
        yield _(
            "%(count)s entries are older than ten minutes and not chained. Check that a "
            "worker is running."
        ) % {"count": count}
