"""`python -m tests.sending.chaos.stop_race --plays 50 --database postgresql --later`: STOP against
the clock, with real processes.

Each play is a campaign of ten people on an account of its own, at Sociocs minutes before its
time. At a moment that chance chooses, one of them writes STOP, through the signed door of the web
server. In the end the sandbox says who got what: nobody twice, all others once; and whoever wrote
before their job began got nothing, or the campaign says that it was too late for them.

`--later`: the vendor's block counts for later jobs only. Prints the figures; any difference ends it
with an AssertionError.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import requests

from tests.processes import Processes, Sandbox, WebServer
from tests.sending.chaos.__main__ import say, surroundings
from tests.waiting import wait_until

if TYPE_CHECKING:
    from campaigns.models import Campaign
    from delivery.models import WebhookEndpoint

PEOPLE = 10
# Seconds from the launch to the second at which it goes out; some write only after that.
AHEAD, LONGER = 180, 5
# The workers may act until shortly before.
ENVIRONMENT = {
    "LEAD_SECONDS": "2",
    "SOCIOCS_TIMEOUT_SECONDS": "5",
    "SOCIOCS_CALLS_PER_SECOND": "20",
    "LOG_LEVEL": "WARNING",
}


@dataclass
class Play:
    """One campaign, and who of it writes STOP at which second after its launch."""

    campaign: Campaign
    endpoint: WebhookEndpoint
    phones: list[str]
    launched_at: float
    writes_after: float
    wrote_at: datetime | None = None

    @property
    def writer(self) -> str:
        return self.phones[5]

    def stop(self, server: WebServer) -> None:
        """Write STOP, as Sociocs tells it."""
        from django.utils import timezone  # noqa: PLC0415 - needs Django

        self.wrote_at = timezone.now()
        said = {
            "event": "message",
            "message_id": f"stop-{self.writer}",
            "from": self.writer.removeprefix("+"),
            "text": "STOP",
            "timestamp": int(self.wrote_at.timestamp() * 1000),
        }
        body = json.dumps(said).encode()
        answer = requests.post(
            f"{server.url}/webhooks/{self.endpoint.public_id}/",
            data=body,
            headers={
                "X-Sociocs-Signature": hmac.new(b"shared", body, hashlib.sha256).hexdigest(),
                "Content-Type": "application/json",
            },
            timeout=30,
        )
        assert answer.status_code == 200, answer.status_code


@dataclass
class Race:
    """Many plays at once, on these processes."""

    processes: Processes
    sandbox: Sandbox
    seed: int
    ahead: int = AHEAD
    plays: list[Play] = field(default_factory=list)

    def run(self, plays: int) -> Counter[str]:
        """Play so many times; returns how often a wish came to what."""
        chance = random.Random(self.seed)
        server = self.processes.web(ENVIRONMENT)
        for queue in ("sending", "background"):
            self.processes.worker(queue, env=ENVIRONMENT | {"SOCIOCS_BASE_URL": self.sandbox.url})
        while len(self.plays) < plays or any(one.wrote_at is None for one in self.plays):
            if len(self.plays) < plays:
                self.plays.append(self._launched(chance.uniform(0, self.ahead + LONGER)))
            for one in self.plays:
                if one.wrote_at is None and time.monotonic() - one.launched_at > one.writes_after:
                    one.stop(server)
            time.sleep(0.05)
        self._wait_for_the_end()
        return self._judged()

    def _launched(self, writes_after: float) -> Play:
        from delivery.models import WebhookEndpoint  # noqa: PLC0415 - needs Django
        from sending import launch  # noqa: PLC0415
        from sociocs_accounts.encrypted_fields import Secret  # noqa: PLC0415
        from tests import world  # noqa: PLC0415

        team = world.create_team(world.create_person())
        account = requests.post(f"{self.sandbox.url}/sandbox/accounts", timeout=10).json()
        channel = world.a_channel(team, replace(self.sandbox, api_key=account["api_key"]))
        endpoint = WebhookEndpoint.objects.create(
            channel=channel, secret=Secret.of("shared"), state="on"
        )
        phones = world.phones(PEOPLE, start=len(self.plays) * PEOPLE)
        campaign = world.a_campaign(channel, world.a_list(team, phones))
        # No tick here: it is the workers who look, with their own lead.
        launch.launch(campaign, world.confirmed(campaign))
        launch.freeze(campaign.pk)
        return Play(campaign, endpoint, phones, time.monotonic(), writes_after)

    def _wait_for_the_end(self) -> None:
        """Until all has gone out, and it is told what became of every wish."""
        from campaigns.models import CampaignRecipient  # noqa: PLC0415 - needs Django
        from recipients.models import OptOut  # noqa: PLC0415
        from tests import world  # noqa: PLC0415

        def open_ones() -> tuple[int, int, int]:
            return (
                world.witness(self.sandbox)["scheduled_jobs"],
                len(self.plays) - OptOut.objects.filter(is_followed_up=True).count(),
                # What is a question waits for a person.
                CampaignRecipient.objects.filter(stopped="waiting")
                .exclude(campaign__submissions__state="unknown")
                .count(),
            )

        wait_until(lambda: not any(open_ones()), progress=open_ones, pause=0.5)

    def _judged(self) -> Counter[str]:
        """Raises AssertionError on any difference between what is told and what the phones got."""
        from campaigns.models import CampaignRecipient  # noqa: PLC0415 - needs Django
        from recipients.models import OptOut  # noqa: PLC0415
        from tests import world  # noqa: PLC0415

        got = world.witness(self.sandbox, "/phones?min=1")["numbers"]
        is_later = any(rule["fault"] == "block_later_jobs_only" for rule in self._rules())
        figures: Counter[str] = Counter()
        for one in self.plays:
            others = [phone for phone in one.phones if phone != one.writer]
            assert [got.get(phone, 0) for phone in others] == [1] * len(others), "others suffer"
            assert got.get(one.writer, 0) <= 1, "twice"
            row = CampaignRecipient.objects.get(campaign=one.campaign, phone=one.writer)
            [attempt] = one.campaign.submissions.get().attempts.filter(
                outcome="accepted", revoked_at=None
            )
            wish = OptOut.objects.get(phone=one.writer)
            is_reached = one.writer in got
            if wish.created_at >= attempt.slot:
                figures["after it went out"] += 1
                assert row.stopped == "", row.stopped
            elif row.stopped:
                why = one.campaign.submissions.get().late_look
                figures[f"{row.stopped} ({why})"] += 1
                is_told = row.stopped in {"too_late", "waiting"}
                is_told |= row.stopped == "blocked" and is_later
                assert is_told or not is_reached, f"reached, and it says {row.stopped}"
                figures["reached in time of a wish, and told"] += is_reached
            else:
                figures["before hand-over"] += 1
                assert not is_reached, "reached, and nothing is told"
        return figures

    def _rules(self) -> list[dict[str, str]]:
        rules: list[dict[str, str]] = requests.get(
            f"{self.sandbox.url}/sandbox/faults", timeout=10
        ).json()["rules"]
        return rules


def later_jobs_only(sandbox: Sandbox) -> None:
    """Let the vendor's block count for later jobs only."""
    rule = {"fault": "block_later_jobs_only", "method": "POST", "path": "/contacts/block/*"}
    requests.post(f"{sandbox.url}/sandbox/faults", json=rule, timeout=10).raise_for_status()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--plays", type=int, default=50)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options.add_argument("--later", action="store_true")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with surroundings(chosen.database, 200) as around:
        from django.conf import settings  # noqa: PLC0415 - reads the environment

        # What is launched here goes out so much later.
        settings.LEAD_SECONDS = AHEAD
        if chosen.later:
            later_jobs_only(around.sandbox)
        figures = Race(around.processes, around.sandbox, chosen.seed).run(chosen.plays)
    say(f"{chosen.plays} plays on {chosen.database}", **figures)


if __name__ == "__main__":
    main()
