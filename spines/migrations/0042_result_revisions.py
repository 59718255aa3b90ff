import django.db.models.deletion
from django.db import migrations, models

# One statement counts once, however many rows it changes; in the order of results, so that no two wait for each other.
CHANGED = """
CREATE FUNCTION spines_count_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO spines_resultrevision (result_id, revision)
            SELECT DISTINCT analysis_image_id, 1
            FROM (SELECT analysis_image_id FROM changed UNION SELECT analysis_image_id FROM was) AS either ORDER BY 1
            ON CONFLICT (result_id) DO UPDATE SET revision = spines_resultrevision.revision + 1;
    ELSE
        INSERT INTO spines_resultrevision (result_id, revision)
            SELECT DISTINCT analysis_image_id, 1 FROM changed ORDER BY 1
            ON CONFLICT (result_id) DO UPDATE SET revision = spines_resultrevision.revision + 1;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION spines_forget_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM spines_resultrevision WHERE result_id IN (SELECT id FROM gone);
    RETURN NULL;
END $$;
CREATE TRIGGER spines_analysisimage_forgets_revision AFTER DELETE ON spines_analysisimage
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION spines_forget_revision();
"""
COUNTS = """
CREATE TRIGGER spines_ROWS_inserted_counts AFTER INSERT ON spines_ROWS
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION spines_count_revision();
CREATE TRIGGER spines_ROWS_updated_counts AFTER UPDATE ON spines_ROWS
    REFERENCING NEW TABLE AS changed OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION spines_count_revision();
CREATE TRIGGER spines_ROWS_deleted_counts AFTER DELETE ON spines_ROWS
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION spines_count_revision();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("spines", "0041_shapes_by_hand"),
    ]

    operations = [
        migrations.CreateModel(
            name="ResultRevision",
            fields=[
                (
                    "result",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="spines.analysisimage",
                    ),
                ),
                ("revision", models.BigIntegerField(default=1)),
            ],
        ),
        migrations.RunSQL(
            CHANGED + "".join(COUNTS.replace("ROWS", table) for table in ("spine", "dendrite")),
            "DROP FUNCTION spines_count_revision CASCADE; DROP FUNCTION spines_forget_revision CASCADE",
        ),
    ]
