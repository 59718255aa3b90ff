"""Spines on no dendrite of a result that has some are listed apart and count nowhere, those of earlier results too."""

from django.db import migrations, models

MARK = """
UPDATE spines_spine SET apart = TRUE
WHERE NOT rejected AND dendrite_id IS NULL AND quality <> ''
  AND analysis_image_id IN (SELECT analysis_image_id FROM spines_dendrite)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("spines", "0009_thresholds"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="spine",
            name="spine_counted",
        ),
        migrations.AddField(
            model_name="spine",
            name="apart",
            field=models.BooleanField(
                default=False, help_text="On no dendrite of a result that has some: listed apart, and counts nowhere"
            ),
        ),
        migrations.RunSQL(sql=MARK, reverse_sql=migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="spine",
            index=models.Index(
                condition=models.Q(("rejected", False)),
                fields=["analysis_image", "dendrite", "final_class"],
                include=("apart", "score", "source", "reviewed_class"),
                name="spine_counted",
            ),
        ),
        migrations.AddConstraint(
            model_name="spine",
            constraint=models.CheckConstraint(
                condition=models.Q(("apart", False), ("dendrite", None), _connector="OR"),
                name="spine_apart_from_dendrites",
            ),
        ),
    ]
