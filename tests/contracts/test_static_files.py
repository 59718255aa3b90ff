"""What pages load is there, out of the packages that carry it, and nothing else of those packages is served."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from spines.vocabulary.classes import NETWORK_CLASSES
from webapp.serve.programs import PROJECT

STATIC_TAG = re.compile(r"{%\s*static\s+['\"]([^'\"]+)['\"]")
IMPORT = re.compile(r"""(?:import|from)\s+["'](\.[^"']+)["']""")


def test_every_static_file_that_a_template_names_exists() -> None:
    missing = [
        f"{template.relative_to(PROJECT)}: {name}"
        for template in sorted((PROJECT / "templates").rglob("*.html"))
        for name in STATIC_TAG.findall(template.read_text())
        if finders.find(name) is None
    ]
    assert missing == []


def test_every_module_that_a_script_imports_exists() -> None:
    missing = [
        f"{script.relative_to(PROJECT)}: {name}"
        for script in sorted((PROJECT / "static/js").rglob("*.js"))
        for name in IMPORT.findall(script.read_text())
        if not (script.parent / name).is_file()
    ]
    assert missing == []


def test_nothing_asks_another_host() -> None:
    pattern = re.compile(r"""(?:src|href)=["'](?:https?:)?//|url\(["']?(?:https?:)?//|@import|fetch\(["']https?:""")
    files = [
        *(PROJECT / "templates").rglob("*.html"),
        *(PROJECT / "static").rglob("*.css"),
        *(PROJECT / "static").rglob("*.js"),
    ]
    found = [str(path.relative_to(PROJECT)) for path in files if pattern.search(path.read_text())]
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["vendor/plotly/plotly.min.js", "vendor/openseadragon/openseadragon.min.js"])
def test_a_packages_file_is_served_to_anybody(client: Client, path: str) -> None:
    answer = client.get(f"/static/{path}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers.get("Access-Control-Allow-Origin") is None
    found = finders.find(path)
    assert isinstance(found, str)
    assert b"".join(answer.streaming_content) == Path(found).read_bytes()  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["vendor/plotly/widgetbundle.js", "vendor/openseadragon/../package.json", "vendor/plotly/../../manage.py"]
)
def test_nothing_else_of_a_package_is(client: Client, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_no_script_or_style_names_a_class_or_has_its_colour() -> None:
    files = [path for path in (PROJECT / "static").rglob("*") if path.suffix in {".css", ".js"}]
    assert len(files) > 40
    words = [word for style in NETWORK_CLASSES for word in (rf"\b{style.key}\b", style.colour)]
    named = re.compile("|".join(words), re.IGNORECASE)
    found = {str(path.relative_to(PROJECT)): named.findall(path.read_text()) for path in files}
    assert {path: names for path, names in found.items() if names} == {}
