"""Encrypting what is kept with the newest of FIELD_ENCRYPTION_KEYS, so that older ones can go."""

from __future__ import annotations

from typing import NamedTuple

from django.apps import apps
from django.db import models

from events.resealing import reseal_receivers
from sociocs_accounts.encrypted_fields import Secret, SecretField, Undecryptable
from teams.resealing import reseal_rows


class Rotated(NamedTuple):
    """How many secrets have the newest key now, and where those are that no key opens."""

    done: int
    unreadable: list[str]


def rotate_secrets() -> Rotated:
    """Encrypt each secret of the database anew; one that is changed meanwhile stays as it is then.

    Whoever writes does so with the newest key, so those need nothing.
    """
    done, unreadable = reseal_rows()
    of_receivers = reseal_receivers()
    done, unreadable = done + of_receivers[0], unreadable + of_receivers[1]
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, SecretField):
                rotated = _rotate_column(model, field.name)
                done += rotated.done
                unreadable += rotated.unreadable
    return Rotated(done, unreadable)


def _rotate_column(model: type[models.Model], name: str) -> Rotated:
    done, unreadable = 0, []
    rows = model._base_manager.exclude(**{name: Secret("")})
    for pk, secret in rows.values_list("pk", name).iterator():
        try:
            fresh = secret.rotated()
        except Undecryptable:
            unreadable.append(f"{model._meta.label} {pk}: {name}")
        else:
            done += model._base_manager.filter(pk=pk, **{name: secret}).update(**{name: fresh})
    return Rotated(done, unreadable)
