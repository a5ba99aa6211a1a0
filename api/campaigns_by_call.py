"""Campaigns that a program's call makes: its people and its words become a draft, then a launch.

The people are put into a list that stands in no page and is deleted when its campaign is over; the
campaign goes through the very functions that a person's does, with the maker of the token as who
confirms. So opt-outs, duplicates, hours, pace, limits, approval and the activity all hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from api.tokens import Caller, claim_people
from campaigns.audiences import audience, audience_digest, choices
from campaigns.copying import AS_COPIED
from campaigns.models import Campaign, CampaignEvent, CampaignList
from campaigns.moves import record_event
from campaigns.problems import Problem
from campaigns.scheduling.clocks import WALL_FORMAT
from campaigns.scheduling.timing import lead, usual_for
from campaigns.states import FINISHED
from campaigns.texts.dynamic_fields import parse_text
from composer import approvals
from interface import hints
from recipients.files.bulk_load import Row, load_rows, refresh_statistics
from recipients.files.seen_phones import SeenPhones
from recipients.models import Recipient, RecipientList
from recipients.opting_out.opt_outs import keep_out_erased
from recipients.subscriber_keys import subscriber_key
from sending import readiness
from sending.readiness import Confirmation, LaunchRefusal, LaunchRefused, SeenPlan
from sending.tasks import freeze
from sociocs_accounts.models import Channel, VendorMember

# The field of each person besides the predefined ones, as the vendor's n8n node offers it.
NAME_FIELD = "name"
_ROWS_A_CHUNK = 5_000
# From so many on, the numbers that came before are kept in a table instead of a dictionary.
_MANY = 20_000
_COLUMNS = ("recipient_list_id", "phone", "occurrence", "name", "fields")
# Nobody works on a list that was begun so long ago and has not become a campaign.
_ABANDONED = timedelta(hours=1)


class CallRefused(Exception):
    """Nothing was launched, for what stands in `problems`, field by field."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(*(problem.field for problem in self.problems))


@dataclass(frozen=True, slots=True)
class CalledContent:
    """What a call says, besides to whom. `at` None, or a time that is too near: as soon as it goes.

    `template` as `whatsapp_templates.as_json` keeps it.
    """

    name: str
    channel: Channel
    text: str = ""
    media_kind: str = ""
    media_url: str = ""
    template: Mapping[str, Any] = field(default_factory=dict)
    sent_as: VendorMember | None = None
    at: datetime | None = None
    duplicates_allowed: bool = False
    one_by_one: bool = False


# --- Its people -----------------------------------------------------------------------------------


def stage_people(
    caller: Caller, name: str, people: Iterable[tuple[str, str]], *, with_names: bool = False
) -> RecipientList:
    """Store people, (E.164, name) each, as a list that nobody sees; in little memory.

    `with_names`: their names are also a field of theirs. What `people` raises comes out, and the
    list is gone.
    """
    staged = RecipientList.objects.create(
        team=caller.team,
        owner=caller.user,
        name=name[:120],
        visibility="team",
        field_names=[NAME_FIELD] if with_names else [],
        is_of_call=True,
    )
    try:
        _fill(staged, people, with_names)
    except BaseException:
        drop_staged(staged)
        raise
    return staged


def drop_staged(staged: RecipientList) -> None:
    """Forget people whose call came to nothing; a large list goes in the background."""
    staged.is_ready, staged.archived_at = False, timezone.now()
    staged.save(update_fields=["is_ready", "archived_at"])


def _fill(staged: RecipientList, people: Iterable[tuple[str, str]], with_names: bool) -> None:
    seen, rest = _Occurrences(), iter(people)
    while some := list(islice(rest, _ROWS_A_CHUNK)):
        rows = list(_rows(staged.pk, some, seen, with_names))
        with transaction.atomic():
            load_rows(Recipient._meta.db_table, _COLUMNS, rows)
            keep_out_erased(staged.team, [phone for phone, _name in some])
    staged.recipient_count, staged.duplicate_count = seen.people, seen.rows - seen.people
    staged.is_ready = True
    staged.save(update_fields=["recipient_count", "duplicate_count", "is_ready", "updated_at"])
    if seen.rows >= _MANY and not connection.in_atomic_block:
        refresh_statistics(Recipient._meta.db_table)


def _rows(
    list_id: int, people: list[tuple[str, str]], seen: _Occurrences, with_names: bool
) -> Iterator[Row]:
    for phone, name in people:
        fields = orjson.dumps({NAME_FIELD: name}).decode() if with_names and name else "{}"
        yield (list_id, phone, seen.add(subscriber_key(phone)), name, fields)


class _Occurrences:
    """Numbers the rows of each person; in a table of its own size once they are many."""

    def __init__(self) -> None:
        self.rows = self.people = 0
        self._few: dict[str, int] = {}
        self._many: SeenPhones | None = None

    def add(self, key: str) -> int:
        """Count a row; return how many this person had before."""
        self.rows += 1
        if self._many is None and len(self._few) >= _MANY:
            self._many = SeenPhones()
            for known, times in self._few.items():
                self._many.add_all([known] * times)
            self._few = {}
        if self._many is not None:
            times = self._many.add(key)
        else:
            times = self._few.get(key, 0)
            self._few[key] = times + 1
        self.people += times == 0
        return times


# --- The campaign ---------------------------------------------------------------------------------


def draft_by_call(caller: Caller, content: CalledContent, people: RecipientList) -> Campaign:
    """A new draft of the token's maker that says `content` to these people."""
    zone = caller.team.time_zone
    wall_time, fold = wall_time_of(content.at, zone)
    campaign = Campaign.objects.create(
        team=caller.team,
        created_by=caller.user,
        updated_by=caller.user,
        version=AS_COPIED,
        name=content.name[:120],
        channel=content.channel,
        sent_as=content.sent_as,
        text=content.text,
        media_kind=content.media_kind,
        media_url=content.media_url,
        template=dict(content.template),
        duplicates_allowed=content.duplicates_allowed,
        one_by_one=content.one_by_one or is_better_one_by_one(content.text, people),
        wall_time=wall_time,
        fold=fold,
        time_zone=zone,
        # Nobody is there to tick it.
        continues_next_day=True,
        **{
            name: value
            for name, value in usual_for(caller.team).columns().items()
            if name != "continues_next_day"
        },
    )
    record_event(campaign, CampaignEvent.Kind.CREATED, caller.user)
    choices.replace_lists(campaign, [people], ())
    return campaign


def is_better_one_by_one(text: str, people: RecipientList) -> bool:
    """Whether a text may differ from person to person more often than jobs can be made of it."""
    return people.row_count > settings.MAX_DISTINCT_TEXTS and bool(parse_text(text).uses)


def wall_time_of(at: datetime | None, zone: str) -> tuple[str, int]:
    """(the full minute at or after `at` on the wall of `zone`, its fold); ("", 0) for now."""
    if at is None or at < timezone.now() + lead():
        return "", 0
    minute = at.astimezone(UTC).replace(second=0, microsecond=0)
    if minute < at:
        minute += timedelta(minutes=1)
    wall = minute.astimezone(ZoneInfo(zone))
    return wall.strftime(WALL_FORMAT), wall.fold


def launch_by_call(campaign: Campaign, caller: Caller, *, is_counted: bool = False) -> bool:
    """Launch a draft as the token's maker; False: a second person is asked first.

    The token's right to launch stands for the password and for what a person would tick or type.
    The caller holds a transaction, and undoes it with what is raised: CallRefused, and TooMuch for
    more people than the token may have in a day. `is_counted`: they were, when it was launched or
    asked for before.
    """
    people = audience.count_audience(campaign).people
    is_second = readiness.needs_second_person(campaign, people)
    seen = audience_digest.of_draft(campaign) if is_second else ""
    confirmation = Confirmation(
        user=caller.user,
        token=uuid4(),
        version=campaign.version,
        people=people,
        plan=SeenPlan(campaign.version, seen, {}, people),
        typed=people,
        is_proved=True,
    )
    try:
        is_launched = approvals.launch_or_ask(campaign, confirmation)
    except LaunchRefused as refused:
        problems = [problem_of(refused)]
        if refused.code is LaunchRefusal.PROBLEMS:
            # Once more, field by field.
            now = timezone.now()
            problems = readiness.launch_problems(campaign, now, people, caller.user) or problems
        raise CallRefused(problems) from None
    if not is_counted:
        claim_people(caller.token, people)
    if is_launched:
        transaction.on_commit(partial(hints.nudge, freeze, campaign.pk))
    return is_launched


def problem_of(refused: LaunchRefused) -> Problem:
    """What a refusal is about, as a field of the draft."""
    field_of = {LaunchRefusal.CHANNEL: "channel", LaunchRefusal.NOBODY: "lists"}
    return Problem(field_of.get(refused.code, ""), refused.sentence)


def waits_in_words() -> str:
    """What a program is told whose campaign waits for a second person."""
    return _(
        "A second person in the team has to approve this campaign, because it goes to so "
        "many people."
    )


# --- Afterwards -----------------------------------------------------------------------------------


def end_lists_of_calls() -> None:
    """Have the people of calls deleted whose campaigns are over, or never came about."""
    now = timezone.now()
    uses = CampaignList.objects.filter(recipient_list=OuterRef("pk"))
    lists = RecipientList.objects.filter(is_of_call=True, archived_at=None)
    unfinished = uses.exclude(campaign__state__in=sorted(FINISHED))
    over = Exists(uses) | Q(created_at__lt=now - _ABANDONED)
    lists.filter(over, ~Exists(unfinished), is_ready=True).update(archived_at=now, deleted_at=now)
    # What was never whole is deleted with everything that nobody will see.
    lists.filter(is_ready=False, created_at__lt=now - _ABANDONED).update(archived_at=now)
