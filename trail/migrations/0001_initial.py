import django.utils.timezone
from django.db import migrations, models

from interface.first_migration import FirstMigration


class Migration(FirstMigration):
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("entries", models.JSONField()),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Unsealed",
            fields=[
                ("entry_id", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="when"),
                ),
                (
                    "area",
                    models.CharField(
                        choices=[
                            ("account", "Signing in, accounts"),
                            ("team", "People, roles, settings"),
                            ("channel", "Channels, keys, reports from Sociocs"),
                            ("list", "Lists and filters"),
                            ("opt_out", "Opt-outs, failing numbers, blocks"),
                            ("file", "Exports"),
                            ("campaign", "Campaigns, templates, media"),
                            ("admin", "Administration"),
                        ],
                        max_length=10,
                        verbose_name="area",
                    ),
                ),
                ("act", models.CharField(max_length=30, verbose_name="what")),
                ("team_id", models.BigIntegerField(null=True)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("about_id", models.BigIntegerField(null=True)),
                ("thing_kind", models.CharField(blank=True, max_length=60)),
                ("thing_id", models.BigIntegerField(null=True)),
                ("before", models.JSONField(blank=True, default=dict)),
                ("after", models.JSONField(blank=True, default=dict)),
                (
                    "door",
                    models.CharField(
                        choices=[
                            ("page", "a page"),
                            ("admin", "the administration"),
                            ("task", "a worker"),
                            ("command", "a command on the server"),
                            ("api", "a program with a token"),
                        ],
                        max_length=7,
                        verbose_name="through",
                    ),
                ),
                ("through", models.CharField(blank=True, max_length=40)),
                ("address", models.CharField(blank=True, max_length=50, verbose_name="from")),
                ("request_id", models.CharField(blank=True, max_length=36)),
            ],
            options={
                "verbose_name": "activity",
                "verbose_name_plural": "activity",
                "indexes": [
                    models.Index(fields=["team_id", "at"], name="trail_of_a_team"),
                    models.Index(fields=["team_id", "area", "at"], name="trail_of_an_area"),
                    models.Index(fields=["team_id", "actor_id", "at"], name="trail_of_an_actor"),
                    models.Index(fields=["team_id", "about_id", "at"], name="trail_about_a_person"),
                ],
            },
        ),
    ]
