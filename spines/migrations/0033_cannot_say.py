"""A spine whose class a person could not say counts with the uncertain ones: its generated class says so."""

from importlib import import_module

from django.db import migrations, models
from django.db.models import F, Q

VIEW = import_module("spines.migrations.0007_class_probabilities").DENSITY_VIEW


class Migration(migrations.Migration):
    dependencies = [
        ("spines", "0032_reader_tasks"),
    ]

    operations = [
        # The view and the index are of the column, which cannot be changed in its place.
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
                    models.When(~Q(reviewed_class=""), then=F("reviewed_class")),
                    models.When(uncertain=True, then=models.Value("uncertain")),
                    default=F("spine_class"),
                ),
                output_field=models.CharField(max_length=30),
            ),
        ),
        migrations.AddIndex(
            model_name="spine",
            index=models.Index(
                condition=Q(rejected=False),
                fields=["analysis_image", "dendrite", "final_class"],
                include=("apart", "score", "source", "reviewed_class"),
                name="spine_counted",
            ),
        ),
        migrations.RunSQL(VIEW, "DROP VIEW spines_density"),
    ]
