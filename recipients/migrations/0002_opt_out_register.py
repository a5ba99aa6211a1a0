"""Opt-outs get addresses of their own, and the register can be paged through."""

from __future__ import annotations

import uuid

from django.db import migrations, models


def give_public_ids(apps, schema_editor):
    OptOut = apps.get_model("recipients", "OptOut")
    rows = OptOut.objects.using(schema_editor.connection.alias).filter(public_id=None)
    while some := list(rows.order_by("pk")[:2000]):
        for row in some:
            row.public_id = uuid.uuid4()
        OptOut.objects.bulk_update(some, ["public_id"])


class Migration(migrations.Migration):
    dependencies = [("recipients", "0001_initial")]

    operations = [
        migrations.AddField(
            "optout", "public_id", models.UUIDField(default=uuid.uuid4, editable=False, null=True)
        ),
        migrations.RunPython(give_public_ids, migrations.RunPython.noop),
        migrations.AlterField(
            "optout", "public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
        ),
        migrations.AddIndex(
            "optout", models.Index(fields=["team", "id"], name="opt_outs_in_order")
        ),
        migrations.AddIndex(
            "optout", models.Index(fields=["team", "phone"], name="opt_outs_of_a_person")
        ),
    ]
