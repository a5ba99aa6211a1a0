import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from interface.first_migration import FirstMigration


class Migration(FirstMigration):
    dependencies = [
        ("teams", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Receiver",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("url", models.CharField(max_length=2000, verbose_name="address")),
                ("sealed_secret", models.TextField(blank=True, editable=False)),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("own", "Events of this dashboard"),
                            ("sociocs", "As Sociocs sends them"),
                        ],
                        default="own",
                        max_length=10,
                    ),
                ),
                ("kinds", models.JSONField(default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "On"),
                            ("paused", "Paused"),
                            ("off", "Switched off"),
                            ("ended", "Ended"),
                        ],
                        default="active",
                        max_length=10,
                    ),
                ),
                ("token_number", models.PositiveBigIntegerField(editable=False, null=True)),
                ("token_name", models.CharField(blank=True, editable=False, max_length=60)),
                (
                    "made_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("platform", models.CharField(blank=True, max_length=200)),
                ("provider", models.CharField(blank=True, max_length=10)),
                ("channel_key", models.CharField(blank=True, max_length=200)),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("status_words", models.JSONField(blank=True, default=list)),
                ("tries", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("failing_since", models.DateTimeField(editable=False, null=True)),
                ("next_try_at", models.DateTimeField(editable=False, null=True)),
                ("reached_at", models.DateTimeField(editable=False, null=True)),
                ("claim_token", models.UUIDField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="receivers",
                        to="teams.team",
                    ),
                ),
            ],
            options={
                "verbose_name": "system that gets events",
                "verbose_name_plural": "systems that get events",
                "ordering": ("name", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reference", ""), _negated=True),
                        fields=("team", "reference"),
                        name="one_receiver_per_reference",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutgoingEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("kind", models.CharField(max_length=30)),
                ("body", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("delivered", "Arrived"),
                            ("given_up", "Given up"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("tried_at", models.DateTimeField(null=True)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("fault", models.CharField(blank=True, max_length=20)),
                ("answer", models.TextField(blank=True)),
                (
                    "receiver",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outgoing",
                        to="events.receiver",
                    ),
                ),
            ],
            options={
                "verbose_name": "outgoing event",
                "verbose_name_plural": "outgoing events",
                "indexes": [
                    models.Index(fields=["receiver", "-id"], name="outgoing_of_receiver"),
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["receiver", "id"],
                        name="outgoing_waiting",
                    ),
                    models.Index(fields=["created_at"], name="outgoing_by_age"),
                ],
            },
        ),
    ]
