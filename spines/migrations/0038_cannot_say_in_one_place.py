"""*Cannot say* of the queue becomes what the page of the image says: it stands on the spine, with its event in the history.

It counts with the uncertain ones from now on, as there.
"""

from typing import Any

from django.db import migrations

CANNOT_SAY = "cannot_say"


def move(apps: Any, _: Any) -> None:
    spines, steps, events = (apps.get_model("spines", name) for name in ("Spine", "ReviewStep", "AuditEvent"))
    waiting = steps.objects.filter(answer=CANNOT_SAY, spine__reviewed_class="", spine__rejected=False)
    first = (
        waiting.order_by("spine_id", "at")
        .distinct("spine_id")
        .select_related("spine__analysis_image__image__experiment__project")
    )
    for step in first.iterator(chunk_size=1000):
        spine = step.spine
        before = {
            "reviewed_class": "",
            "rejected": False,
            "reviewed_by": spine.reviewed_by_id,
            "reviewed_at": spine.reviewed_at and spine.reviewed_at.isoformat(),
        }
        said = {"reviewed_class": CANNOT_SAY, "reviewed_by": step.user_id, "reviewed_at": step.at.isoformat()}
        spines.objects.filter(pk=spine.pk).update(
            reviewed_class=CANNOT_SAY, reviewed_by=step.user_id, reviewed_at=step.at
        )
        events.objects.create(
            actor_id=step.user_id,
            lab_id=spine.analysis_image.image.experiment.project.lab_id,
            action="spine.relabelled",
            subject_type="spine",
            subject_id=spine.pk,
            details={"number": spine.number, "before": before, "after": before | said, "of_the_queue": True},
        )


class Migration(migrations.Migration):
    dependencies = [
        ("spines", "0037_labs_trash"),
    ]

    operations = [
        migrations.RunPython(move, migrations.RunPython.noop),
    ]
