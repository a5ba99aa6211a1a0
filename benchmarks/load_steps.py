"""What `load` does with Django: the team and its people, the import, the campaign, the reports."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.db import connection
from django.db.models import DateTimeField, Model, Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.history_pages import a_template, copy, fill
from benchmarks.webhooks import SECRET, Burst, percentile, report
from campaigns.models import Campaign, CampaignRecipient
from campaigns.states import SubmissionState
from composer.drafts import content_of
from composer.forms import stored_draft
from delivery import delivery_reports
from delivery.models import Reply, SentMessage, WebhookEndpoint, WebhookEvent
from recipients.imports.forms import CheckForm
from recipients.models import ListImport, Recipient, RecipientList
from sending import launch
from sending.models import Submission
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.processes import Sandbox

TEXT = "Hi {{CUSTOMER_NAME}}, {{Dentist}} expects you on {{Visit}}. Reply YES to confirm."
# What a team has that has used the product for a year.
CAMPAIGNS, REPLIES, LISTS = 150, 2_000, (110_000, 102_000)
CSRF = "0" * 32


@dataclass(frozen=True)
class Data:
    """What was made: for the walk, for the reports, and for what runs beside."""

    team: Team
    for_people: dict[str, Any]
    endpoint: str
    campaign: Campaign
    recipients: int
    imports_as: dict[str, str]


def prepare(sandbox: Sandbox, people: int, recipients: int, reports: int) -> Data:
    """Make a team with a year's work and so many people, a campaign to launch, and messages."""
    team = world.a_team()
    channel = world.a_channel(team, sandbox)
    fill(world.launched(a_template(team)), CAMPAIGNS)
    for model, campaign_id in [(Campaign, "id"), (Submission, "campaign_id")]:
        spread_over_the_year(model, campaign_id)
    endpoint = report_to(channel, reports)
    lists = [a_list(team, size, f"List of {size}") for size in LISTS]
    campaign = world.a_campaign(channel, a_list(team, recipients, "Everybody"), name="To all")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    colleagues = [world.create_person(f"Person{n} Walker") for n in range(people)]
    for one in colleagues:
        world.add_member(team, one)
    drafts = [world.a_campaign(channel, *lists, name="Draft", text=TEXT) for _ in colleagues]
    to_watch = [campaign, *Campaign.objects.filter(state="completed").order_by("-pk")[:5]]
    return Data(
        team,
        {
            "people": [
                {"cookies": cookies_of(one), **composing(draft)}
                for one, draft in zip(colleagues, drafts, strict=True)
            ],
            "pages": {name: reverse(name, args=[team.slug]) for name in PAGES},
            "campaigns": [reverse("campaign", args=[team.slug, one.public_id]) for one in to_watch],
            "lists": [reverse("list", args=[team.slug, one.public_id]) for one in lists],
        },
        str(endpoint.public_id),
        campaign,
        recipients,
        cookies_of(world.owner_of(team)),
    )


def spread_over_the_year(model: type[Model], campaign_id: str) -> None:
    """Let campaigns, and what belongs to them, be as old as their number says."""
    moments = [one.column for one in model._meta.fields if isinstance(one, DateTimeField)]
    earlier = f"({campaign_id} % {CAMPAIGNS:d}) * interval '2 days'"
    changes = ", ".join(f"{column} = {column} - {earlier}" for column in moments)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET {changes}")


PAGES = (
    *("overview", "campaigns", "calendar", "lists", "replies", "delivery", "opt-outs", "notices"),
    *("team", "filters", "templates"),
)


def a_list(team: Team, size: int, name: str) -> RecipientList:
    """A list of the team with so many people, made by the database."""
    made = world.a_list(team, ["+12020000000"], name)
    first = made.recipients.get()
    first.fields = {"Dentist": "Dr. Who", "Visit": "2026-12-01"}
    first.save()
    copy(
        Recipient,
        f"n CROSS JOIN {Recipient._meta.db_table} t WHERE t.id = {first.pk:d}",
        size - 1,
        {"phone": "'+1' || (2020000000 + n.i)", "name": "'Person ' || n.i"},
    )
    made.field_names, made.recipient_count = [*first.fields], size
    made.save()
    return made


def report_to(channel: Channel, messages: int) -> WebhookEndpoint:
    """Let the newest campaign have gone to so many people; where their messages are told of."""
    campaign = Campaign.objects.latest("pk")
    Campaign.objects.filter(pk=campaign.pk).update(channel=channel, name="Reported on")
    campaign.submissions.filter(seq__gt=1).delete()
    campaign.submissions.update(
        first_position=0, last_position=messages - 1, recipient_count=messages
    )
    campaign.recipients.all().delete()
    person = CampaignRecipient.objects.create(campaign=campaign, position=0, phone="+12030000000")
    copy(
        CampaignRecipient,
        f"n CROSS JOIN {CampaignRecipient._meta.db_table} t WHERE t.id = {person.pk:d}",
        messages - 1,
        {"position": "n.i", "phone": "'+1' || (2030000000 + n.i)"},
    )
    now = timezone.now()
    facts = {"channel": channel, "campaign": campaign, "seen_at": now, "changed_at": now}
    message = SentMessage.objects.create(message_id="message-0", recipient=person, **facts)
    copy(
        SentMessage,
        f"n JOIN {CampaignRecipient._meta.db_table} r ON r.position = n.i "
        f"AND r.campaign_id = {campaign.pk:d} "
        f"CROSS JOIN {SentMessage._meta.db_table} t WHERE t.id = {message.pk:d}",
        messages - 1,
        {"message_id": "'message-' || n.i", "recipient_id": "r.id"},
    )
    written = {"team": channel.team, "channel": channel, "phone": person.phone, "sent_at": now}
    first = Reply.objects.create(
        message_id="reply-0", text="See you", campaign=campaign, received_at=now, **written
    )
    copy(
        Reply,
        f"n CROSS JOIN {Reply._meta.db_table} t WHERE t.id = {first.pk:d}",
        REPLIES - 1,
        {
            "public_id": "gen_random_uuid()",
            "message_id": "'reply-' || n.i",
            "phone": "'+1' || (2030000000 + n.i)",
        },
    )
    return WebhookEndpoint.objects.create(channel=channel, secret=Secret.of(SECRET), state="on")


def cookies_of(person: User) -> dict[str, str]:
    """What the browser of somebody who is signed in has."""
    client = Client()
    client.force_login(person)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: CSRF}


def composing(draft: Campaign) -> dict[str, Any]:
    """The addresses of a draft's composer, and what its form says."""
    stored = stored_draft(draft, content_of(draft))
    names = ("compose", "preview", "figures", "autosave")
    return {
        "form": {field: value for field, value in stored.items() if value is not None},
        **{name: reverse(name, args=[draft.team.slug, draft.public_id]) for name in names},
    }


# --- What runs beside them ------------------------------------------------------------------------


def calls(port: str, endpoint: str, rate: str, seconds: str) -> dict[str, float]:
    """Report on all messages, to the clock; a step in a process of its own."""
    bodies = [report(number) for number in range(int(rate) * int(seconds))]
    burst = Burst(int(port), f"/webhooks/{endpoint}/", int(rate), bodies)
    took = burst.run(connections=16)
    return {
        "calls_per_s": len(burst.waits) / took,
        "p50_ms": percentile(burst.waits, 50),
        "p95_ms": percentile(burst.waits, 95),
        "refused": burst.refused,
    }


@dataclass
class Beside:
    """An import by the pages and a campaign that is handed over; `seconds` of each step so far."""

    data: Data
    file: Path
    url: str
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, until: float) -> None:
        """Begin both, and wait for both, but not beyond this moment (`time.time`)."""
        self._began = time.time()
        try:
            self._upload()
            confirmed = world.confirmed(self.data.campaign, self.data.recipients)
            launch.launch(self.data.campaign, confirmed)
            while len(self.seconds) < len(("judge", "import", "hand_over")) and time.time() < until:
                self._look()
                time.sleep(0.5)
        finally:
            connection.close()

    def _look(self) -> None:
        made = ListImport.objects.get()
        if made.state == ListImport.State.CHECKING and made.is_judged:
            self._note("judge")
            self._confirm(made)
        if made.state == ListImport.State.COMPLETED:
            self._note("import")
        if handed_over(self.data.campaign) == self.data.recipients:
            self._note("hand_over")

    def _note(self, step: str) -> None:
        self.seconds.setdefault(step, time.time() - self._began)

    def _upload(self) -> None:
        with self.file.open("rb") as opened:
            self._post("upload", files={"file": (self.file.name, opened, "text/csv")})

    def _confirm(self, made: ListImport) -> None:
        """Press the button of the check page, as it is filled in."""
        form = CheckForm(made)
        filled = {name: form.get_initial_for_field(form.fields[name], name) for name in form.fields}
        self._post("import-confirm", made.public_id, data=filled)

    def _post(self, page: str, *of: Any, **sent: Any) -> None:
        answer = requests.post(
            self.url + reverse(page, args=[self.data.team.slug, *of]),
            headers={"X-CSRFToken": CSRF},
            cookies=self.data.imports_as,
            timeout=120,
            allow_redirects=False,
            **sent,
        )
        assert answer.status_code == requests.codes.found, f"{page}: {answer.status_code}"


def handed_over(campaign: Campaign) -> int:
    """How many people of a campaign Sociocs has."""
    jobs = campaign.submissions.filter(state=SubmissionState.ACCEPTED)
    people: int = jobs.aggregate(people=Sum("recipient_count", default=0))["people"]
    return people


def missing(data: Data, rows: int, reports: int) -> dict[str, int]:
    """What is not there half a minute later: rows, people of the campaign, reports."""
    deadline = time.time() + 30
    while delivery_reports.has_calls() and time.time() < deadline:
        time.sleep(0.5)
    made = ListImport.objects.filter(state=ListImport.State.COMPLETED).first()
    credited = WebhookEvent.objects.filter(outcome=WebhookEvent.Outcome.CREDITED).count()
    return {
        "rows": rows - (made.rows_done if made else 0),
        "people": data.recipients - handed_over(data.campaign),
        "reports": reports - credited,
    }
