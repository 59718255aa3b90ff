"""Classes that a classifier from examples proposes count where a person applied them and nobody named another."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

VIEW = import_module("spines.migrations.0007_class_probabilities").DENSITY_VIEW


class Migration(migrations.Migration):
    dependencies = [
        ("spines", "0042_result_revisions"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExampleClassifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("classes", models.JSONField(help_text="Class → examples of it, in the order of the confusion")),
                ("examples", models.PositiveIntegerField()),
                (
                    "left_out",
                    models.PositiveIntegerField(
                        default=0, help_text="Named, but of a class of too few, or not comparable"
                    ),
                ),
                (
                    "grouped_by",
                    models.CharField(help_text="What cross-validation left out: animal or image", max_length=6),
                ),
                ("features", models.TextField(help_text="For people")),
                ("figures", models.JSONField()),
                ("seed", models.PositiveIntegerField()),
                ("proposals", models.JSONField()),
                (
                    "applied_at",
                    models.DateTimeField(blank=True, help_text="Since when it counts; empty: it does not", null=True),
                ),
            ],
            options={
                "ordering": ("-number",),
            },
        ),
        migrations.RemoveConstraint(
            model_name="work",
            name="work_kind_known",
        ),
        migrations.AddField(
            model_name="spine",
            name="proposed_class",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Of the applied classifier from examples",
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="work",
            name="kind",
            field=models.CharField(
                choices=[
                    ("report", "Report, PDF"),
                    ("tables", "Tables, ZIP"),
                    ("rois", "ImageJ ROIs, ZIP"),
                    ("views", "Channel and projection of images"),
                    ("import", "Import of a set"),
                    ("counts", "Counts of a dataset"),
                    ("training", "Data of a training"),
                    ("dry_run", "Dry run of a network"),
                    ("consensus", "Consensus of a reader study, set as reviewed"),
                    ("test_set", "Test set of a reader study, ZIP"),
                    ("likeness", "Likeness of spines"),
                    ("examples", "Classes from examples"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="work",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "report",
                            "tables",
                            "rois",
                            "views",
                            "import",
                            "counts",
                            "training",
                            "dry_run",
                            "consensus",
                            "test_set",
                            "likeness",
                            "examples",
                        ],
                    )
                ),
                name="work_kind_known",
            ),
        ),
        migrations.AddField(
            model_name="exampleclassifier",
            name="applied_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="exampleclassifier",
            name="classifier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="spines.modelversion"
            ),
        ),
        migrations.AddField(
            model_name="exampleclassifier",
            name="experiment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="example_classifiers", to="spines.experiment"
            ),
        ),
        migrations.AddField(
            model_name="exampleclassifier",
            name="made_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="spine",
            name="proposed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="spines.exampleclassifier",
            ),
        ),
        migrations.AddConstraint(
            model_name="exampleclassifier",
            constraint=models.UniqueConstraint(fields=("experiment", "number"), name="example_classifier_number"),
        ),
        migrations.AddConstraint(
            model_name="exampleclassifier",
            constraint=models.UniqueConstraint(
                condition=models.Q(("applied_at__isnull", False)),
                fields=("experiment",),
                name="example_classifier_one_applied",
            ),
        ),
        # The view and the index are of the generated column, which cannot be changed in its place.
        migrations.RunSQL("DROP VIEW spines_density", VIEW),
        migrations.RemoveIndex(model_name="spine", name="spine_counted"),
        migrations.RemoveField(model_name="spine", name="final_class"),
        migrations.AddField(
            model_name="spine",
            name="final_class",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(reviewed_class="cannot_say", then=models.Value("uncertain")),
                    models.When(models.Q(("reviewed_class", ""), _negated=True), then=models.F("reviewed_class")),
                    models.When(models.Q(("proposed_class", ""), _negated=True), then=models.F("proposed_class")),
                    models.When(then=models.Value("uncertain"), uncertain=True),
                    default=models.F("spine_class"),
                ),
                output_field=models.CharField(max_length=30),
            ),
        ),
        migrations.AddIndex(
            model_name="spine",
            index=models.Index(
                condition=models.Q(rejected=False),
                fields=["analysis_image", "dendrite", "final_class"],
                include=("apart", "score", "source", "reviewed_class"),
                name="spine_counted",
            ),
        ),
        migrations.RunSQL(VIEW, "DROP VIEW spines_density"),
    ]
