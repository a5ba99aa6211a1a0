"""People, teams, lists and campaigns for tests: say what matters, the rest is filled in.

And short ways into states that take time or bad luck to reach, and to look at them.
"""

from __future__ import annotations

import itertools
import uuid
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import requests
from django.utils import timezone

from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignList, WhatsAppTemplate
from campaigns.states import Outcome, SubmissionState
from recipients.models import FilterList, OptOut, Recipient, RecipientList, SavedFilter
from recipients.subscriber_keys import subscriber_key
from sending import launch, tick
from sending.models import Attempt, Submission
from sending.readiness import Confirmation, SeenPlan
from sociocs_accounts.models import Channel, GatewayAccount
from sociocs_accounts.secrets import remember_key
from teams.models import Membership, Role, Team, User
from tests.processes import Sandbox

# Fulfils the rules for passwords and is in nobody's list of common ones.
PASSWORD = "seven-otters-in-amber"
_numbers = itertools.count(1)


def create_person(name: str = "", password: str | None = None, **fields: Any) -> User:
    """Save a person; with `password=None` they can only be signed in by `client.force_login`."""
    number = next(_numbers)
    name = name or f"Person {number}"
    fields.setdefault("email", f"{name.split()[0].lower()}{number}@example.org")
    return User.objects.create_user(name=name, password=password, **fields)


def create_team(owner: User | None = None, **fields: Any) -> Team:
    """Save a team, with its owner if there is to be one."""
    number = next(_numbers)
    # Tests run at night as well: whoever wants sending hours says so.
    any_time: dict[str, Any] = {"hours_from": None, "hours_to": None, "daily_limit": None}
    values = {"name": f"Team {number}", "slug": f"team-{number}"} | any_time | fields
    team = Team.objects.create(**values)
    if owner is not None:
        add_member(team, owner, Role.OWNER)
    return team


def add_member(team: Team, person: User, role: Role = Role.EDITOR) -> Membership:
    """Put a person into a team."""
    return Membership.objects.create(team=team, user=person, role=role)


def a_team(name: str = "Riverside Dental") -> Team:
    """Save a team with an owner."""
    return create_team(create_person("Alice Owner"), name=name)


def owner_of(team: Team) -> User:
    return team.memberships.get(role=Role.OWNER).user


def a_channel(team: Team, sandbox: Sandbox | None = None, **fields: Any) -> Channel:
    account = GatewayAccount(label="Sandbox")
    remember_key(account, sandbox.api_key if sandbox else f"key{next(_numbers)}:secret")
    account.save()
    values = {"provider": "twlo", "channel_key": "front-desk", "label": "Front desk"} | fields
    if sandbox is not None:
        values["channel_key"] = channel_keys(sandbox)[str(values["provider"])]
    return Channel.objects.create(team=team, account=account, **values)


def channel_keys(sandbox: Sandbox) -> dict[str, str]:
    """The sandbox's channel of each provider."""
    found: dict[str, str] = {}
    for provider in ("twlo", "twlowa", "gswa"):
        answer = requests.get(
            f"{sandbox.url}/channels",
            params={"provider": provider},
            headers={"apikey": sandbox.api_key},
            timeout=10,
        ).json()
        found[provider] = answer[0]["channel_key"]
    return found


def a_list(team: Team, phones: list[str], name: str = "Patients") -> RecipientList:
    """A ready list with one row per phone; somebody who comes again is a duplicate."""
    made = RecipientList.objects.create(
        team=team, owner=owner_of(team), name=name, is_ready=True, visibility="team"
    )
    add_people(made, phones)
    return made


def add_people(people: RecipientList, phones: list[str]) -> None:
    """Add a row per phone. Somebody who comes again among `phones` is a duplicate."""
    seen: dict[str, int] = {}
    rows = []
    for number, phone in enumerate(phones, start=people.row_count + 2):
        key = subscriber_key(phone)
        seen[key] = seen.get(key, -1) + 1
        rows.append(
            Recipient(
                recipient_list=people,
                phone=phone,
                occurrence=seen[key],
                name=f"Person {number}",
                row_number=number,
            )
        )
    Recipient.objects.bulk_create(rows, batch_size=2000)
    people.recipient_count += len(seen)
    people.duplicate_count += len(phones) - len(seen)
    people.save()


def phones(count: int, start: int = 0) -> list[str]:
    """Distinct, well-formed numbers."""
    return [f"+1202{5550000 + start + n}" for n in range(count)]


def opt_out(team: Team, phone: str) -> OptOut:
    return OptOut.objects.create(team=team, phone=phone)


def a_whatsapp_template(channel: Channel, **fields: Any) -> WhatsAppTemplate:
    """Register a template with two places."""
    values = {
        "name": "Check-up due",
        "provider_id": f"HX{next(_numbers):032x}",
        "language": "en",
        "category": "utility",
        "body": "Hi {{1}}, your last check-up was on {{2}}.",
    } | fields
    return WhatsAppTemplate.objects.create(channel=channel, **values)


def a_filter(
    team: Team,
    *lists: RecipientList,
    without: tuple[RecipientList, ...] = (),
    conditions: list[dict[str, Any]] | None = None,
    **fields: Any,
) -> SavedFilter:
    """A filter of the team's owner, shared with everyone."""
    values = {"owner": owner_of(team), "name": "In London", "visibility": "team"} | fields
    made = SavedFilter.objects.create(team=team, conditions=conditions or [], **values)
    for one in lists:
        FilterList.objects.create(saved_filter=made, recipient_list=one)
    for one in without:
        FilterList.objects.create(saved_filter=made, recipient_list=one, is_without=True)
    return made


def fill(people: RecipientList, name: str, values: list[str]) -> None:
    """Give the list's rows a field, in their order."""
    rows = list(Recipient.objects.filter(recipient_list=people).order_by("pk"))
    for row, value in zip(rows, values, strict=True):
        row.fields[name] = value
    Recipient.objects.bulk_update(rows, ["fields"], batch_size=500)
    people.field_names = [*people.field_names, name]
    people.save()


def a_campaign(channel: Channel, *lists: RecipientList, **fields: Any) -> Campaign:
    campaign = Campaign.objects.create(
        team=channel.team,
        created_by=owner_of(channel.team),
        channel=channel,
        **{"name": "Spring check-up", "text": "See you in spring.", **fields},
    )
    for one in lists:
        CampaignList.objects.create(campaign=campaign, recipient_list=one)
    return campaign


def confirmed(
    campaign: Campaign, people: int | None = None, user: User | None = None, **changes: Any
) -> Confirmation:
    """All that a person confirms who has just seen the review page and presses its button.

    By default the team's owner, for everybody who is on the lists.
    """
    number = audience.count_audience(campaign).people if people is None else people
    values: dict[str, Any] = {
        "user": user or owner_of(campaign.team),
        "token": uuid4(),
        "version": campaign.version,
        "people": number,
        "plan": SeenPlan(campaign.version),
        "typed": number,
        "is_proved": True,
    }
    return Confirmation(**values | changes)


def launched(campaign: Campaign) -> Campaign:
    """Launch as a person would who has just seen the review page; freeze and begin it."""
    launch.launch(campaign, confirmed(campaign))
    launch.freeze(campaign.pk)
    tick.tick()
    campaign.refresh_from_db()
    return campaign


def states(campaign: Campaign) -> list[str]:
    """The states of its submissions, in their order."""
    return list(
        Submission.objects.filter(campaign=campaign).order_by("seq").values_list("state", flat=True)
    )


def witness(sandbox: Sandbox, path: str = "") -> Any:
    """What the vendor's side saw."""
    return requests.get(f"{sandbox.url}/sandbox/witness{path}", timeout=30).json()


def set_fault(sandbox: Sandbox, fault: str, **rule: Any) -> None:
    """Make the sandbox misbehave; by default at the next bulk send only."""
    values = {"method": "POST", "path": "/messages/bulk", "times": 1} | rule
    answer = requests.post(
        f"{sandbox.url}/sandbox/faults", json={"fault": fault} | values, timeout=10
    )
    answer.raise_for_status()


def control(sandbox: Sandbox, method: str, path: str, body: object = None) -> Any:
    """Ask something of the sandbox itself."""
    answer = requests.request(method, f"{sandbox.url}/sandbox{path}", json=body, timeout=10)
    answer.raise_for_status()
    return answer.json()


def ask(sandbox: Sandbox, path: str, body: object = None) -> Any:
    """Call the vendor as its owner would; gives what is in the envelope."""
    headers = {"apikey": sandbox.api_key}
    method = "GET" if body is None else "POST"
    answer = requests.request(method, sandbox.url + path, json=body, headers=headers, timeout=10)
    answer.raise_for_status()
    return answer.json()["data"]


def clear_faults(sandbox: Sandbox) -> None:
    """Make the sandbox behave again."""
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=10).raise_for_status()


def launch_for_others(campaign: Campaign, people: int) -> None:
    """Launch for a number of people that the lists no longer make: it comes back as a draft."""
    launch.launch(campaign, confirmed(campaign, people))
    launch.freeze(campaign.pk)
    campaign.refresh_from_db()


def job(campaign: Campaign, seq: int = 1) -> Submission:
    """A job of a launched campaign by its number."""
    return campaign.submissions.get(seq=seq)


def attempted(submission: Submission, outcome: Outcome, **facts: object) -> Attempt:
    """An attempt at handing it over that ended like this."""
    now = timezone.now()
    values = {
        "n": submission.attempts.count() + 1,
        "slot": free_second(submission),
        "token": uuid.uuid4(),
        "recipient_count": submission.recipient_count,
        "started_at": now - timedelta(minutes=1),
        "deadline": now + timedelta(minutes=2),
    } | facts
    return Attempt.objects.create(
        submission=submission, account=submission.account, outcome=outcome.value, **values
    )


def free_second(submission: Submission) -> datetime:
    last = Attempt.objects.filter(account=submission.account).order_by("-slot").first()
    return (
        max(last.slot, submission.planned_slot) + timedelta(seconds=1)
        if last
        else (submission.planned_slot)
    )


def become(submission: Submission, state: SubmissionState, **changes: object) -> Submission:
    """Put a job into a state by force."""
    if state in {SubmissionState.REVOKING, SubmissionState.REVOKED}:
        changes = {"revoked_for": "cancel"} | changes
    Submission.objects.filter(pk=submission.pk).update(
        state=state.value, version=submission.version + 1, **changes
    )
    submission.refresh_from_db()
    return submission


def unclear(submission: Submission, **facts: object) -> Submission:
    """A job whose call got no clear answer."""
    attempt = attempted(submission, Outcome.AMBIGUOUS, **{"reason": "connection_lost"} | facts)
    return become(submission, SubmissionState.UNKNOWN, current_attempt=attempt)


def refused(submission: Submission, *sentences: str, **facts: object) -> Submission:
    """A job that the vendor refused, with its own words."""
    attempt = attempted(
        submission, Outcome.NOT_SENT, **{"reason": "invalid", "http_status": 400} | facts
    )
    return become(
        submission, SubmissionState.REFUSED, current_attempt=attempt, refusal=list(sentences)
    )


def accepted(submission: Submission, job_id: str, **facts: object) -> Submission:
    """A job that the vendor has."""
    attempt = attempted(submission, Outcome.ACCEPTED, job_id=job_id, **facts)
    return become(
        submission, SubmissionState.ACCEPTED, current_attempt=attempt, job_id=job_id, how="answer"
    )
