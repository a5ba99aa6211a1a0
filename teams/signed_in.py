"""Who is signed in: read for every request."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet

from interface.prepared_queries import prepared
from teams.models import User


@prepared
def _people(key: int) -> QuerySet[User]:
    return User.objects.filter(pk=key)


class People(ModelBackend):
    """Django's own way, which writes its question anew for each request."""

    def get_user(self, user_id: int) -> User | None:
        """The person, unless their account is gone or switched off."""
        for user in _people(user_id):
            return user if self.user_can_authenticate(user) else None
        return None
