"""A campaign goes out and pages are asked for, while every part dies, is cut off or is replaced.

Needs Django. Raises AssertionError where somebody gets a message twice or not at all, or a page is
missing for longer than it may.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from campaigns.models import Campaign, CampaignRecipient, Heartbeat
from campaigns.states import DecisionKind
from composer.models import MediaFile
from recipients.models import ListImport, OptOut, RecipientList
from sending import launch
from sending.decisions import decide
from sending.models import Attempt, Submission
from sociocs_accounts.models import Channel
from tests import world
from tests.machines import next_release
from tests.machines.scene import PARTS, Machine, Shared, Site
from tests.machines.visitors import LOOKS_EVERY, LOOKS_EVERY_IN_SHORT, Crowd, Seen, Visitor
from tests.processes import run_to_its_end
from tests.sending.chaos.rounds import let_all_go_out
from tests.waiting import wait_until

PEOPLE_A_JOB = 10
# As many jobs a second as all senders hand over together, so that some are left at the end.
CALLS_A_SECOND = 3
SETTINGS = {
    "LEAD_SECONDS": "20",
    "SOCIOCS_TIMEOUT_SECONDS": "5",
    "RECIPIENTS_PER_SUBMISSION": str(PEOPLE_A_JOB),
    "SOCIOCS_CALLS_PER_SECOND": str(CALLS_A_SECOND),
}
EMAIL = "alice@example.org"


class Play:
    """One performance; each scene says what people saw meanwhile."""

    def __init__(self, site: Site, shared: Shared, people: int) -> None:
        self.site, self.shared, self.people = site, shared, people
        self.told: dict[str, Seen] = {}
        self.takeovers: list[float] = []
        alice = world.create_person("Alice Owner", email=EMAIL)
        alice.password = make_password(world.PASSWORD, hasher="pbkdf2_sha256")
        alice.save()
        self.team = world.create_team(alice)
        self.channel: Channel = world.a_channel(self.team, shared.sandbox)
        self.visitor = Visitor(site, EMAIL)

    # --- Before anything goes wrong -------------------------------------------------------------

    def bring_people(self) -> RecipientList:
        """Upload a list at whatever web server the proxy chooses, and have it imported."""
        path = f"/{self.team.slug}/lists/upload/"
        page = self.visitor.get(path).text
        token = page.split('name="token" value="')[1].split('"')[0]
        lines = "".join(f"{phone}\n" for phone in world.phones(self.people))
        said = {"csrfmiddlewaretoken": self.visitor.token(path), "token": token}
        answer = self.visitor.post(path, said, {"file": ("people.csv", f"Phone\n{lines}".encode())})
        assert answer.status_code == 302, answer.text[:2000]
        made = ListImport.objects.get()
        wait_until(lambda: ListImport.objects.filter(is_judged=True).exists())
        page = answer.headers["Location"]
        said = {
            "csrfmiddlewaretoken": self.visitor.token(page),
            "list_name": "People",
            "visibility": "team",
            "header_row": "1",
            "default_country": made.default_country,
            "role_0": "phone",
        }
        answer = self.visitor.post(f"{page}confirm/", said)
        assert answer.status_code == 302, answer.text[:2000]
        wait_until(lambda: RecipientList.objects.filter(is_ready=True).exists(), progress=rows_done)
        made.refresh_from_db()
        assert f"uploads/{made.stored_name}" in self.shared.files.names()
        people: RecipientList = made.recipient_list  # type: ignore[assignment]  # it is ready
        return people

    def bring_picture(self) -> str:
        """Upload a picture; its address is in the bucket, where everybody reads it."""
        out = BytesIO()
        Image.new("RGB", (40, 30), "teal").save(out, "JPEG")
        path = f"/{self.team.slug}/media/"
        said = {"csrfmiddlewaretoken": self.visitor.token(path)}
        self.visitor.post(f"{path}upload/", said, {"file": ("spring.jpg", out.getvalue())})
        kept = MediaFile.objects.get()
        assert self.shared.media.read(kept.name).ok
        return f"{self.shared.media.server}/{self.shared.media.name}/{kept.name}"

    def launch(self, people: RecipientList, picture: str) -> Campaign:
        """From here on the machines do everything by themselves."""
        campaign = world.a_campaign(self.channel, people, media_kind="image", media_url=picture)
        launch.launch(campaign, world.confirmed(campaign))
        wait_until(lambda: self.handed_over() > 0, progress=states, pause=0.2)
        return campaign

    def crowd_at(self, campaign: Campaign, every: float) -> Crowd:
        page = reverse("campaign", args=[self.team.slug, campaign.public_id])
        return Crowd(self.visitor, page, Visitor(self.site, EMAIL), self.team.slug, every)

    # --- What goes wrong ------------------------------------------------------------------------

    @contextmanager
    def told_as(self, what: str, crowd: Crowd) -> Iterator[None]:
        crowd.since()
        yield
        self.told[what] = crowd.since()
        say(what, self.told[what])

    def kill(self, machine: Machine, part: str, crowd: Crowd) -> None:
        """Pull its plug (kill -9). Pages go on; a form that was on its way to it may be lost."""
        what = f"{machine.name}: {part} killed"
        with self.told_as(what, crowd):
            machine.parts[part].kill()
            if part == "ticking":
                self.takeovers.append(seconds_until_next_tick())
            self.goes_on()
            crowd.look_around()
        assert self.told[what].failed in ([], ["POST 502"]), self.told[what]

    def start_again(self, machine: Machine, part: str) -> None:
        machine.begin(part)
        machine.wait_for(part)

    def cut(self, machine: Machine, cable: str, crowd: Crowd, seconds: float) -> None:
        """Take it off one of the things it needs for so long.

        What it is at just then may fail where that is the database; nobody else sees anything.
        """
        what = f"{machine.name}: no {cable} for {seconds:.0f} s"
        with self.told_as(what, crowd):
            machine.cables[cable].cut()
            time.sleep(seconds)
            machine.cables[cable].mend()
            self.goes_on()
            crowd.look_around()
        on_their_way = crowd.size if cable == "database" else 0
        assert len(self.told[what].failed) <= on_their_way, self.told[what]

    def upgrade(self, crowd: Crowd) -> None:
        """Migrate beside a backup, then replace each machine; nobody may see anything of it."""
        code = next_release.made_in(self.site.folder)
        with self.told_as("upgrade", crowd):
            with a_backup(seconds=6):
                done = self.migrate(code)
            assert done.returncode == 0, done.stderr
            assert "Trying again" in done.stdout, done.stdout
            for machine in self.site.machines:
                machine.start_anew(code)
        assert not self.told["upgrade"].failed, self.told["upgrade"]

    def migrate(self, code: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """Migrate with the code of this release, as the first machine would."""
        command = (sys.executable, "manage.py", "migrate", "--no-input", *words)
        env = self.site.processes.env | self.site.machines[0].env()
        return run_to_its_end(*command, env=env, timeout=300, code=code)

    def goes_on(self) -> None:
        """See that jobs are handed over still, if any are left."""
        before = self.handed_over()

        def more() -> bool:
            let_leases_pass()
            return self.handed_over() > before or not self.left()

        wait_until(more, progress=states, pause=0.2)

    # --- How it ended ---------------------------------------------------------------------------

    def handed_over(self) -> int:
        return Submission.objects.filter(state="accepted").count()

    def left(self) -> int:
        return Submission.objects.exclude(state__in=["accepted", "unknown"]).count()

    def come_to_rest(self) -> None:
        """Answer what is asked, as somebody would who looks into Sociocs, until all is sent."""

        def is_over() -> bool:
            let_leases_pass()
            Campaign.objects.filter(state="paused").update(state="sending")
            self.answer_questions()
            return Submission.objects.exclude(state="accepted").count() == 0

        wait_until(is_over, progress=states, pause=0.5)

    def answer_questions(self) -> None:
        """What Sociocs does not have was not sent; all it has was found by the product itself."""
        jobs = world.witness(self.shared.sandbox, "/jobs")
        slots = {datetime.fromisoformat(job["schedule"]) for job in jobs}
        asked = Submission.objects.filter(state="unknown", current_attempt__outcome="ambiguous")
        for job in asked.exclude(current_attempt__last_look_at=None):
            attempt = Attempt.objects.get(submission=job, waived_by=None, outcome="ambiguous")
            if attempt.slot not in slots:
                decide(
                    job,
                    world.owner_of(self.team),
                    DecisionKind.SEND_AGAIN,
                    shown_version=job.version,
                    attempt_id=attempt.pk,
                )

    def verdict(self, crowd: Crowd) -> dict[str, float]:
        """Everybody exactly once, by what the phones got; and what was entered is there."""
        sandbox = self.shared.sandbox
        let_all_go_out(sandbox)
        wait_until(
            lambda: world.witness(sandbox)["settled"], progress=lambda: world.witness(sandbox)
        )
        reached = world.witness(sandbox, "/phones?min=1")["phones"]
        twice = world.witness(sandbox, "/phones?min=2")["phones"]
        frozen = CampaignRecipient.objects.count()
        got = f"{reached} of {frozen} people got it, {twice} of them twice"
        assert (reached, twice, frozen) == (self.people, 0, self.people), got
        entered = OptOut.objects.count()
        # Of a form whose answer was lost nobody knows whether it came.
        lost = sum(one.startswith("POST") for seen in self.told.values() for one in seen.failed)
        told = f"{entered} opt-outs, {crowd.entered} answers, {lost} without"
        assert crowd.entered <= entered <= crowd.entered + lost, told
        return {
            "people": reached,
            "twice": twice,
            "attempts": Attempt.objects.count(),
            "requests": sum(one.requests for one in self.told.values()),
            "failed": sum(len(one.failed) for one in self.told.values()),
            "longest_page": max(one.longest for one in self.told.values()),
            "longest_takeover": max(self.takeovers),
        }


def short(play: Play, crowd: Crowd) -> None:
    """One part of each kind dies, and all but the web server stay dead until the upgrade."""
    first, second = play.site.machines
    play.kill(first, "web", crowd)
    play.start_again(first, "web")
    play.kill(first, "background", crowd)
    play.kill(second, "sending", crowd)
    play.kill(second, "ticking", crowd)
    for cable in first.cables:
        play.cut(first, cable, crowd, seconds=4)
    play.upgrade(crowd)


def long(play: Play, crowd: Crowd) -> None:
    """Every part of every machine dies, and each is cut off from everything for half a minute."""
    for machine in play.site.machines:
        for part in PARTS:
            play.kill(machine, part, crowd)
            time.sleep(3)
            play.start_again(machine, part)
        for cable in machine.cables:
            play.cut(machine, cable, crowd, seconds=30)
    play.upgrade(crowd)


def perform(
    site: Site, shared: Shared, people: int, scenes: Callable[[Play, Crowd], None]
) -> dict[str, float]:
    """Start all of it, let these things go wrong, and judge; gives the figures."""
    site.start()
    play = Play(site, shared, people)
    campaign = play.launch(play.bring_people(), play.bring_picture())
    crowd = play.crowd_at(campaign, LOOKS_EVERY_IN_SHORT if scenes is short else LOOKS_EVERY)
    crowd.begin()
    try:
        scenes(play, crowd)
    finally:
        crowd.end()
    play.come_to_rest()
    return play.verdict(crowd)


@contextmanager
def a_backup(seconds: float) -> Iterator[None]:
    """Read all tables in one transaction, as `pg_dump` does, for so long as somebody waits."""

    def read() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            names = ", ".join(connection.ops.quote_name(name) for name in tables)
            cursor.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")
            reads.set()
            while not (is_waited_for(cursor) or over.wait(0.1)):
                pass
            over.wait(seconds)
        connection.close()

    def is_waited_for(cursor: Any) -> bool:
        waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE mode = %s AND NOT granted)"
        cursor.execute(waits, ["AccessExclusiveLock"])
        return bool(cursor.fetchone()[0])

    tables = connection.introspection.table_names()
    reads, over = threading.Event(), threading.Event()
    reader = threading.Thread(target=read)
    reader.start()
    assert reads.wait(timeout=60)
    try:
        yield
    finally:
        over.set()
        reader.join()


def rows_done() -> object:
    return list(ListImport.objects.values_list("state", "rows_done"))


def states() -> object:
    """What may keep everything from going on."""
    jobs = Counter(Submission.objects.values_list("state", flat=True))
    return jobs, list(Campaign.objects.values_list("state", "state_reason").distinct())


def let_leases_pass() -> None:
    """Let what a dead process had in hand be free at once, and not after most of a minute."""
    past = timezone.now() - timedelta(seconds=1)
    cutoff = timezone.now() - timedelta(seconds=12)
    Attempt.objects.filter(outcome="open", started_at__lt=cutoff).update(deadline=past)
    Attempt.objects.exclude(next_look_at=None).update(next_look_at=past)


def seconds_until_next_tick() -> float:
    """How long nobody ticks from now on."""
    began, before = time.monotonic(), last_tick()
    wait_until(lambda: last_tick() != before, pause=0.05)
    return time.monotonic() - began


def last_tick() -> object:
    return Heartbeat.objects.get(part="sending.tick").at


def say(what: str, seen: Seen) -> None:
    failed = ", ".join(f"{count} x {one}" for one, count in Counter(seen.failed).items()) or "none"
    sys.stdout.write(
        f"{what}: {seen.requests} requests, longest {seen.longest:.1f} s, failed: {failed}\n"
    )
    sys.stdout.flush()
