"""What a password must not be made of, besides what Django asks for."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from teams.models import Invitation, Team, User

# The product's own words; anybody who guesses begins with them.
_PRODUCT = frozenset({"sociocs", "campaign", "campaigns"})
# Shorter ones stand in too many other words.
_SHORTEST = 4


class NoOwnWords:
    """Refuses words of the product, of the person and of their teams (OWASP ASVS 5.0, 6.2.11)."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError, naming the word."""
        written = password.casefold()
        words = _PRODUCT if user is None else _PRODUCT | _words_of(user)
        if found := next((word for word in sorted(words) if word in written), None):
            raise ValidationError(
                _("Leave out “%(word)s”: it is easy to guess."),
                code="own_word",
                params={"word": found},
            )

    def get_help_text(self) -> str:
        """The rule, as a sentence."""
        return _("Your password must not contain a word from your name, your team or this site.")


def _words_of(user: User) -> set[str]:
    """The words of the person's name, their address and the teams they are in or invited to."""
    mine = Q(invitations__in=Invitation.objects.filter(email__iexact=user.email))
    if user.pk is not None:
        mine |= Q(memberships__user=user)
    teams = Team.objects.filter(mine).distinct().values_list("name", flat=True)
    # Most addresses end as millions of others do.
    address, _at, host = user.email.partition("@")
    text = " ".join((user.name, address, host.rpartition(".")[0], *teams)).casefold()
    return {word for word in re.findall(r"[^\W_]+", text) if len(word) >= _SHORTEST}
