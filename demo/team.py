"""The demo team: its owner, the three providers' channels on the sandbox, and the sample."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from demo.sample.making import make_sample
from sociocs_accounts.models import Channel, GatewayAccount
from sociocs_accounts.secrets import key_sha256, remember_key
from sociocs_sandbox.seeds import CHANNELS
from teams.models import Membership, Role, Team, User

SLUG = "riverside-dental"


def make_demo_team(email: str, password: str, api_key: str) -> Team:
    """Make the team, or bring it back to how it should be. Its recipients and campaigns stay.

    A new one has the sample; whoever removed that does not get it again.
    """
    with transaction.atomic():
        team, is_new = Team.objects.get_or_create(
            slug=SLUG,
            # Whoever tries it out in the evening wants to see something happen.
            defaults={
                "name": "Riverside Dental",
                "default_country": "US",
                "hours_from": None,
                "hours_to": None,
                "daily_limit": None,
                "price_per_segment": Decimal("0.0083"),
                "price_per_mms": Decimal("0.02"),
                "price_per_whatsapp": Decimal("0.0142"),
            },
        )
        owner = _owner(email, password)
        Membership.objects.update_or_create(team=team, user=owner, defaults={"role": Role.OWNER})
        account = _account(api_key, team)
        for seed in CHANNELS.values():
            Channel.objects.get_or_create(
                team=team,
                account=account,
                provider=seed.provider,
                channel_key=seed.key,
                defaults={"label": seed.name, "phone_number": seed.phone_number},
            )
        if is_new:
            make_sample(team, owner)
    return team


def _owner(email: str, password: str) -> User:
    owner = User.objects.filter(email=email).first()
    if owner is None:
        return User.objects.create_superuser(email, password, name="Mara Klein")
    if not owner.check_password(password):
        # The password that is printed at start is the one that works.
        owner.set_password(password)
        owner.save(update_fields=["password"])
    return owner


def _account(api_key: str, team: Team) -> GatewayAccount:
    account = GatewayAccount.objects.filter(api_key_sha256=key_sha256(api_key)).first()
    if account is None:
        account = GatewayAccount(label="Sandbox", team=team)
        remember_key(account, api_key)
        account.save()
    return account
