"""A team's members and settings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from campaigns.models import Campaign
from recipients.models import ListShare, RecipientList, SavedFilter
from teams import members
from teams.forms import TEAM_PARTS, TeamForm
from teams.models import Membership, Role, Team, User
from tests.browsing import text_of
from tests.client import Client
from tests.people import ClientOf
from tests.world import add_member, create_person, create_team

pytestmark = pytest.mark.thorough
EVERY_PART = [(f"team/settings/{part}/", "Save the settings") for part in TEAM_PARTS]


@pytest.fixture
def owner(alice: User, client_of: ClientOf) -> Client:
    return client_of(alice)


def role_of(person: User) -> str | None:
    membership = Membership.objects.filter(user=person).first()
    return membership.role if membership else None


def set_role(client: Client, team: Team, person: User, role: str) -> Any:
    path = f"/{team.slug}/team/members/{person.public_id}/role/"
    return client.post(path, {"role": role}, follow=True)


def remove(client: Client, team: Team, person: User, heir: User | None = None) -> Any:
    fields = {"heir": str(heir.public_id)} if heir else {}
    return client.post(leaving_page(team, person), fields, follow=True)


def leaving_page(team: Team, person: User) -> str:
    return f"/{team.slug}/team/members/{person.public_id}/remove/"


def test_everybody_in_the_team_sees_who_is_in_it(
    client_of: ClientOf, riverside: Team, alice: User, bob: User, vera: User
) -> None:
    page = client_of(vera).get(f"/{riverside.slug}/team/")
    for person in (alice, bob, vera):
        assertContains(page, person.email)


def test_only_owners_find_the_forms(
    client_of: ClientOf, riverside: Team, alice: User, vera: User
) -> None:
    for path, button in (("team/", "Send the invitation"), *EVERY_PART):
        assertContains(client_of(alice).get(f"/{riverside.slug}/{path}"), button)
        assertNotContains(client_of(vera).get(f"/{riverside.slug}/{path}"), button)


class TestRoles:
    def test_an_owner_gives_another_role(self, owner: Client, riverside: Team, bob: User) -> None:
        answer = set_role(owner, riverside, bob, "sender")
        assertContains(answer, "Bob Okafor has a new role. Sender")
        assert role_of(bob) == Role.SENDER

    def test_a_role_that_does_not_exist_is_refused(
        self, owner: Client, riverside: Team, bob: User
    ) -> None:
        assertContains(set_role(owner, riverside, bob, "emperor"), "Choose a role.")
        assert role_of(bob) == Role.EDITOR

    def test_the_only_owner_stays_one(self, owner: Client, riverside: Team, alice: User) -> None:
        answer = set_role(owner, riverside, alice, "viewer")
        assertContains(answer, "Make someone else an owner first.")
        assert role_of(alice) == Role.OWNER

    def test_one_of_two_owners_may_step_down(
        self, owner: Client, riverside: Team, alice: User, bob: User
    ) -> None:
        set_role(owner, riverside, bob, "owner")
        set_role(owner, riverside, alice, "viewer")
        assert (role_of(alice), role_of(bob)) == (Role.VIEWER, Role.OWNER)

    @pytest.mark.django_db(transaction=True)
    def test_two_owners_cannot_both_step_down_at_once(self) -> None:
        team = create_team(create_person("One"))
        add_member(team, create_person("Two"), Role.OWNER)

        def step_down(membership: Membership) -> bool:
            try:
                members.change_role(membership, Role.VIEWER)
            except members.LastOwner:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(step_down, team.memberships.all()))
        assert sorted(done) == [False, True]
        assert team.memberships.filter(role=Role.OWNER).count() == 1

    def test_a_stranger_is_not_there_to_be_changed(
        self, owner: Client, riverside: Team, charlie: User
    ) -> None:
        assert set_role(owner, riverside, charlie, "viewer").status_code == 404
        assert role_of(charlie) == Role.OWNER


class TestLeaving:
    @pytest.fixture
    def list_of_bob(self, riverside: Team, bob: User, vera: User) -> RecipientList:
        return RecipientList.objects.create(
            team=riverside, owner=bob, name="Patients", is_ready=True
        )

    def test_whoever_removes_a_member_gets_their_lists(
        self, owner: Client, riverside: Team, alice: User, bob: User, list_of_bob: RecipientList
    ) -> None:
        answer = remove(owner, riverside, bob)
        assertContains(answer, "Bob Okafor is no longer in the team. What was theirs is now yours.")
        assert role_of(bob) is None
        list_of_bob.refresh_from_db()
        assert list_of_bob.owner == alice

    def test_what_was_lent_to_the_leaver_is_withdrawn(
        self, owner: Client, riverside: Team, bob: User, vera: User, list_of_bob: RecipientList
    ) -> None:
        ListShare.objects.create(recipient_list=list_of_bob, user=vera)
        remove(owner, riverside, vera)
        assert not ListShare.objects.exists()

    def test_lists_in_other_teams_stay_the_leavers(
        self, owner: Client, riverside: Team, bob: User
    ) -> None:
        other = create_team(bob)
        elsewhere = RecipientList.objects.create(team=other, owner=bob, name="Mine")
        remove(owner, riverside, bob)
        elsewhere.refresh_from_db()
        assert elsewhere.owner == bob

    def test_a_removed_member_is_out_at_once(
        self, owner: Client, client_of: ClientOf, riverside: Team, bob: User
    ) -> None:
        browser = client_of(bob)
        assert browser.get(f"/{riverside.slug}/team/").status_code == 200
        remove(owner, riverside, bob)
        assert browser.get(f"/{riverside.slug}/team/").status_code == 404

    def test_a_member_may_leave_and_the_longest_owner_gets_the_lists(
        self,
        client_of: ClientOf,
        riverside: Team,
        alice: User,
        bob: User,
        list_of_bob: RecipientList,
    ) -> None:
        add_member(riverside, create_person("Later Owner"), Role.OWNER)
        answer = remove(client_of(bob), riverside, bob)
        assertContains(answer, "What was yours here now belongs to Alice Moreau.")
        list_of_bob.refresh_from_db()
        assert list_of_bob.owner == alice

    def test_what_is_handed_over_is_shown_first(
        self, client_of: ClientOf, riverside: Team, alice: User, bob: User, vera: User
    ) -> None:
        for number in range(7):
            RecipientList.objects.create(
                team=riverside, owner=bob, name=f"List {number}", is_ready=True
            )
        SavedFilter.objects.create(team=riverside, owner=bob, name="Londoners")
        Campaign.objects.create(team=riverside, created_by=bob, name="Spring check-up")
        page = text_of(client_of(bob).get(leaving_page(riverside, bob)))
        for words in ("7 lists: List 6", "List 2 and 2 more", "1 draft: Spring check-up"):
            assert words in page
        assert "1 saved filter: Londoners" in page
        assert role_of(bob) == Role.EDITOR

    def test_who_has_nothing_is_asked_for_no_heir(
        self, client_of: ClientOf, riverside: Team, alice: User, vera: User
    ) -> None:
        browser = client_of(vera)
        page = browser.get(leaving_page(riverside, vera))
        assertContains(page, "there is nothing to pass on")
        assertNotContains(page, "Who takes it over")
        answer = browser.post(leaving_page(riverside, vera), follow=True)
        assertContains(answer, "You have left Riverside Dental.")

    def test_the_leaver_chooses_who_gets_lists_filters_and_drafts(
        self,
        client_of: ClientOf,
        riverside: Team,
        alice: User,
        bob: User,
        sami: User,
        list_of_bob: RecipientList,
    ) -> None:
        saved = SavedFilter.objects.create(team=riverside, owner=bob, name="Londoners")
        draft = Campaign.objects.create(team=riverside, created_by=bob, name="Spring check-up")
        answer = remove(client_of(bob), riverside, bob, sami)
        assertContains(answer, "What was yours here now belongs to Sami Haddad.")
        for one in (list_of_bob, saved, draft):
            one.refresh_from_db()
        assert list_of_bob.owner == saved.owner == draft.created_by == sami

    def test_whoever_removes_somebody_chooses_too(
        self, owner: Client, riverside: Team, bob: User, sami: User, list_of_bob: RecipientList
    ) -> None:
        answer = remove(owner, riverside, bob, sami)
        assertContains(answer, "What was theirs now belongs to Sami Haddad.")
        list_of_bob.refresh_from_db()
        assert list_of_bob.owner == sami

    @pytest.mark.parametrize("whom", ["bob", "vera", "charlie"])
    def test_nobody_inherits_who_is_leaving_may_only_look_or_is_a_stranger(
        self,
        client_of: ClientOf,
        riverside: Team,
        alice: User,
        bob: User,
        vera: User,
        charlie: User,
        list_of_bob: RecipientList,
        whom: str,
    ) -> None:
        heir = {"bob": bob, "vera": vera, "charlie": charlie}[whom]
        answer = remove(client_of(bob), riverside, bob, heir)
        assert answer.status_code == 422
        assertContains(answer, "This person cannot take it over", status_code=422)
        list_of_bob.refresh_from_db()
        assert (list_of_bob.owner, role_of(bob)) == (bob, Role.EDITOR)

    def test_the_only_owner_is_told_before(
        self, owner: Client, riverside: Team, alice: User, bob: User
    ) -> None:
        page = owner.get(leaving_page(riverside, alice))
        assertContains(page, "Make someone else an owner first.")
        assertNotContains(page, "Leave the team</button>")

    def test_the_only_owner_cannot_leave(
        self, owner: Client, riverside: Team, alice: User, bob: User
    ) -> None:
        assertContains(remove(owner, riverside, alice), "this is the only one")
        assert role_of(alice) == Role.OWNER

    def test_nobody_but_an_owner_removes_others(
        self, client_of: ClientOf, riverside: Team, alice: User, bob: User, vera: User
    ) -> None:
        assert client_of(bob).get(leaving_page(riverside, vera)).status_code == 403
        assert remove(client_of(bob), riverside, vera).status_code == 403
        assert role_of(vera) == Role.VIEWER


class TestSettings:
    def change(self, client: Client, team: Team, **changes: str) -> Any:
        fields = {"name": "Riverside", "time_zone": "Europe/Berlin", "default_country": "DE"}
        return client.post(f"/{team.slug}/team/settings/", fields | changes)

    def test_are_saved(self, owner: Client, riverside: Team) -> None:
        assertRedirects(self.change(owner, riverside), f"/{riverside.slug}/team/")
        riverside.refresh_from_db()
        saved = (riverside.name, riverside.time_zone, riverside.default_country)
        assert saved == ("Riverside", "Europe/Berlin", "DE")

    def test_prices_are_saved_with_their_currency(self, owner: Client, riverside: Team) -> None:
        self.change(owner, riverside, currency=" eur ", price_per_segment="0.0079")
        riverside.refresh_from_db()
        assert (riverside.currency, riverside.price_per_segment) == ("EUR", Decimal("0.0079"))
        assert riverside.price_per_whatsapp is None
        # As it was typed, not as its column keeps it: 0.007900.
        page = owner.get(f"/{riverside.slug}/team/settings/prices/")
        assert page.context["form"]["price_per_segment"].as_widget().count('value="0.0079"') == 1

    def test_say_how_someone_is_kept_from_a_message_that_sociocs_has_already(
        self, owner: Client, riverside: Team
    ) -> None:
        self.change(owner, riverside)
        riverside.refresh_from_db()
        assert riverside.stop_way == "both"
        self.change(owner, riverside, stop_way="take_out")
        page = owner.get(f"/{riverside.slug}/team/settings/opt-outs/")
        assertContains(
            page,
            '<option value="take_out" selected>Take them out of the message</option>',
            html=True,
        )
        assertContains(page, "until about half an hour before the message goes out")
        assertContains(page, "the campaign says if we could not")
        # Left out, it stays as it is.
        self.change(owner, riverside)
        riverside.refresh_from_db()
        assert riverside.stop_way == "take_out"

    def test_of_one_part_leave_the_others_as_they_are(self, owner: Client, riverside: Team) -> None:
        fields = {"part": "prices", "currency": "EUR", "price_per_segment": "0.01", "name": "Other"}
        answer = owner.post(f"/{riverside.slug}/team/settings/", fields)
        assertRedirects(answer, f"/{riverside.slug}/team/settings/prices/")
        riverside.refresh_from_db()
        assert (riverside.name, riverside.currency) == ("Riverside Dental", "EUR")

    def test_every_one_of_them_stands_on_one_page(self) -> None:
        parts = [name for part in TEAM_PARTS.values() for name in part.fields]
        assert sorted(parts) == sorted(TeamForm().fields)

    def test_a_part_that_there_is_not_is_no_page(self, owner: Client, riverside: Team) -> None:
        assert owner.get(f"/{riverside.slug}/team/settings/pets/").status_code == 404

    def test_keep_the_address_of_the_team(self, owner: Client, riverside: Team) -> None:
        self.change(owner, riverside, slug="taken-over", public_id="x")
        riverside.refresh_from_db()
        assert riverside.slug == "riverside-dental"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"time_zone": "Mars/Olympus"},
            {"default_country": "XX"},
            {"name": ""},
            {"currency": "€"},
            {"price_per_segment": "-1"},
        ],
    )
    def test_must_exist(self, owner: Client, riverside: Team, wrong: dict[str, str]) -> None:
        answer = self.change(owner, riverside, **wrong)
        assertContains(answer, "Correct this")
        # What was not saved does not show in the header either.
        assertContains(answer, "<span><bdi>Riverside Dental</bdi></span>", html=True)
        riverside.refresh_from_db()
        assert riverside.time_zone == "America/New_York"
