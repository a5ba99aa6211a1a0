"""The troubles that concern a team, with since when each stands.

What the watch of `history` has noted is up to a tick old; of what can be told by looking, only
since when is taken from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet

from interface.prepared_queries import prepared
from sociocs_accounts import troubles
from sociocs_accounts.halt_words import HALTS
from sociocs_accounts.models import Channel, GatewayAccount, SeenTrouble
from sociocs_accounts.troubles import Standing, Trouble
from teams.models import Team

# What looking tells at this moment, wherever the account and the channel are at hand.
_TOLD_BY_LOOKING = frozenset(
    {
        *HALTS,
        *(Trouble.UNREACHABLE, Trouble.SILENT, Trouble.LIST_FAILS, Trouble.TOO_FAST),
        *(Trouble.COOLING, Trouble.REPORTS_PAUSED, Trouble.REPORTS_GONE),
        *(Trouble.NO_TICK, Trouble.NO_BACKGROUND),
    }
)


@dataclass(frozen=True, slots=True)
class TeamTroubles:
    """What stands for a team: as it was `noted`, and what `looking` at this server tells."""

    noted: list[Standing]
    looking: list[Standing]

    @property
    def of_installation(self) -> list[Standing]:
        """What concerns everybody."""
        return self._with(self.looking, "")

    def of_account(self, account: GatewayAccount) -> list[Standing]:
        """What keeps anything from being sent through an account."""
        standing = self._with(troubles.of_account(account), f"account {account.pk}")
        if all(trouble.code != Trouble.NO_TICK for trouble in self.looking):
            return standing
        # Nothing is tried at all: only what somebody has to do is still true.
        return [trouble for trouble in standing if trouble.words.needs_person]

    def of_channel(self, channel: Channel) -> list[Standing]:
        """What is wrong with a channel, whatever its account does."""
        return self._with(troubles.of_channel(channel), f"channel {channel.pk}")

    @property
    def all(self) -> list[Standing]:
        """All of them, what concerns everybody first; of accounts and channels as noted."""
        return [*self.of_installation, *(standing for standing in self.noted if standing.place)]

    def _with(self, looked_at: Iterable[Standing], place: str) -> list[Standing]:
        noted = {standing.key: standing for standing in self.noted if standing.place == place}
        found = {
            standing.key: replace(
                standing,
                since=noted[standing.key].since if standing.key in noted else standing.since,
            )
            for standing in looked_at
        }
        rest = {key: row for key, row in noted.items() if key[0] not in _TOLD_BY_LOOKING}
        return list((rest | found).values())


def troubles_of_team(team: Team) -> TeamTroubles:
    """What stands for a team; one query here, and what looking costs."""
    looking = troubles.of_installation()
    noted = [as_standing(row) for row in _noted(team.pk)]
    if any(standing.code == Trouble.NO_BACKGROUND for standing in looking):
        # Nobody would note that these are over.
        noted = [standing for standing in noted if standing.words.needs_person]
    return TeamTroubles(noted, looking)


@prepared
def _noted(team: int) -> QuerySet[SeenTrouble]:
    channels = Channel.objects.filter(team=team, is_active=True)
    concerned = Q(account=None, channel=None) | Q(channel__in=channels)
    rows = SeenTrouble.objects.filter(
        concerned | Q(account__in=channels.values("account")), over_at=None
    )
    return rows.select_related("account", "channel").order_by("since", "pk")


def as_standing(row: SeenTrouble) -> Standing:
    """A row as what it tells."""
    about = row.channel or row.account
    return Standing(
        row.code,
        row.since,
        row.next_at,
        row.account_id,
        row.channel_id,
        subject=about.label if about else "",
    )
