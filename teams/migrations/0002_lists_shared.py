"""Whether new lists are shared with everyone in the team."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("teams", "0001_initial")]

    operations = [
        migrations.AddField(
            "team",
            "lists_shared",
            models.BooleanField(
                default=False, verbose_name="new lists are shared with everyone in the team"
            ),
        )
    ]
