"""Removing the sample by one click: its rows alone, and nothing that a person made.

What somebody's own campaign, filter or list still speaks of goes the product's own way: a list is
deleted as on its page, so its name stays where it is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connection, transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone

from campaigns.models import Campaign, WhatsAppTemplate
from campaigns.states import IN_FLIGHT, WAITING, CampaignState, SubmissionState
from composer import drafts, message_templates, whatsapp_saving
from composer.models import MessageTemplate
from delivery.models import Reply
from demo.sample.marks import sample_ids
from history import days
from recipients.lists import list_lifecycle
from recipients.models import FailingNumber, ListImport, OptOut, RecipientList, SavedFilter
from sending import append_only, control
from sending.models import Attempt, Decision, Submission
from teams import members
from teams.models import Membership, Team, User


def remove_sample(team: Team, by: User) -> list[str]:
    """Remove it; return the names of campaigns that stay until they are over."""
    _stop_what_is_ahead(team, by)
    with transaction.atomic(), _facts_may_go():
        campaigns = Campaign.objects.filter(team=team, public_id__in=sample_ids("campaign"))
        for draft in campaigns.filter(state=CampaignState.DRAFT.value):
            drafts.delete_draft(draft)
        _delete_campaigns(campaigns.exclude(_under_way()))
        for model, kind in ((Reply, "reply"), (OptOut, "opt-out"), (FailingNumber, "number")):
            model._default_manager.filter(team=team, public_id__in=sample_ids(kind)).delete()
        for template in MessageTemplate.objects.filter(
            team=team, public_id__in=sample_ids("template"), archived_at=None
        ):
            message_templates.delete_template(template)
        for registered in WhatsAppTemplate.objects.filter(
            channel__team=team, public_id__in=sample_ids("whatsapp-template"), archived_at=None
        ):
            whatsapp_saving.delete(registered)
        _delete_filters(team)
        ListImport.objects.filter(team=team, public_id__in=sample_ids("import")).delete()
        for recipient_list in RecipientList.objects.filter(
            team=team, public_id__in=sample_ids("list"), deleted_at=None
        ):
            list_lifecycle.delete_list(recipient_list, by)
        _let_the_colleague_go(team, by)
    days.count_team(team, timezone.now(), days.SHOWN_DAYS)
    return list(campaigns.values_list("name", flat=True))


def _stop_what_is_ahead(team: Team, by: User) -> None:
    campaigns = Campaign.objects.filter(team=team, public_id__in=sample_ids("campaign"))
    for campaign in campaigns.filter(
        state__in=[CampaignState.FREEZING.value, CampaignState.SCHEDULED.value]
    ):
        with suppress(control.NotPossible):
            control.cancel(campaign, by)


def _under_way() -> Q:
    """Jobs of it are still to be handed over, on their way, or wait for their time at Sociocs."""
    states = [state.value for state in (*WAITING, *IN_FLIGHT)]
    waits = Q(state__in=states) | Q(
        state=SubmissionState.ACCEPTED.value, current_attempt__slot__gt=timezone.now()
    )
    return Q(pk__in=Submission.objects.filter(waits).values("campaign"))


def _delete_campaigns(campaigns: object) -> None:
    ids = list(campaigns.values_list("pk", flat=True))  # type: ignore[attr-defined]
    jobs = Submission.objects.filter(campaign__in=ids)
    # Attempts, decisions and jobs name each other: none can go first.
    for facts in (Decision, Attempt):
        rows = facts._base_manager.filter(submission__in=jobs)
        rows._raw_delete(rows.db)
    own = Campaign.objects.filter(pk__in=ids)
    own.update(message=None)
    own.delete()


def _delete_filters(team: Team) -> None:
    for saved in SavedFilter.objects.filter(team=team, public_id__in=sample_ids("filter")):
        try:
            saved.delete()
        except ProtectedError:
            # A campaign was sent with it, and names it.
            SavedFilter.objects.filter(pk=saved.pk).update(archived_at=timezone.now())


def _let_the_colleague_go(team: Team, by: User) -> None:
    for person in User.objects.filter(public_id__in=sample_ids("member")):
        for membership in Membership.objects.filter(team=team, user=person):
            members.end_membership(membership, by)
        with suppress(ProtectedError):
            person.delete()


@contextmanager
def _facts_may_go() -> Iterator[None]:
    """PostgreSQL refuses to delete what happened. Made-up facts may, in this transaction alone.

    Nobody else deletes meanwhile: who takes a trigger away has its table locked.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        # What waits to be checked at the end keeps a table from being changed.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger "
            "WHERE tgname LIKE '%%\\_is\\_kept\\_%%' AND tgrelid::regclass::text = ANY(%s)",
            [[append_only.ATTEMPTS, append_only.DECISIONS, append_only.EVENTS]],
        )
        for trigger, table in cursor.fetchall():
            names = connection.ops.quote_name(trigger), connection.ops.quote_name(table)
            cursor.execute("DROP TRIGGER {} ON {}".format(*names))
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    append_only.install(connection)
