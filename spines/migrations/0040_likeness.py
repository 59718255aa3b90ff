"""What the classifier read of each spine, by which spines are found alike."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("spines", "0039_known_elsewhere"),
    ]

    operations = [
        migrations.CreateModel(
            name="Likeness",
            fields=[
                (
                    "spine",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="likeness",
                        serialize=False,
                        to="spines.spine",
                    ),
                ),
                (
                    "classifier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="spines.modelversion"
                    ),
                ),
                ("numbers", models.BinaryField(max_length=128)),
            ],
        ),
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
                        ],
                    )
                ),
                name="work_kind_known",
            ),
        ),
    ]
