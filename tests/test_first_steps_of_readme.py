"""README's five steps, walked by the words that it uses: each stands on a page of its step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from demo.team import SLUG
from demo.views import sample_csv
from sending import launch, tick
from teams.models import Team
from tests import world
from tests.browsing import Desk, Page, text_of
from tests.recipients.conftest import Door
from tests.test_demo import DEMO
from tooling.places import ROOT

pytestmark = pytest.mark.thorough

MESSAGE = "Hi! Book your autumn visit. Reply STOP to opt out."


def steps() -> list[list[str]]:
    """The words in bold of each of the five steps."""
    chapter = (ROOT / "README.md").read_text().partition("### A first campaign in five steps")[2]
    chapter = chapter.partition("\n## ")[0]
    texts = re.split(r"(?m)^\d\. ", chapter)[1:]
    return [re.findall(r"\*\*([^*]+)\*\*", " ".join(text.split())) for text in texts]


def said_on(words: list[str], *pages: Page) -> None:
    """All of these words stand on the pages."""
    text = " ".join(text_of(page) for page in pages)
    assert [word for word in words if word not in text] == []


@pytest.fixture
def team(db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> Team:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.UPLOADS_DIR = tmp_path
    settings.SANDBOX_URL = "http://127.0.0.1:8790"
    for name, value in DEMO.items():
        monkeypatch.setenv(name, value)
    call_command("seed_demo", verbosity=0)
    return Team.objects.get(slug=SLUG)


def test_the_five_steps_of_readme_lead_by_their_words_to_a_sent_campaign(team: Team) -> None:
    assert len(steps()) == 5
    upload, check, compose, review, watch = steps()
    door = Door(team, world.owner_of(team))
    desk = Desk(team, door.client)

    lists = door.client.get(reverse("lists", args=[team.slug]))
    said_on(
        upload, desk.get("overview"), lists, door.client.get(reverse("upload", args=[team.slug]))
    )
    list_import = door.checked(sample_csv(), "patients-2026.csv")
    said_on(check, door.get("import", list_import))
    people = door.imported(sample_csv())

    said_on(compose, desk.get("overview"))
    desk.post("campaign-new")
    draft = Campaign.objects.get(state="draft")
    channel = team.channels.get(provider="twlo")
    desk.store(
        draft,
        name="First campaign",
        channel=channel.public_id,
        lists=[str(people.public_id)],
        text=MESSAGE,
    )
    said_on(review, desk.get("compose", draft), desk.get("review", draft))

    draft.refresh_from_db()
    launch.launch(draft, world.confirmed(draft))
    launch.freeze(draft.pk)
    tick.tick()
    said_on(watch, desk.get("campaign", draft))


def test_every_step_of_readme_names_what_to_press() -> None:
    assert all(steps())
