"""A release that adds to tables of each app that is busy while a campaign goes out."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.apps import apps
from django.db import connection

from tooling.places import ROOT

# What the tables of an app get: a column that may be empty, one with a value, an index.
TABLES = {
    "teams": ("user", "team"),
    "campaigns": ("campaign", "campaignrecipient"),
    "sending": ("submission", "attempt"),
    "trail": ("entry",),
}
NAME = "9999_next_release"
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [({app!r}, {last!r})]
    operations = [
        operation
        for table in {tables!r}
        for operation in (
            migrations.AddField(table, "note", models.TextField(null=True)),
            migrations.AddField(table, "weight", models.IntegerField(db_default=7)),
            migrations.AddIndex(table, models.Index(fields=["weight"], name=f"next_{{table}}")),
        )
    ]
"""


def made_in(folder: Path) -> Path:
    """The code of the next release: this one's, and a migration for each of these apps."""
    code = folder / "next release"
    code.mkdir()
    for entry in ROOT.iterdir():
        if entry.name in TABLES:
            shutil.copytree(entry, code / entry.name)
        elif entry.is_dir():
            (code / entry.name).symlink_to(entry)
        else:
            # A program's own folder is looked for behind links.
            shutil.copy(entry, code)
    for app, tables in TABLES.items():
        migrations = code / app / "migrations"
        last = max(path.stem for path in migrations.glob("[0-9]*.py"))
        text = MIGRATION.format(app=app, last=last, tables=tables)
        (migrations / f"{NAME}.py").write_text(text)
    return code


def take_back() -> None:
    """Make the tables what they are in this release."""
    with connection.cursor() as cursor:
        for app, tables in TABLES.items():
            for table in tables:
                name = connection.ops.quote_name(apps.get_model(app, table)._meta.db_table)
                cursor.execute(
                    f"ALTER TABLE {name} DROP COLUMN IF EXISTS note, DROP COLUMN IF EXISTS weight"
                )
        cursor.execute("DELETE FROM django_migrations WHERE name = %s", [NAME])
