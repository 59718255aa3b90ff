"""Who is signed in by which other house is a row of django-allauth; that one was made or removed is told like what is ours."""

from django.db import migrations

KNOWN_ELSEWHERE = """
CREATE TRIGGER socialaccount_socialaccount_audited AFTER INSERT OR UPDATE OR DELETE ON socialaccount_socialaccount
    FOR EACH ROW EXECUTE FUNCTION spines_audit_row('known_elsewhere', 'last_login,date_joined,extra_data', '');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("spines", "0038_cannot_say_in_one_place"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [
        migrations.RunSQL(
            KNOWN_ELSEWHERE, "DROP TRIGGER socialaccount_socialaccount_audited ON socialaccount_socialaccount"
        ),
    ]
