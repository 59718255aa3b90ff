"""Applying and undoing classes from examples may be long work."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("spines", "0043_classes_from_examples"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="work",
            name="work_kind_known",
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
                    ("apply_examples", "Classes from examples, applied"),
                    ("undo_examples", "Classes from examples, undone"),
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
                            "apply_examples",
                            "undo_examples",
                        ],
                    )
                ),
                name="work_kind_known",
            ),
        ),
    ]
