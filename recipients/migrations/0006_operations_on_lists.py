"""Lists made out of lists, lists that are archived or deleted, and who exported what."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recipients", "0005_saved_filters"),
        ("teams", "0004_sent_tests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="recipientlist",
            name="archived_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="recipientlist",
            name="deleted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="ListOperation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("copy", "Copy"),
                            ("merge", "Lists put together"),
                            ("split", "List split up"),
                            ("subtract", "People taken out"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("working", "Being made"),
                            ("completed", "Made"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=9,
                    ),
                ),
                ("each_once", models.BooleanField(default=False)),
                ("field_name", models.CharField(blank=True, max_length=200)),
                ("cursor", models.JSONField(default=dict)),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("rows_total", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("claim_token", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("completed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="list_operations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="list_operations",
                        to="teams.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ListInOperation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("source", "Taken from"),
                            ("without", "Taken out"),
                            ("target", "Made"),
                        ],
                        max_length=7,
                    ),
                ),
                ("value", models.TextField(blank=True)),
                (
                    "recipient_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="operations",
                        to="recipients.recipientlist",
                    ),
                ),
                (
                    "operation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lists",
                        to="recipients.listoperation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("list", "Recipient list"), ("opt_outs", "Opt-outs")], max_length=8
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=120)),
                (
                    "file_format",
                    models.CharField(choices=[("csv", "CSV"), ("xlsx", "XLSX")], max_length=4),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("working", "Being made"),
                            ("ready", "Ready"),
                            ("taken", "Downloaded"),
                            ("failed", "Failed"),
                        ],
                        default="taken",
                        max_length=7,
                    ),
                ),
                ("row_count", models.PositiveIntegerField(default=0)),
                ("stored_name", models.CharField(blank=True, max_length=100)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("claim_token", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "exported_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="exports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recipient_list",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="exports",
                        to="recipients.recipientlist",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exports",
                        to="teams.team",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "working"])),
                        fields=["lease_until"],
                        name="exports_to_do",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="listoperation",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "working"])),
                fields=["lease_until"],
                name="list_operations_to_do",
            ),
        ),
        migrations.AddConstraint(
            model_name="listinoperation",
            constraint=models.UniqueConstraint(
                fields=("operation", "recipient_list", "part"), name="one_part_in_an_operation"
            ),
        ),
    ]
