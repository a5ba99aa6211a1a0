"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from trail import append_only


class TrailConfig(AppConfig):
    """Who did what, when and from where."""

    name = "trail"
    verbose_name = _("Activity")

    def ready(self) -> None:
        post_migrate.connect(append_only.after_migrating, sender=self)
        # By their paths, as they write rows: models come after apps.
        user_logged_in.connect(import_string("trail.signing_in.signed_in"))
        user_logged_out.connect(import_string("trail.signing_in.signed_out"))
        user_login_failed.connect(import_string("trail.signing_in.sign_in_failed"))
