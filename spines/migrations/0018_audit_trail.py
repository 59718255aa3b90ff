"""The audit trail stands by itself: names beside ids, append-only, and written where rows change.

Three triggers hold it, so that no door goes past: what is written gets names and address; nothing of it is changed or
deleted; and rows of people, rights and studies tell of each of their changes themselves, whoever makes it.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Those who were there keep their names; whose account is gone had lost it before.
NAMES = """
UPDATE spines_auditevent event SET
    actor_name = coalesce((SELECT username FROM spines_user WHERE id = event.actor_id), ''),
    lab_name = coalesce((SELECT name FROM spines_lab WHERE id = event.lab_id), '');
"""

COMPLETE = """
CREATE FUNCTION spines_complete_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.actor_name = '' AND NEW.actor_id IS NOT NULL THEN
        NEW.actor_name := coalesce((SELECT username FROM spines_user WHERE id = NEW.actor_id), '');
    END IF;
    IF NEW.lab_name = '' AND NEW.lab_id IS NOT NULL THEN
        NEW.lab_name := coalesce((SELECT name FROM spines_lab WHERE id = NEW.lab_id), '');
    END IF;
    IF NEW.address = '' THEN
        NEW.address := coalesce(current_setting('spinula.address', true), '');
    END IF;
    IF NEW.door = '' THEN
        NEW.door := coalesce(current_setting('spinula.door', true), '');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER spines_audit_event_complete BEFORE INSERT ON spines_auditevent
    FOR EACH ROW EXECUTE FUNCTION spines_complete_audit_event();
"""

APPEND_ONLY = """
CREATE FUNCTION spines_keep_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('spinula.may_empty', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The audit trail is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER spines_audit_event_keep BEFORE UPDATE OR DELETE ON spines_auditevent
    FOR EACH ROW EXECUTE FUNCTION spines_keep_audit_event();
CREATE TRIGGER spines_audit_event_keep_all BEFORE TRUNCATE ON spines_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION spines_keep_audit_event();
"""

# Arguments of the trigger: the model's name, columns that are of no interest, columns whose values stay out.
ROWS = """
CREATE FUNCTION spines_audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := '{}';
    is_now jsonb := '{}';
    whole jsonb;
    secret text;
    of_lab bigint;
    who bigint := nullif(current_setting('spinula.actor', true), '')::bigint;
    verb text := CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        was := to_jsonb(OLD) - string_to_array(TG_ARGV[1], ',');
        whole := to_jsonb(OLD);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        is_now := to_jsonb(NEW) - string_to_array(TG_ARGV[1], ',');
        whole := to_jsonb(NEW);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}'), coalesce(jsonb_object_agg(a.key, b.value), '{}')
            INTO was, is_now
            FROM jsonb_each(was) a JOIN jsonb_each(is_now) b ON b.key = a.key AND b.value <> a.value;
        IF is_now = '{}' THEN
            RETURN NULL;
        END IF;
    END IF;
    FOREACH secret IN ARRAY string_to_array(TG_ARGV[2], ',') LOOP
        IF was ? secret THEN was := was || jsonb_build_object(secret, '(not kept)'); END IF;
        IF is_now ? secret THEN is_now := is_now || jsonb_build_object(secret, '(not kept, new)'); END IF;
    END LOOP;
    of_lab := CASE
        WHEN TG_ARGV[0] = 'lab' THEN (whole ->> 'id')::bigint
        WHEN whole ? 'lab_id' THEN (whole ->> 'lab_id')::bigint
        WHEN whole ? 'project_id' THEN (SELECT lab_id FROM spines_project WHERE id = (whole ->> 'project_id')::bigint)
        WHEN whole ? 'experiment_id' THEN (
            SELECT project.lab_id FROM spines_experiment experiment
            JOIN spines_project project ON project.id = experiment.project_id
            WHERE experiment.id = (whole ->> 'experiment_id')::bigint)
    END;
    INSERT INTO spines_auditevent (
        at, actor_id, actor_name, lab_id, lab_name, address, door, action, subject_type, subject_id, details)
    VALUES (
        clock_timestamp(), who, '', of_lab, CASE WHEN TG_ARGV[0] = 'lab' THEN whole ->> 'name' ELSE '' END, '', '',
        TG_ARGV[0] || '.row_' || verb, TG_ARGV[0], (whole ->> 'id')::bigint,
        jsonb_build_object('before', was, 'after', is_now));
    RETURN NULL;
END $$;
"""


def watched(table: str, *, told: str = "INSERT OR UPDATE OR DELETE", without: str = "", hidden: str = "") -> str:
    """The trigger of a table."""
    name = table.removeprefix("spines_")
    return (
        f"CREATE TRIGGER {table}_audited AFTER {told} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION spines_audit_row('{name}', '{without}', '{hidden}');"
    )


WATCHED = (
    watched("spines_user", without="last_login", hidden="password"),
    watched("spines_membership"),
    watched("spines_lab"),
    watched("spines_apitoken", without="last_used_at", hidden="sha256"),
    watched("spines_classset"),
    watched("spines_project"),
    watched("spines_experiment", without="touched_at"),
    watched("spines_condition", told="DELETE"),
    watched("spines_subject", told="DELETE"),
    watched("spines_image", told="DELETE"),
    watched("spines_analysis", told="DELETE"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("spines", "0017_interruptions"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditevent",
            name="actor_name",
            field=models.CharField(blank=True, help_text="Of the account, as it was then", max_length=150),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="address",
            field=models.CharField(blank=True, help_text="The network address that it came from", max_length=45),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="door",
            field=models.CharField(
                blank=True, help_text="pages, API or administration; empty: Spinula itself", max_length=20
            ),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="lab_name",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="actor",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="lab",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="audit_events",
                to="spines.lab",
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["lab", "-id"], name="audit_event_of_lab"),
        ),
        migrations.RunSQL(NAMES, migrations.RunSQL.noop),
        migrations.RunSQL(COMPLETE, "DROP FUNCTION spines_complete_audit_event CASCADE"),
        migrations.RunSQL(APPEND_ONLY, "DROP FUNCTION spines_keep_audit_event CASCADE"),
        migrations.RunSQL(ROWS, "DROP FUNCTION spines_audit_row CASCADE"),
        migrations.RunSQL("\n".join(WATCHED), migrations.RunSQL.noop),
    ]
