"""Every address of the site, who may open it, and a team at work to open it for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from api.models import Scope
from api.tokens import make_token
from campaigns.models import Campaign, CampaignEvent, WhatsAppTemplate
from campaigns.moves import record_event
from composer import message_templates
from composer.media import media_store
from composer.models import MediaFile, MessageTemplate
from delivery import block_checks
from delivery.models import BlockCheck, Reply, WebhookEndpoint
from events.models import OutgoingEvent, Receiver
from events.receivers import make_receiver
from history.models import Notice, Report
from recipients.lists import exporting, list_operations
from recipients.lists.paging import write_place
from recipients.lists.people import person_id
from recipients.models import (
    Export,
    FailingNumber,
    ListImport,
    OptOut,
    Permission,
    RecipientList,
    SavedFilter,
)
from sending.models import Submission
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel, GatewayAccount, NumberForTests
from teams import invitations
from teams.access import Action
from teams.models import Role, Team, User
from tests import world
from tests.client import Client

GET, POST = "GET", "POST"
Who = Action | Literal["everybody", "signed in", "the vendor", "a program"]


@dataclass(frozen=True)
class Route:
    """Who may open an address, and the methods it answers."""

    who: Who
    methods: tuple[str, ...] = (GET,)
    # What a POST has to say to be understood at all.
    fields: Mapping[str, str] = field(default_factory=dict)


FORM, BUTTON = (GET, POST), (POST,)

ROUTES: dict[str, Route] = {
    "healthz": Route("everybody"),
    "readyz": Route("everybody"),
    "metrics": Route("a program"),
    "public-media": Route("everybody"),
    "security-txt": Route("everybody"),
    "sample-recipients": Route("signed in"),
    "sample-remove": Route(Action.MANAGE_TEAM, BUTTON),
    # Calls meant for Sociocs, by programs that come with a token (tests/api/test_door.py).
    "door-jobs": Route("a program", FORM),
    "door-job": Route("a program", ("PUT", "DELETE")),
    "door-message": Route("a program", BUTTON),
    "door-scheduled-messages": Route("a program"),
    "door-scheduled-message": Route("a program", ("DELETE",)),
    "door-messages": Route("a program"),
    "door-unreplied": Route("a program"),
    "door-search": Route("a program"),
    "door-channels": Route("a program"),
    "door-channel": Route("a program"),
    "door-members": Route("a program"),
    "door-block": Route("a program", BUTTON),
    "door-unblock": Route("a program", BUTTON),
    "door-is-blocked": Route("a program"),
    "door-subscriptions": Route("a program", FORM),
    "door-subscription": Route("a program", (GET, "DELETE")),
    "door-root": Route("a program", ()),
    "door-nothing": Route("a program", ()),
    # Who they are, and which team to open.
    "home": Route("signed in"),
    "sign-in": Route("everybody", FORM),
    "sign-in-again": Route("signed in", FORM),
    "go-on": Route("signed in", FORM),
    "form-token": Route("signed in"),
    "sign-up": Route("everybody", FORM),
    "sign-up-account": Route("everybody", FORM),
    "sign-out": Route("everybody", BUTTON),
    "account": Route("signed in", FORM),
    "help": Route("signed in"),
    "help-all": Route("signed in"),
    "help-page": Route("signed in"),
    "mfa_authenticate": Route("everybody", FORM),
    "passkey-sign-in": Route("everybody", FORM),
    "second-step": Route("signed in"),
    "app-add": Route("signed in", FORM),
    "passkey-add": Route("signed in", FORM),
    "recovery-codes": Route("signed in", FORM),
    "second-step-remove": Route("signed in", BUTTON),
    "sessions-end": Route("signed in", BUTTON),
    "session-end": Route("signed in", BUTTON),
    "sso": Route("everybody"),
    "openid_connect_callback": Route("everybody"),
    "address-ask": Route("signed in", BUTTON),
    "address-proof": Route("everybody", FORM),
    "password-change": Route("signed in", FORM),
    "password-reset": Route("everybody", FORM),
    "password-reset-sent": Route("everybody"),
    "password-reset-confirm": Route("everybody", FORM),
    "invitation": Route("everybody", FORM),
    # Whoever may make one (tests/teams/test_new_team.py).
    "team-new": Route("signed in", FORM),
    # The team.
    "team": Route(Action.VIEW),
    "team-settings-part": Route(Action.VIEW),
    "team-settings": Route(Action.MANAGE_TEAM, BUTTON),
    "invite": Route(Action.MANAGE_TEAM, BUTTON),
    "invitation-revoke": Route(Action.MANAGE_TEAM, BUTTON),
    "member-role": Route(Action.MANAGE_TEAM, BUTTON),
    # Themselves; others need MANAGE_TEAM (tests/teams/test_team_page.py).
    "member-remove": Route(Action.VIEW, FORM),
    # Tokens of programs.
    "tokens": Route(Action.MAKE_TOKENS),
    "token-new": Route(Action.MAKE_TOKENS, FORM),
    "api-reference": Route(Action.MAKE_TOKENS),
    "token-end": Route(Action.MAKE_TOKENS, BUTTON),
    # Recipient lists.
    "lists": Route(Action.VIEW),
    "upload": Route(Action.EDIT_LISTS, FORM),
    "paste": Route(Action.EDIT_LISTS, BUTTON, {"rows": "+12025550000"}),
    "import": Route(Action.EDIT_LISTS),
    "import-check": Route(Action.EDIT_LISTS, BUTTON),
    "import-summary": Route(Action.EDIT_LISTS),
    "import-confirm": Route(Action.EDIT_LISTS, BUTTON),
    "import-discard": Route(Action.EDIT_LISTS, BUTTON),
    "import-progress": Route(Action.EDIT_LISTS),
    "import-stop": Route(Action.EDIT_LISTS, BUTTON),
    "import-retry": Route(Action.EDIT_LISTS, BUTTON),
    "import-undo": Route(Action.EDIT_LISTS, FORM),
    "rejected-rows": Route(Action.EDIT_LISTS),
    "list": Route(Action.VIEW),
    "list-search": Route(Action.VIEW, FORM),
    "list-sharing": Route(Action.EDIT_LISTS, BUTTON),
    "list-opted-out": Route(Action.VIEW),
    "list-new": Route(Action.EDIT_LISTS, FORM),
    "phone-becomes": Route(Action.EDIT_LISTS, BUTTON, {"phone": "+12025550000"}),
    "list-person-add": Route(Action.EDIT_LISTS, FORM),
    "list-person": Route(Action.EDIT_LISTS, FORM),
    "list-people-remove": Route(Action.EDIT_LISTS, BUTTON),
    "list-rename": Route(Action.EDIT_LISTS, FORM),
    "list-copy": Route(Action.EDIT_LISTS, FORM),
    "list-merge": Route(Action.EDIT_LISTS, FORM),
    "list-split": Route(Action.EDIT_LISTS, FORM),
    "list-subtract": Route(Action.EDIT_LISTS, FORM),
    "list-operation": Route(Action.EDIT_LISTS),
    "list-export": Route(Action.EXPORT, BUTTON),
    "export": Route(Action.EXPORT),
    "export-file": Route(Action.EXPORT),
    "list-use": Route(Action.VIEW),
    "list-put-away": Route(Action.EDIT_LISTS),
    "list-archive": Route(Action.EDIT_LISTS, BUTTON),
    "list-restore": Route(Action.EDIT_LISTS, BUTTON),
    "list-delete": Route(Action.EDIT_LISTS, BUTTON),
    # Saved filters.
    "filters": Route(Action.VIEW),
    "filter-new": Route(Action.EDIT_LISTS, FORM),
    "filter-conditions": Route(Action.EDIT_LISTS, BUTTON),
    "filter-typed-count": Route(Action.EDIT_LISTS, BUTTON),
    "filter": Route(Action.VIEW, FORM),
    "filter-count": Route(Action.VIEW),
    "filter-delete": Route(Action.EDIT_LISTS, BUTTON),
    # Opt-outs.
    "opt-outs": Route(Action.VIEW),
    "opt-outs-search": Route(Action.VIEW, FORM),
    "opt-outs-add": Route(Action.EDIT_LISTS, FORM),
    "opt-outs-export": Route(Action.EXPORT, BUTTON),
    "opt-out-lift": Route(Action.EDIT_LISTS, FORM),
    "failing-numbers": Route(Action.VIEW),
    "failing-number-let-back": Route(Action.EDIT_LISTS, BUTTON),
    "blocks": Route(Action.VIEW),
    "block": Route(Action.LAUNCH, BUTTON),
    "unblock": Route(Action.LAUNCH, BUTTON),
    "find-blocked": Route(Action.LAUNCH, BUTTON),
    "stop-finding": Route(Action.LAUNCH, BUTTON),
    # Channels.
    "channels": Route(Action.VIEW),
    "channel": Route(Action.MANAGE_TEAM, FORM),
    "channel-new": Route(Action.MANAGE_TEAM, FORM),
    "account-new": Route(Action.MANAGE_TEAM, FORM),
    "vendor-account": Route(Action.MANAGE_TEAM, FORM),
    "channels-sync": Route(Action.MANAGE_TEAM, BUTTON),
    # What Sociocs reports.
    "webhook": Route("the vendor", BUTTON),
    "delivery": Route(Action.VIEW),
    "delivery-on": Route(Action.MANAGE_TEAM, BUTTON),
    "delivery-check": Route(Action.MANAGE_TEAM, BUTTON),
    "delivery-off": Route(Action.MANAGE_TEAM, BUTTON),
    "replies": Route(Action.VIEW),
    "reply": Route(Action.VIEW),
    "replies-read": Route(Action.VIEW, BUTTON),
    "replies-search": Route(Action.VIEW, BUTTON),
    "reply-opt-out": Route(Action.EDIT_LISTS, BUTTON),
    "reply-let-be": Route(Action.EDIT_LISTS, BUTTON),
    "campaign-replies": Route(Action.VIEW),
    "campaign-jobs": Route(Action.VIEW),
    "campaign-delivery-times": Route(Action.VIEW),
    # What became of a campaign.
    "report-history": Route(Action.EXPORT, BUTTON),
    "report-campaign": Route(Action.EXPORT, BUTTON),
    "report": Route(Action.EXPORT),
    "report-file": Route(Action.EXPORT),
    "activity": Route(Action.MANAGE_TEAM),
    "activity-export": Route(Action.MANAGE_TEAM, BUTTON),
    "notices": Route(Action.VIEW),
    "notices-read": Route(Action.VIEW, BUTTON),
    "notice-choices": Route(Action.VIEW, FORM),
    "notice": Route(Action.VIEW, BUTTON),
    "campaigns-of-person": Route(Action.VIEW, BUTTON),
    "campaign-people": Route(Action.VIEW, FORM),
    "job": Route(Action.VIEW),
    "follow-up": Route(Action.COMPOSE, BUTTON),
    "test-number-add": Route(Action.MANAGE_TEAM, BUTTON),
    "test-number-remove": Route(Action.MANAGE_TEAM, BUTTON),
    # How long data is kept.
    # What other systems are told.
    "receivers": Route(Action.MANAGE_TEAM),
    "receiver-new": Route(Action.MANAGE_TEAM, FORM),
    "receiver": Route(Action.MANAGE_TEAM),
    "receiver-change": Route(Action.MANAGE_TEAM, FORM),
    "receiver-test": Route(Action.MANAGE_TEAM, BUTTON),
    "receiver-pause": Route(Action.MANAGE_TEAM, BUTTON),
    "receiver-on": Route(Action.MANAGE_TEAM, BUTTON),
    "receiver-secret": Route(Action.MANAGE_TEAM, BUTTON),
    "receiver-new-secret": Route(Action.MANAGE_TEAM, BUTTON),
    "receiver-remove": Route(Action.MANAGE_TEAM, BUTTON),
    "event-again": Route(Action.MANAGE_TEAM, BUTTON),
    "event-leave-out": Route(Action.MANAGE_TEAM, BUTTON),
    "kept-data": Route(Action.MANAGE_TEAM, FORM),
    "team-delete": Route(Action.MANAGE_TEAM, FORM),
    "person-erase": Route(Action.MANAGE_TEAM, FORM),
    "person-file": Route(Action.MANAGE_TEAM, BUTTON),
    # A person.
    "find-person": Route(Action.VIEW, BUTTON, {"phone": "+12025550000"}),
    "person": Route(Action.VIEW),
    # Campaigns.
    "overview": Route(Action.VIEW),
    "calendar": Route(Action.VIEW),
    "campaigns": Route(Action.VIEW),
    "campaign-new": Route(Action.COMPOSE, BUTTON),
    "campaign": Route(Action.VIEW),
    "campaign-live": Route(Action.VIEW),
    "compose": Route(Action.COMPOSE, FORM),
    "preview": Route(Action.COMPOSE, BUTTON),
    "text-fields": Route(Action.COMPOSE, BUTTON),
    "template-picker": Route(Action.COMPOSE, BUTTON),
    "figures": Route(Action.COMPOSE, BUTTON),
    "audience": Route(Action.COMPOSE, BUTTON),
    "audience-people": Route(Action.COMPOSE, BUTTON),
    "moment": Route(Action.COMPOSE, BUTTON),
    "autosave": Route(Action.COMPOSE, BUTTON),
    "draft-open": Route(Action.COMPOSE, BUTTON),
    # Templates.
    "templates": Route(Action.VIEW),
    "template-new": Route(Action.COMPOSE, FORM),
    "template": Route(Action.VIEW, FORM),
    "whatsapp-templates": Route(Action.VIEW),
    "whatsapp-template-new": Route(Action.COMPOSE, FORM),
    "whatsapp-template": Route(Action.VIEW, FORM),
    "whatsapp-template-delete": Route(Action.COMPOSE, FORM),
    "template-keep": Route(Action.COMPOSE, FORM),
    "template-begin": Route(Action.COMPOSE, BUTTON),
    "template-go-back": Route(Action.COMPOSE, BUTTON),
    "template-delete": Route(Action.COMPOSE, BUTTON),
    "fields-in-use": Route(Action.VIEW),
    "campaign-duplicate": Route(Action.COMPOSE, BUTTON),
    "test-send": Route(Action.COMPOSE, FORM),
    "media-check": Route(Action.COMPOSE, BUTTON),
    "media": Route(Action.COMPOSE),
    "media-upload": Route(Action.COMPOSE, BUTTON),
    "media-delete": Route(Action.COMPOSE, BUTTON),
    "campaign-delete": Route(Action.COMPOSE, BUTTON),
    "review": Route(Action.COMPOSE),
    "planning": Route(Action.COMPOSE),
    "launch": Route(Action.LAUNCH, BUTTON),
    "approve": Route(Action.LAUNCH, BUTTON),
    "reschedule": Route(Action.LAUNCH, FORM),
    "undo": Route(Action.LAUNCH, BUTTON),
    "repeat-end": Route(Action.LAUNCH, BUTTON),
    "pause": Route(Action.LAUNCH, BUTTON),
    "resume": Route(Action.LAUNCH, BUTTON),
    "take-back": Route(Action.LAUNCH, BUTTON),
    "cancel": Route(Action.LAUNCH, BUTTON),
    "decide": Route(Action.DECIDE, BUTTON, {"kind": "do_not_send", "shown_version": "1"}),
    "decide-all": Route(Action.DECIDE, BUTTON, {"kind": "do_not_send"}),
    "look-again": Route(Action.DECIDE, BUTTON),
}

_TEXTS = re.compile(r"<(?:str:|path:)?(token|uidb64|person_id|filename|part)>")
# They answer in a form of their own, whatever is wrong with a call.
OF_PROGRAMS = {name for name, route in ROUTES.items() if route.who == "a program"}
OF_PAGES = {name: route for name, route in ROUTES.items() if name not in OF_PROGRAMS}
OF_A_TEAM = {name: route for name, route in ROUTES.items() if isinstance(route.who, Action)}
# Addresses of a campaign that has been launched; the others speak of a draft.
OF_A_LAUNCHED_ONE = {
    *("campaign", "campaign-live", "pause", "resume", "take-back", "cancel", "decide"),
    *("campaign-replies", "campaign-people", "campaign-jobs", "campaign-delivery-times"),
    *("job", "follow-up", "look-again", "decide-all"),
    *("report-campaign",),
    *("reschedule", "undo", "repeat-end"),
}
OF_AN_ARCHIVED_LIST = {"list-restore"}
OF_AN_EXPORT = {"export", "export-file"}
OF_AN_IMPORT = {name for name in ROUTES if name.startswith("import")} | {"rejected-rows"}


def patterns() -> Iterator[tuple[str, URLPattern]]:
    """Every URL pattern with its whole path, without the admin's, which are Django's own."""
    yield from _below(get_resolver().url_patterns, "")


def _below(found: list[Any], prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in found:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            # Of the REST API: tests/api/test_rest_addresses.py.
            if pattern.app_name not in {"admin", "ninja"}:
                yield from _below(pattern.url_patterns, path)
        else:
            yield path, pattern


def path_of(name: str) -> str:
    """A route's whole pattern."""
    return _paths()[name]


@cache
def _paths() -> dict[str, str]:
    """Every route's pattern by its name, the first of those that share one."""
    return {str(pattern.name): path for path, pattern in reversed([*patterns()])}


def address(name: str, team: Team, **values: Any) -> str:
    """The address of a route; what it speaks of does not exist unless it is among `values`."""
    path = path_of(name)
    made_up: dict[str, Any] = {key: uuid4() for key in re.findall(r"<uuid:(\w+)>", path)}
    made_up |= dict.fromkeys(
        re.findall(r"<(?:str:|path:)?(token|uidb64|person_id|row_id|filename|part)>", path),
        "made-up",
    )
    made_up |= dict.fromkeys(re.findall(r"<int:(\w+)>", path), 1)
    shown = {"part": "general", "topic": "files"}
    known = {"team_slug": team.slug, **shown, **made_up, **values}
    return reverse(name, kwargs={key: known[key] for key in known if f"{key}>" in path})


@dataclass(frozen=True)
class Site:
    """A team with one thing of every kind, so that every address leads somewhere."""

    team: Team
    people: RecipientList
    archived: RecipientList
    draft: Campaign
    launched: Campaign
    job: Submission
    invitation: invitations.Invited
    opt_out: OptOut
    failing: FailingNumber
    reply: Reply
    saved_filter: SavedFilter
    check: BlockCheck
    template: MessageTemplate
    whatsapp_template: WhatsAppTemplate
    channel: Channel
    number: NumberForTests
    media: MediaFile
    receiver: Receiver

    def url(self, name: str, person: User) -> str:
        """The address of a route as `person` would open it."""
        values: dict[str, Any] = {
            "list_id": (self.archived if name in OF_AN_ARCHIVED_LIST else self.people).public_id,
            "row_id": write_place(self.people.recipients.all()[0].pk),
            "campaign_id": (self.launched if name in OF_A_LAUNCHED_ONE else self.draft).public_id,
            "job_id": self.job.public_id,
            "account_id": self.job.account.public_id,
            "channel_id": self.channel.public_id,
            "media_id": self.media.public_id,
            "filename": self.media.name,
            "number_id": self.number.public_id,
            "person_id": person_id(self.team, self.opt_out.phone),
            "template_id": self.template.public_id,
            "filter_id": self.saved_filter.public_id,
            "entry_id": self.opt_out.public_id,
            "failing_id": self.failing.public_id,
            "reply_id": self.reply.public_id,
            "check_id": self.check.public_id,
            "invitation_id": self.invitation.invitation.public_id,
            "user_id": person.public_id,
            "receiver_id": self.receiver.public_id,
            "token": self.invitation.link.rstrip("/").rpartition("/")[2],
        }
        if name.startswith("whatsapp-template"):
            values["template_id"] = self.whatsapp_template.public_id
        if name == "media-delete":
            # Their own; others' need MANAGE_TEAM.
            values["media_id"] = a_media_file(self.team, person).public_id
        if name.startswith("report") and "report_id" in path_of(name):
            # A file is for who asked for it.
            values["report_id"] = a_report(self.launched, person).public_id
        if name == "token-end":
            # Their own; others' need MANAGE_TEAM.
            made = make_token(self.team, person, name="Till", scopes=[Scope.READ])
            values["token_id"] = made.token.public_id
        if name == "notice":
            # A notice is one person's own.
            values["notice_id"] = a_notice(self.launched, person).public_id
        if name in OF_AN_IMPORT:
            # An upload is its uploader's own until it has become a list.
            values["import_id"] = an_import(self.team, person).public_id
        if name == "list-operation":
            values["operation_id"] = list_operations.copy(self.people, person, "Copy").public_id
        if "event_id" in path_of(name):
            state = "waiting" if name == "event-leave-out" else "delivered"
            sent = OutgoingEvent(receiver=self.receiver, kind="ping", body="{}", state=state)
            sent.save()
            values["event_id"] = sent.public_id
        if name in OF_AN_EXPORT:
            values["export_id"] = an_export(self.people, person).public_id
        return address(name, self.team, **values)


def a_site(team: Team, owner: User) -> Site:
    """Fill a team: there is a draft, and a launched campaign with a job nobody knows about."""
    people = world.a_list(team, world.phones(12))
    archived = world.a_list(team, world.phones(2), "Last year")
    RecipientList.objects.filter(pk=people.pk).update(team_permission=Permission.EDIT)
    RecipientList.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    people.refresh_from_db()
    channel = world.a_channel(team, label="Front desk SMS", phone_number="+16317471111")
    GatewayAccount.objects.filter(pk=channel.account_id).update(team=team)
    launched = world.launched(world.a_campaign(channel, people))
    # Never confirmed by the vendor, so that switching it off asks nobody.
    WebhookEndpoint.objects.create(channel=channel, secret=Secret.of("a secret"))
    return Site(
        team=team,
        people=people,
        archived=archived,
        draft=world.a_campaign(channel, people),
        launched=launched,
        job=world.unclear(world.job(launched)),
        invitation=invitations.invite(team, "nora@example.org", Role.SENDER, owner),
        check=block_checks.begin_block_check(channel.account, people, owner),
        opt_out=world.opt_out(team, world.phones(1)[0]),
        failing=FailingNumber.objects.create(
            team=team,
            phone=world.phones(2)[1],
            medium="sms",
            failures=2,
            provider="twlo",
            error_code="30005",
            failed_at=timezone.now(),
        ),
        reply=Reply.objects.create(
            team=team,
            channel=channel,
            message_id="m1",
            phone=world.phones(3)[2],
            text="Hello",
            sent_at=timezone.now(),
            received_at=timezone.now(),
        ),
        saved_filter=world.a_filter(team, people),
        template=message_templates.make(launched, owner, "Reminder", "Dental"),
        whatsapp_template=a_whatsapp_template(team),
        channel=channel,
        media=a_media_file(team, owner),
        receiver=make_receiver(
            team, owner, "Till", "https://example.org/", ["ping", "reply.received"]
        ),
        number=NumberForTests.objects.create(team=team, label="Desk phone", phone="+12025550199"),
    )


def a_whatsapp_template(team: Team) -> WhatsAppTemplate:
    """One of another channel, which takes templates."""
    clinic = world.a_channel(team, provider="twlowa", label="Front desk SMS")
    return world.a_whatsapp_template(clinic, name="Reminder", body="Hello {{1}}")


def a_media_file(team: Team, owner: User) -> MediaFile:
    """An uploaded picture of one pixel."""
    pixel = (
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00"
        b"\x01\x00\x00\x02\x02D\x01\x00;"
    )
    return media_store.keep_media(team, owner, SimpleUploadedFile("pixel.gif", pixel))


def an_import(team: Team, person: User) -> ListImport:
    """A file of this person's that waits on its check page."""
    client = Client()
    client.force_login(person)
    rows = b"Mobile,Full name\n(415) 555-2671,Emilia Brandt\n555-013,Priya N.\n"
    file = SimpleUploadedFile("patients.csv", rows)
    client.post(reverse("upload", args=[team.slug]), {"file": file})
    return ListImport.objects.filter(uploaded_by=person).last() or ListImport()


def an_export(people: RecipientList, person: User) -> Export:
    """A file that this person asked for and that is ready."""
    ordered = exporting.order_file(people.team, person, people)
    exporting.make_export(ordered.pk)
    return ordered


def a_notice(campaign: Campaign, person: User) -> Notice:
    """What this person was told of a campaign."""
    event = record_event(campaign, CampaignEvent.Kind.COMPLETED)
    return Notice.objects.create(
        user=person, team=campaign.team, campaign=campaign, event=event, kind="completed"
    )


def a_report(campaign: Campaign, person: User) -> Report:
    """A file of this person's that is being made."""
    return Report.objects.create(
        team=campaign.team, asked_by=person, campaign=campaign, file_format="csv"
    )
