"""Who shared a list, and what the team may do with it."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recipients", "0002_opt_out_register"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "recipientlist",
            "team_permission",
            models.CharField(
                choices=[("use", "may use"), ("edit", "may edit")], default="use", max_length=4
            ),
        ),
        migrations.AddField(
            "recipientlist",
            "shared_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
