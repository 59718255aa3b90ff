"""Backups: rows and files come back on another machine; what cannot be restored is said before anything changes."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from spines.backups import described
from spines.backups.making import back_up
from spines.backups.restoring import restore
from spines.errors import Conflict, DomainError, InvalidInput
from spines.models import Backup, Image
from spines.selectors.operation.backups import backup_is_due, backup_warning
from spines.storage.files import discard
from tests.factories import Study, make_measured_study, upload
from tests.second_machine import second_machine

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder for backups."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


@pytest.fixture
def lab(tmp_path: Path) -> Study:
    """Measured rows, and an image with its file."""
    study = make_measured_study()
    upload(study, tmp_path / "up")
    return study


TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


def whole_table(cursor: object, name: str) -> list[str]:
    """Every row of a table as text, sorted."""
    cursor.execute(f'SELECT t::text FROM "{name}" t')  # type: ignore[attr-defined]
    return sorted(text for (text,) in cursor.fetchall())  # type: ignore[attr-defined]


def test_every_row_and_file_comes_back_on_an_empty_machine(lab: Study, place: Path, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = [name for (name,) in cursor.fetchall() if name not in ("spines_backup", "django_migrations")]
        before = {name: whole_table(cursor, name) for name in tables}
    made = back_up(place=place, keep=3)
    assert made.rows >= sum(map(len, before.values()))
    with second_machine(tmp_path / "new") as machine:
        done = machine.manage("restore", made.place)
        assert done.returncode == 0, done.stderr
        after = {name: sorted(text for (text,) in machine.rows(f'SELECT t::text FROM "{name}" t')) for name in tables}
        assert after == before
        originals = Image.objects.exclude(file="").values_list("file", flat=True)
        there = machine.files()
        assert len(originals) == 1
        for name in originals:
            assert there[name] == (Path(settings.MEDIA_ROOT) / name).read_bytes()
        new = machine.rows("INSERT INTO spines_lab (name, created_at, lets_train, rule_preset) "
                           "VALUES ('new', now(), false, 'golgi') RETURNING id")  # fmt: skip
        assert new[0][0] > lab.lab.pk  # numbers go on where they were


def test_rows_that_are_there_are_not_thrown_away_unasked(lab: Study, place: Path) -> None:
    made = back_up(place=place, keep=1)
    nobody_works = override_settings(SPINULA_WORKER_KEY="nobody on {queue}")  # a worker that other tests share may
    with nobody_works, pytest.raises(Conflict, match="has users already"):
        restore(folder=Path(made.place))


def test_a_file_is_copied_once_and_what_no_backup_names_goes(lab: Study, place: Path, tmp_path: Path) -> None:
    first = back_up(place=place, keep=2)
    kept = {path.name: path.stat().st_mtime_ns for path in (place / "files").glob("*/*")}
    image = Image.objects.exclude(file="").get()
    upload(lab, tmp_path / "more")
    back_up(place=place, keep=2)
    now = {path.name: path.stat().st_mtime_ns for path in (place / "files").glob("*/*")}
    assert kept.items() < now.items()
    discard(image.file)
    Image.objects.filter(pk=image.pk).delete()
    back_up(place=place, keep=2)
    back_up(place=place, keep=2)
    assert not Path(first.place).exists()
    assert image.sha256 in kept
    assert not (place / "files" / image.sha256[:2] / image.sha256).exists()
    assert len(described.backups_in(place)) == 2


def test_a_lost_original_is_counted(lab: Study, place: Path) -> None:
    image = Image.objects.exclude(file="").get()
    discard(image.file)
    made = back_up(place=place, keep=1)
    assert made.lost_files >= 1
    assert image.file.name in described.read(Path(made.place)).lost


def test_settings_and_secrets_are_kept_and_only_their_owner_reads_them(
    lab: Study, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPINULA_TIME_ZONE", "Europe/Zurich")
    made = Path(back_up(place=place, keep=1).place)
    assert 'SPINULA_TIME_ZONE="Europe/Zurich"' in (made / "settings.env").read_text()
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


@pytest.mark.parametrize("what", ["table", "file", "content", "description", "format", "none"])
def test_what_cannot_be_restored_changes_nothing(lab: Study, place: Path, what: str) -> None:
    made = Path(back_up(place=place, keep=1).place)
    stored = next(iter(described.files_of(made).values()))
    content = place / "files" / stored.sha256[:2] / stored.sha256
    if what == "table":
        path = made / "tables" / "spines_spine.copy.gz"
        path.write_bytes(path.read_bytes()[:-40])
    elif what == "file":
        content.unlink()
    elif what == "content":
        content.write_bytes(b"x" * stored.size)
        (Path(settings.MEDIA_ROOT) / stored.name).unlink()
    elif what == "description":
        (made / "backup.json").write_text("{")
    elif what == "format":
        said = json.loads((made / "backup.json").read_text())
        (made / "backup.json").write_text(json.dumps(said | {"format": 99}))
    before = Image.objects.count()
    with pytest.raises(DomainError) as refused:
        restore(folder=place if what == "none" else made, replace=True)
    assert refused.value.sentence.endswith(".") or what == "none"
    assert Image.objects.count() == before


def test_a_newer_release_s_backup_is_refused(lab: Study, place: Path) -> None:
    made = Path(back_up(place=place, keep=1).place)
    said = json.loads((made / "backup.json").read_text())
    said["migrations"].append(["spines", "9999_of_the_future"])
    (made / "backup.json").write_text(json.dumps(said))
    with pytest.raises(InvalidInput, match="newer release"):
        restore(folder=made, replace=True)


def test_places_that_are_none(lab: Study, place: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="mount the disk"):
        back_up(place=tmp_path / "not mounted", keep=1)
    inside = Path(settings.MEDIA_ROOT) / "backups"
    inside.mkdir(parents=True, exist_ok=True)
    with pytest.raises(InvalidInput, match="image storage itself"):
        back_up(place=inside, keep=1)
    inside.rmdir()
    with pytest.raises(CommandError, match="SPINULA_BACKUP"):
        call_command("backup")


@pytest.fixture
def _daily(place: Path) -> Iterator[None]:
    with override_settings(SPINULA_BACKUP=str(place), SPINULA_BACKUP_HOURS=24):
        yield


@pytest.mark.usefixtures("_daily")
def test_a_failure_is_told_and_tried_again_later(lab: Study, place: Path) -> None:
    assert backup_is_due()
    (place / "files").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="files"):
        back_up(place=place, keep=1)
    assert not list(described.backups_in(place))
    row = Backup.objects.get()
    assert row.message
    assert not backup_is_due()
    Backup.objects.update(started_at=timezone.now() - timedelta(hours=2))
    assert backup_is_due()
    (place / "files").unlink()
    back_up(place=place, keep=1)
    assert not list(place.glob(".making-*"))
    assert not backup_is_due()
    assert backup_warning() == ""
    Backup.objects.filter(message="").update(started_at=timezone.now() - timedelta(days=9))
    assert backup_is_due()
    assert "The last backup is 1 week old. The latest try failed: It was ended" in backup_warning()


def test_two_at_once(lab: Study, place: Path) -> None:
    import fcntl

    with (place / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="being made"):
            back_up(place=place, keep=1)
