"""How fast a campaign is launched and handed over: `python -m benchmarks.submit_campaign`.

Two lists that overlap, opt-outs and a list to leave out make an audience of exactly `--recipients`
people. It is launched, frozen and handed over to a sandbox of its own, through the product's own
launch, client and protocol: every intent and every answer is committed durably (PostgreSQL with
fsync, SQLite with synchronous=FULL).

`--job-size`: people that a job may hold. `--accounts 2`: the people are shared out among the
campaigns of two accounts, each of which a process of its own hands over, as two workers would.

Prints, last, `launch_ratio R recipients_per_s N peak_rss_mb M`: launching (the confirmed click,
freezing, cutting into jobs) in multiples of one `INSERT ... SELECT` of the same rows with the same
conditions into the same table; people per second from the first claim to the last recorded answer;
the most memory this process ever held. Above it `client`, `database` and `sandbox` are milliseconds
of processor time a job, of each; they say more than people a second where others use the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.surroundings import durable_database, set_up_django
from tests.processes import Sandbox, start_sandbox

if TYPE_CHECKING:
    from campaigns.models import Campaign

CHUNK = 10_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=1_000_000)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    options.add_argument("--job-size", type=int, default=1_000)
    options.add_argument("--accounts", type=int, choices=[1, 2], default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        sandbox = start_sandbox(folder)
        stack.callback(sandbox.child.terminate)
        with durable_database(chosen.database, folder) as url:
            set_up_django(
                url,
                folder,
                SOCIOCS_BASE_URL=sandbox.url,
                LEAD_SECONDS="120",
                RECIPIENTS_PER_SUBMISSION=str(chosen.job_size),
            )
            measure(chosen.recipients // chosen.accounts, chosen.accounts, sandbox)


def measure(recipients: int, accounts: int, sandbox: Sandbox) -> None:
    """Launch and hand over a campaign of so many people on each account."""
    from sending.models import Submission  # noqa: PLC0415 - needs Django
    from tests import world  # noqa: PLC0415

    campaigns, ratios = [], []
    for number in range(accounts):
        key = world.control(sandbox, "POST", "/accounts")["api_key"] if number else sandbox.api_key
        campaign = prepared(recipients, replace(sandbox, api_key=key))
        plain = seconds_of_one_insert(campaign, recipients)
        launched = seconds_to_launch(campaign)
        campaigns.append(campaign)
        ratios.append(launched / plain)
        print(f"insert_select_s {plain:.2f} launch_s {launched:.2f}", end=" ")
    with processor_time(sandbox) as used:
        took = seconds_to_hand_over(campaigns)
    jobs = Submission.objects.filter(state="accepted").count()
    left = Submission.objects.exclude(state="accepted").count()
    witness = world.witness(sandbox)
    if left or witness["recipients"] != recipients * accounts:
        raise SystemExit(f"{left} submissions left over; the sandbox saw {witness['recipients']}")
    print(f"hand_over_s {took:.2f} jobs {witness['jobs']}", end=" ")
    print(" ".join(f"{name} {seconds * 1000 / jobs:.2f}" for name, seconds in used.items()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    speed = recipients * accounts / took
    print(f"launch_ratio {max(ratios):.2f} recipients_per_s {speed:.0f} peak_rss_mb {peak:.0f}")


def seconds_to_launch(campaign: Campaign) -> float:
    from campaigns.audiences import audience  # noqa: PLC0415 - needs Django
    from sending import launch, tick  # noqa: PLC0415
    from tests import world  # noqa: PLC0415

    count = audience.count_audience(campaign).people
    began = time.perf_counter()
    launch.launch(campaign, world.confirmed(campaign, count))
    launch.freeze(campaign.pk)
    tick.tick()
    return time.perf_counter() - began


def seconds_to_hand_over(campaigns: list[Campaign]) -> float:
    """One account's campaign here; those of several each in a process of its own, all at once."""
    from django.db import connections  # noqa: PLC0415 - needs Django

    accounts = [one.channel.account_id for one in campaigns if one.channel is not None]
    if len(accounts) == 1:
        began = time.perf_counter()
        hand_all_over(accounts[0])
        return time.perf_counter() - began
    # A connection must not be shared with a child.
    connections.close_all()
    forked = multiprocessing.get_context("fork")
    workers = [forked.Process(target=hand_all_over, args=[account]) for account in accounts]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - began


def hand_all_over(account_id: int) -> None:
    from sending import submit  # noqa: PLC0415 - needs Django

    while submit.hand_over(account_id):
        pass


@contextlib.contextmanager
def processor_time(sandbox: Sandbox) -> Iterator[dict[str, float]]:
    """Seconds of processor time that are used meanwhile, by whom; filled in at the end."""

    def now() -> dict[str, float]:
        return {
            "client": seconds_of([psutil.Process()]),
            "database": seconds_of(database_processes()),
            "sandbox": seconds_of([psutil.Process(sandbox.child.pid)]),
        }

    used: dict[str, float] = {}
    before = now()
    yield used
    used |= {name: seconds - before[name] for name, seconds in now().items()}


def seconds_of(processes: list[psutil.Process]) -> float:
    """What these have used until now, and their children that have ended."""
    return sum(sum(one.cpu_times()[:4]) for one in processes)


def database_processes() -> list[psutil.Process]:
    """The server of this run and its sessions; none of SQLite, which is a part of the client."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    if connection.vendor != "postgresql":
        return []
    noted = Path(connection.settings_dict["OPTIONS"]["host"]) / "data" / "postmaster.pid"
    server = psutil.Process(int(noted.read_text().split()[0]))
    return [server, *server.children()]


def prepared(recipients: int, sandbox: Sandbox) -> Campaign:
    """A draft whose two lists, opt-outs and exclusion leave exactly `recipients` people."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    from campaigns.models import CampaignList  # noqa: PLC0415
    from recipients.models import OptOut, RecipientList  # noqa: PLC0415
    from tests import world  # noqa: PLC0415

    def filled(name: str, first: int, after: int) -> RecipientList:
        made = world.a_list(team, [], name)
        for start in range(first, after, CHUNK):
            world.add_people(made, world.phones(min(CHUNK, after - start), start))
        return made

    team = world.a_team()
    channel = world.a_channel(team, sandbox)
    hundredth = recipients // 100
    everybody = recipients + 2 * hundredth
    first = filled("Patients", 0, recipients * 55 // 100)
    second = filled("Newsletter", recipients // 2, everybody)
    left_out = filled("Staff", 0, hundredth)
    wishes = world.phones(hundredth, start=everybody - hundredth)
    OptOut.objects.bulk_create((OptOut(team=team, phone=one) for one in wishes), batch_size=1000)
    campaign = world.a_campaign(channel, first, second)
    CampaignList.objects.create(
        campaign=campaign, recipient_list=left_out, kind=CampaignList.Kind.EXCLUDE
    )
    with connection.cursor() as cursor:
        # As the database itself would do after an import, in a minute or two.
        cursor.execute("ANALYZE")
    return campaign


def seconds_of_one_insert(campaign: Campaign, recipients: int) -> float:
    """How long the database takes for the same rows in one statement, to compare with."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    from tests import world  # noqa: PLC0415

    assert campaign.channel is not None
    other = world.a_campaign(campaign.channel)
    first, second, left_out = campaign.list_choices.order_by("id").values_list(
        "recipient_list_id", flat=True
    )
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_campaignrecipient "
            "(campaign_id, position, phone, occurrence, name, fields, left_out) "
            "SELECT %s, ROW_NUMBER() OVER (ORDER BY r.id), r.phone, 0, r.name, r.fields, '' "
            "FROM recipients_recipient r WHERE r.recipient_list_id IN (%s, %s) "
            "AND r.occurrence = 0 AND NOT EXISTS (SELECT 1 FROM recipients_optout o "
            "WHERE o.team_id = %s AND o.phone_key = r.phone_key AND o.lifted_at IS NULL) "
            "AND NOT EXISTS (SELECT 1 FROM recipients_recipient x "
            "WHERE x.recipient_list_id = %s AND x.phone_key = r.phone_key) ON CONFLICT DO NOTHING",
            [other.pk, first, second, campaign.team_id, left_out],
        )
        if cursor.rowcount != recipients:
            raise SystemExit(f"one INSERT made {cursor.rowcount} rows, not {recipients}")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
