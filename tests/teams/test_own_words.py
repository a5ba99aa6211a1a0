"""A password has no word in it that whoever knows the person would try."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from teams import invitations
from teams.models import Role, User
from tests.world import add_member, create_person, create_team, owner_of


@pytest.fixture
def emil(db: None) -> User:
    person = create_person("Emil Brandt", email="e.schilling@weaverbird.example.org")
    add_member(create_team(create_person(), name="Riverside Dental"), person)
    return person


@pytest.mark.parametrize(
    "password",
    [
        "twelve sociocs herons",
        "CAMPAIGN-otter-lamp-4",
        "otter-Brandt-lamp-44",
        "Schilling-and-a-heron",
        "a-weaverBIRD-on-a-weir",
        "the-riverside-of-owls",
        "owls-dental-otters-9",
    ],
)
def test_words_of_the_product_the_person_and_the_team_are_refused(
    password: str, emil: User
) -> None:
    with pytest.raises(ValidationError, match="it is easy to guess"):
        validate_password(password, emil)


def test_a_short_word_of_a_name_may_stand_in_a_longer_one(emil: User) -> None:
    emil.name = "Ada O"
    validate_password("barracuda-on-a-weir", emil)


def test_whoever_is_invited_does_not_take_the_name_of_the_team(db: None) -> None:
    team = create_team(create_person(), name="Hillside Orthodontics")
    invitations.invite(team, "nora@example.org", Role.EDITOR, owner_of(team))
    with pytest.raises(ValidationError, match="hillside"):
        validate_password("hillside-otters-44", User(email="nora@example.org", name="Nora New"))


def test_nobodys_password_may_be_the_products_name() -> None:
    with pytest.raises(ValidationError):
        validate_password("sociocs-sociocs-44")
