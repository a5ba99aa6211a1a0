"""Whoever sends something off leaves an entry of the trail, or it is said here why not.

An address that takes a POST, and a kind of event that a person makes, fails here until it stands in
one of the tables below; what stands in the first one is sent off, and has to leave its entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import BaseForm
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import record_event
from events.models import Receiver
from interface.admin_mixins import ReadOnlyAdmin
from recipients.lists.paging import write_place
from recipients.models import ListImport, OptOut
from sociocs_accounts.channels import record_channel_event
from sociocs_accounts.models import ChannelEvent, GatewayAccount
from teams.models import Team, User
from tests import code_base, world
from tests.addresses.routes import POST, ROUTES, Site
from tests.client import Client
from tests.people import ClientOf
from trail.acts import Act
from trail.admin_acts import NotedAdmin
from trail.models import Door, Entry

pytestmark = pytest.mark.thorough

Fields = dict[str, Any]
# What is typed, for what is nothing without it.
NAMED = {"name": "Another name"}
RECEIVER = NAMED | {"url": "https://example.org/hook", "kinds": ["reply.received"]}
PERSON = {"name": "Noor", "phone": "+12025550177"}
CHECKED = {
    "list_name": "Of a file",
    "default_country": "US",
    "visibility": "private",
    "role_0": "phone",
    "role_1": "name",
}
PICTURE = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00" + (
    b"\x01\x00\x00\x02\x02D\x01\x00;"
)


def settings_of(team: Team) -> Fields:
    return {
        "name": team.name,
        "time_zone": "UTC",
        "default_country": "US",
        "currency": "EUR",
        "failures_until_left_out": "3",
        "stop_way": "both",
    }


def another_list(site: Site) -> str:
    """The public id of a list of Alice's that is not the site's own."""
    return str(world.a_list(site.team, world.phones(3), "Another").public_id)


def a_filter(site: Site) -> Fields:
    return NAMED | {
        "lists": [str(site.people.public_id)],
        "visibility": "private",
        "match": "all",
        "field-0": "",
        "op-0": "",
        "values-0": "",
    }


def whatsapp_fields(site: Site) -> Fields:
    channel = site.whatsapp_template.channel
    said = {"provider_id": "HX99", "body": "Hello {{1}}", "status": "approved"}
    return NAMED | said | {"channel": str(channel.public_id)}


# The act that a POST leaves, and what it says.
ACTS: dict[str, tuple[Act, Callable[[Site], Fields]]] = {
    "sign-out": (Act.SIGNED_OUT, lambda _: {}),
    "account": (Act.ACCOUNT_CHANGED, lambda _: PERSON | {"email": "alice@example.org"}),
    "team-settings": (Act.TEAM_CHANGED, lambda site: settings_of(site.team)),
    "invite": (Act.INVITED, lambda _: {"email": "new@example.org", "role": "sender"}),
    "invitation-revoke": (Act.INVITATION_TAKEN_BACK, lambda _: {}),
    "member-role": (Act.ROLE_CHANGED, lambda _: {"role": "sender"}),
    "member-remove": (Act.REMOVED, lambda _: {}),
    "token-new": (Act.TOKEN_MADE, lambda _: NAMED | {"scopes": ["read"]}),
    "token-end": (Act.TOKEN_REVOKED, lambda _: {}),
    "import-confirm": (Act.LIST_IMPORTED, lambda _: CHECKED),
    "import-stop": (Act.IMPORT_STOPPED, lambda _: {}),
    "list-sharing": (Act.LIST_SHARED, lambda _: {"visibility": "private"}),
    "list-new": (Act.LIST_MADE, lambda _: NAMED),
    "list-person-add": (Act.PERSON_ADDED, lambda _: PERSON),
    "list-person": (Act.PERSON_CHANGED, lambda _: PERSON),
    "list-people-remove": (
        Act.PEOPLE_REMOVED,
        lambda site: {"row": write_place(site.people.recipients.all()[1].pk)},
    ),
    "list-rename": (Act.LIST_RENAMED, lambda _: NAMED),
    "list-copy": (Act.LISTS_MADE_OF, lambda _: NAMED),
    "list-merge": (
        Act.LISTS_MADE_OF,
        lambda site: NAMED | {"others": another_list(site), "each_once": "yes"},
    ),
    "list-subtract": (Act.LISTS_MADE_OF, lambda site: NAMED | {"without": another_list(site)}),
    "list-export": (Act.LIST_EXPORTED, lambda _: {}),
    "list-archive": (Act.LIST_ARCHIVED, lambda _: {}),
    "list-restore": (Act.LIST_RESTORED, lambda _: {}),
    "list-delete": (Act.LIST_DELETED, lambda _: {}),
    "filter-new": (Act.FILTER_SAVED, a_filter),
    "filter": (Act.FILTER_SAVED, a_filter),
    "filter-delete": (Act.FILTER_DELETED, lambda _: {}),
    "opt-outs-add": (Act.OPT_OUTS_ADDED, lambda _: {"numbers": "+12025550177"}),
    "opt-outs-export": (Act.OPT_OUTS_EXPORTED, lambda _: {}),
    "opt-out-lift": (Act.OPT_OUT_LIFTED, lambda _: {"reason": "They asked for it."}),
    "failing-number-let-back": (Act.NUMBER_LET_BACK, lambda _: {}),
    "block": (Act.BLOCKED, lambda _: {}),
    "find-blocked": (Act.BLOCKS_LOOKED_FOR, lambda site: {"list": another_list(site)}),
    "stop-finding": (Act.LOOKING_STOPPED, lambda _: {}),
    "reply-opt-out": (Act.OPT_OUTS_ADDED, lambda _: {}),
    "reply-let-be": (Act.LET_BE, lambda _: {}),
    "delivery-on": (Act.REPORTS_ON, lambda _: {"wants_replies": "on"}),
    "delivery-check": (Act.REPORTS_CHECKED, lambda _: {}),
    "delivery-off": (Act.REPORTS_OFF, lambda _: {}),
    "test-number-add": (Act.TEST_NUMBER_ADDED, lambda _: PERSON | {"label": "Desk"}),
    "test-number-remove": (Act.TEST_NUMBER_REMOVED, lambda _: {}),
    "activity-export": (Act.ACTIVITY_TAKEN, lambda _: {}),
    "report-history": (Act.HISTORY_TAKEN, lambda _: {}),
    "report-campaign": (Act.EXPORTED, lambda _: {}),
    "follow-up": (Act.FOLLOWED_UP, lambda _: {"groups": ["not_sent"]}),
    "campaign-new": (Act.CAMPAIGN_MADE, lambda _: {}),
    "campaign-duplicate": (Act.CAMPAIGN_MADE, lambda _: {}),
    "campaign-delete": (Act.DRAFT_DELETED, lambda _: {}),
    "template-new": (
        Act.TEMPLATE_SAVED,
        lambda _: NAMED | {"folder": "Dental", "text": "We open at nine"},
    ),
    "template": (Act.TEMPLATE_SAVED, lambda _: NAMED | {"folder": "Dental"}),
    "template-keep": (Act.TEMPLATE_SAVED, lambda _: NAMED | {"folder": "Dental"}),
    "template-begin": (Act.CAMPAIGN_MADE, lambda _: {}),
    "template-go-back": (Act.TEMPLATE_SAVED, lambda _: {"number": "1"}),
    "template-delete": (Act.TEMPLATE_DELETED, lambda _: {}),
    "whatsapp-template-new": (Act.WHATSAPP_TEMPLATE_ADDED, whatsapp_fields),
    "whatsapp-template": (Act.WHATSAPP_TEMPLATE_CHANGED, whatsapp_fields),
    "whatsapp-template-delete": (Act.WHATSAPP_TEMPLATE_DELETED, lambda _: {}),
    "media-upload": (
        Act.MEDIA_ADDED,
        lambda _: {"file": SimpleUploadedFile("pixel.gif", PICTURE)},
    ),
    "media-delete": (Act.MEDIA_DELETED, lambda _: {}),
    "pause": (Act.PAUSED, lambda _: {}),
    "cancel": (Act.CANCELLED, lambda _: {}),
    "undo": (Act.TAKE_BACK_ASKED, lambda _: {}),
    "look-again": (Act.LOOKED_AGAIN, lambda _: {}),
    "kept-data": (Act.KEPT_CHANGED, lambda _: {"replies_days": "90", "bodies_days": "30"}),
    "receiver-new": (Act.RECEIVER_MADE, lambda _: RECEIVER),
    "receiver-change": (Act.RECEIVER_CHANGED, lambda _: RECEIVER),
    "receiver-test": (Act.RECEIVER_TESTED, lambda _: {}),
    "receiver-pause": (Act.RECEIVER_PAUSED, lambda _: {}),
    "receiver-on": (Act.RECEIVER_RESUMED, lambda _: {}),
    "receiver-secret": (Act.RECEIVER_SECRET_SHOWN, lambda _: {}),
    "receiver-new-secret": (Act.RECEIVER_SECRET_RENEWED, lambda _: {}),
    "receiver-remove": (Act.RECEIVER_REMOVED, lambda _: {}),
    "event-again": (Act.EVENT_SENT_AGAIN, lambda _: {}),
    "event-leave-out": (Act.EVENT_LEFT_OUT, lambda _: {}),
    "person-erase": (Act.PERSON_ERASED, lambda _: {}),
    "person-file": (Act.PERSON_TAKEN, lambda _: {}),
}
_NOTHING_YET = "an upload that waits on its check page is nobody's list yet"
_ONLY_LOOKS = "it changes nothing: what is looked for goes by POST, to stand in no log"
_OWN = "what somebody has read, or wants to be told of, is theirs alone"
_DRAFT = "a draft may be written by many; what goes out is recorded when it is confirmed"
_EVENT = "an event of the campaign: `test_an_event_that_somebody_makes_is_an_act`"
_CHANNEL = "a change of a channel: `test_a_change_of_a_channel_is_an_act`"
NO_ACTS_HERE = {
    "sign-in": "told by Django's signals: tests/trail/test_who_and_where.py",
    "passkey-sign-in": "told by Django's signals, as for the password",
    "mfa_authenticate": "told by Django's signals, as for the password",
    "sign-up": "a link is sent; what it is used for is recorded",
    "sign-up-account": "it needs a link from a mail: tests/teams/test_sign_up.py",
    "address-ask": "a link is sent; what it is used for is recorded",
    "address-proof": "it needs a link from a mail: tests/trail/test_other_acts.py",
    "app-add": "it needs an app: tests/trail/test_other_acts.py",
    "passkey-add": "told by the same signal as an app: tests/trail/test_other_acts.py",
    "recovery-codes": "it needs an app: tests/trail/test_other_acts.py",
    "second-step-remove": "it needs an app: tests/trail/test_other_acts.py",
    "session-end": "it needs another session: tests/trail/test_other_acts.py",
    "sessions-end": "it needs another session: tests/trail/test_other_acts.py",
    "team-new": "the settings say who may: tests/trail/test_other_acts.py",
    "team-delete": "nothing may be under way: tests/trail/test_other_acts.py",
    "sample-remove": "made-up lists and templates are recorded as they go: tests/test_sample.py",
    "sign-in-again": "whoever proves again who they are changes nothing",
    "go-on": "what was typed is forgotten, or sent to its own address",
    "password-change": "every new password is recorded: tests/trail/test_who_and_where.py",
    "password-reset": "a link is sent; what it is used for is recorded",
    "password-reset-confirm": "every new password is recorded: tests/trail/test_who_and_where.py",
    "invitation": "nobody is signed in there: tests/trail/test_who_and_where.py",
    "upload": _NOTHING_YET,
    "paste": _NOTHING_YET,
    "import-check": _NOTHING_YET,
    "import-discard": _NOTHING_YET,
    "import-retry": _NOTHING_YET,
    "import-undo": "it needs an import that is done: tests/trail/test_who_and_where.py",
    "list-split": "begun as the other three are: `list_operations._begin`",
    "unblock": "it needs blocks at Sociocs: tests/trail/test_who_and_where.py",
    "test-send": "it needs Sociocs: tests/composer/test_sent_tests.py",
    "list-search": _ONLY_LOOKS,
    "phone-becomes": _ONLY_LOOKS,
    "filter-conditions": _ONLY_LOOKS,
    "filter-typed-count": _ONLY_LOOKS,
    "opt-outs-search": _ONLY_LOOKS,
    "campaigns-of-person": _ONLY_LOOKS,
    "campaign-people": _ONLY_LOOKS,
    "find-person": _ONLY_LOOKS,
    "preview": _ONLY_LOOKS,
    "text-fields": _ONLY_LOOKS,
    "template-picker": _ONLY_LOOKS,
    "figures": _ONLY_LOOKS,
    "audience": _ONLY_LOOKS,
    "audience-people": _ONLY_LOOKS,
    "moment": _ONLY_LOOKS,
    "media-check": _ONLY_LOOKS,
    "replies-read": _OWN,
    "replies-search": _ONLY_LOOKS,
    "notices-read": _OWN,
    "notice-choices": _OWN,
    "notice": _OWN,
    "compose": _DRAFT,
    "autosave": _DRAFT,
    "draft-open": _DRAFT,
    "launch": _EVENT,
    "approve": _EVENT,
    "reschedule": _EVENT,
    "repeat-end": _EVENT,
    "resume": _EVENT,
    "take-back": _EVENT,
    "decide": _EVENT,
    "decide-all": _EVENT,
    "channel": _CHANNEL,
    "channel-new": _CHANNEL,
    "account-new": _CHANNEL,
    "vendor-account": _CHANNEL,
    "channels-sync": _CHANNEL,
    **dict.fromkeys(
        ["door-jobs", "door-message", "door-block", "door-unblock", "door-subscriptions"],
        "it needs a token: tests/api/test_door.py",
    ),
    "webhook": "the vendor reports; nobody of ours does anything",
}
# Events that happen to a campaign by themselves.
BY_ITSELF = {
    *("frozen", "started", "missed", "unclear", "refused", "opted_out", "late_look", "found"),
    *("needs_decision", "cancelled", "completed", "run_made", "run_waits"),
    *("trouble", "trouble_over"),
}


def made_ready(site: Site, name: str) -> None:
    """Bring about what an address needs before it can do anything."""
    if name == "import-stop":
        ListImport.objects.update(state=ListImport.State.QUEUED)
    if name == "follow-up":
        Campaign.objects.filter(pk=site.launched.pk).update(state="completed")
    if name == "receiver-on":
        Receiver.objects.update(state=Receiver.State.PAUSED)
    if name == "reply-let-be":
        OptOut.objects.create(team=site.team, phone=site.reply.phone, source=OptOut.Source.UNSURE)


def test_every_address_that_takes_a_post_is_in_one_of_the_tables() -> None:
    takes_post = {name for name, route in ROUTES.items() if POST in route.methods}
    assert takes_post == set(ACTS) | set(NO_ACTS_HERE)
    assert not set(ACTS) & set(NO_ACTS_HERE)


@pytest.mark.parametrize("name", ACTS)
def test_what_is_sent_off_leaves_its_act(
    site: Site, client_of: ClientOf, members: list[User], name: str
) -> None:
    alice, _sami, _bob, vera = members
    client = client_of(alice)
    url = site.url(name, vera if "member" in name else alice)
    fields = {**ROUTES[name].fields, **ACTS[name][1](site)}
    made_ready(site, name)
    before = Entry.objects.latest("pk").pk

    answer = client.post(url, fields)

    (entry,) = Entry.objects.filter(pk__gt=before, act=ACTS[name][0])
    assert entry.actor_id == alice.pk
    assert entry.team_id == (None if entry.area == "account" else site.team.pk)
    assert (entry.door, entry.address) == (Door.PAGE, "127.0.0.1")
    assert entry.through.startswith("session ")
    assert entry.request_id == answer["X-Request-ID"]


@pytest.mark.parametrize("kind", CampaignEvent.Kind)
def test_an_event_that_somebody_makes_is_an_act(
    site: Site, members: list[User], kind: CampaignEvent.Kind
) -> None:
    if kind.value in BY_ITSELF:
        assert f"campaign.{kind.value}" not in set(Act)
        return

    record_event(site.launched, kind, members[1], people=3, reason="A text of theirs")

    entry = Entry.objects.latest("pk")
    assert entry.act == f"campaign.{kind.value}"
    assert (entry.thing_id, entry.team_id) == (site.launched.pk, site.team.pk)
    assert (entry.actor_id, entry.after) == (members[1].pk, {"people": 3})


@pytest.mark.parametrize("kind", ChannelEvent.Kind)
def test_a_change_of_a_channel_is_an_act(
    site: Site, members: list[User], kind: ChannelEvent.Kind
) -> None:
    record_channel_event(site.team, kind, site.channel, members[0], before="Mary's phone", added=2)

    entry = Entry.objects.latest("pk")
    assert (entry.area, entry.team_id, entry.actor_id) == ("channel", site.team.pk, members[0].pk)
    assert (entry.thing_id, entry.after) == (site.channel.pk, {"added": 2})


def test_every_act_is_written_somewhere() -> None:
    product = "".join(path.read_text() for path in code_base.python_files(code_base.PRODUCT))
    of_events = {f"campaign.{kind.value}" for kind in CampaignEvent.Kind}
    assert not [
        act.name for act in Act if act not in of_events and f"Act.{act.name}" not in product
    ]


def test_whoever_may_not_leaves_an_entry_too(
    site: Site, client_of: ClientOf, members: list[User]
) -> None:
    vera = members[3]
    client_of(vera).post(site.url("launch", vera))

    entry = Entry.objects.latest("pk")
    assert (entry.act, entry.actor_id, entry.team_id) == (Act.REFUSED, vera.pk, site.team.pk)
    assert entry.after == {"action": "launch"}


# --- The administration ---------------------------------------------------------------------------

WRITABLE = [one for one in admin.site._registry.values() if not isinstance(one, ReadOnlyAdmin)]
# An action of the administration, and the act it leaves.
ADMIN_ACTIONS = {"use_again": Act.ACCOUNT_USED_AGAIN, "delete_selected": Act.ADMIN_DELETED}


@pytest.mark.parametrize("page", WRITABLE, ids=lambda page: page.model.__name__)
def test_every_admin_page_that_changes_something_is_noted(page: Any) -> None:
    if page.model._meta.app_label in {"admin", "auth", "contenttypes", "sessions"}:
        pytest.fail("A page of Django's own can change something: note what is done there.")
    assert isinstance(page, NotedAdmin)
    assert type(page).mro().index(NotedAdmin) < type(page).mro().index(admin.ModelAdmin)
    assert set(getattr(page, "actions", None) or ()) <= set(ADMIN_ACTIONS)


@pytest.fixture
def operator(town: Any, db: None) -> Client:
    person = User.objects.create_superuser("root@example.org", "x", name="Root")
    client = Client()
    client.force_login(person)
    return client


def fields_of_admin(client: Client, url: str) -> Fields:
    """The form of an admin page as a browser would send it back unchanged."""
    context = client.get(url).context
    forms = [context["adminform"].form, *context["inline_admin_formsets"]]
    fields: Fields = {}
    for one in forms:
        parts = (
            [one]
            if isinstance(one, BaseForm)
            else [one.formset.management_form, *one.formset.forms]
        )
        for form in parts:
            for bound in form:
                value = bound.value()
                if value not in (None, False):
                    fields[bound.html_name] = value
    return fields


def test_a_change_in_the_admin_says_what_was_before_and_after(site: Site, operator: Client) -> None:
    url = reverse("admin:teams_team_change", args=[site.team.pk])
    fields = fields_of_admin(operator, url)

    answer = operator.post(url, fields | {"name": "Lakeside", "approval_above": "7"})

    assert answer.status_code == 302
    entry = Entry.objects.latest("pk")
    assert (entry.act, entry.door, entry.team_id) == (Act.ADMIN_CHANGED, "admin", site.team.pk)
    assert entry.before == {"name": "changed", "approval_above": None}
    assert entry.after == {"name": "changed", "approval_above": 7}


def test_a_role_given_in_the_admin_is_an_entry_about_that_person(
    site: Site, operator: Client, members: list[User]
) -> None:
    url = reverse("admin:teams_team_change", args=[site.team.pk])
    fields = fields_of_admin(operator, url)
    mine = next(name for name, value in fields.items() if value == "viewer")

    operator.post(url, fields | {mine: "owner"})

    entry = Entry.objects.latest("pk")
    assert (entry.act, entry.about_id) == (Act.ADMIN_CHANGED, members[3].pk)
    assert (entry.before, entry.after) == ({"role": "viewer"}, {"role": "owner"})


def test_rights_on_the_site_are_told_before_and_after(
    operator: Client, members: list[User]
) -> None:
    url = reverse("admin:teams_user_change", args=[members[3].pk])

    operator.post(url, fields_of_admin(operator, url) | {"is_staff": "on"})

    entry = Entry.objects.get(act=Act.ACCOUNT_CHANGED, about_id=members[3].pk)
    assert (entry.before, entry.after) == ({"is_staff": False}, {"is_staff": True})
    assert entry.actor_id == User.objects.get(email="root@example.org").pk


def test_what_is_deleted_in_the_admin_leaves_an_entry(operator: Client, db: None) -> None:
    people = [world.create_person(f"Temp {number}") for number in range(2)]
    url = reverse("admin:teams_user_changelist")
    asked = {"action": "delete_selected", "_selected_action": [one.pk for one in people]}

    operator.post(url, asked | {"post": "yes"})

    gone = Entry.objects.filter(act=Act.ADMIN_DELETED).values_list("about_id", flat=True)
    assert set(gone) == {one.pk for one in people}


def test_an_account_that_is_used_again_leaves_an_entry(site: Site, operator: Client) -> None:
    account = site.channel.account
    GatewayAccount.objects.filter(pk=account.pk).update(state="halted")
    url = reverse("admin:sociocs_accounts_gatewayaccount_changelist")

    operator.post(url, {"action": "use_again", "_selected_action": [account.pk]})

    entry = Entry.objects.latest("pk")
    assert (entry.act, entry.thing_id, entry.door) == (
        Act.ACCOUNT_USED_AGAIN,
        account.pk,
        Door.ADMIN,
    )
    assert timezone.now() >= entry.at
