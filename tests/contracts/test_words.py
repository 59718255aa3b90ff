"""Pages, scripts and what the domain says to people use their readers' words."""

from __future__ import annotations

import re

from tests.words import inventory

OURS = re.compile(
    r"\b(NMS|Celery|Redis|Valkey|regex|queryset|boolean|tensor|float32|logits|stack trace|[Ss]ite admins?|your admin|"
    r"[Pp]lease|[Oo]ops|1 images|1 spines)\b"
)
SPEAK_TO_PEOPLE = ("templates/", "static/js/", "spines/services/", "spines/access/", "spines/samples/", "webapp/")
TO_WHO_RUNS_IT = ("templates/model_versions/index.html", "webapp/serve/", "webapp/health/", "webapp/management/")


def test_no_sentence_has_words_that_only_programmers_use() -> None:
    sentences = [
        f"{file}: {said}"
        for file, said in inventory()
        if file.startswith(SPEAK_TO_PEOPLE) and not file.startswith(TO_WHO_RUNS_IT) and OURS.search(said)
    ]
    assert sentences == []


def test_the_inventory_reads_templates_messages_and_scripts() -> None:
    by_file = {file for file, _ in inventory()}
    assert len(by_file) > 300
    said = {said for _, said in inventory()}
    assert "Name and deletion" in said
    assert any("Nobody admitted or set aside any of these images" in each for each in said)
