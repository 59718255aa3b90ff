"""Settings are secure unless the environment says otherwise, and the queue's limits fit together."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from webapp.serve.programs import PROJECT

ASK = """
import json, sys
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def run(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Python in an environment that says nothing but what is given."""
    plain = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "webapp.settings"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=PROJECT, env=plain | environment, capture_output=True, text=True
    )


def setting(*names: str, **environment: str) -> dict[str, Any]:
    """Settings as a deployment with this environment gets them."""
    done = run(["-c", ASK, *names], **environment)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_an_empty_environment_is_secure() -> None:
    found = setting(
        *("DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"),
        *("SECURE_PROXY_SSL_HEADER", "ALLOWED_HOSTS", "X_FRAME_OPTIONS"),
    )
    assert found == {
        "DEBUG": False,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_PROXY_SSL_HEADER": None,
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
        "X_FRAME_OPTIONS": "DENY",
    }


@pytest.mark.slow
def test_django_finds_nothing_to_warn_about_in_a_deployment() -> None:
    done = run(
        ["manage.py", "check", "--deploy", "--fail-level", "ERROR"],
        SPINULA_SECRET_KEY="x" * 25 + "aB3$5678901234567890123456",
    )
    assert done.returncode == 0, done.stderr
    warnings = set(re.findall(r"\((\w+\.W\d+)\)", done.stderr))
    assert warnings <= {"security.W005", "security.W021"}, done.stderr  # HSTS of subdomains is the operator's choice


@pytest.mark.parametrize("code", ["import webapp.wsgi", "from django.conf import settings; settings.SECRET_KEY"])
def test_there_is_no_default_secret(code: str) -> None:
    done = run(["-c", code])
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_https_off_and_proxies_are_asked_for_by_name() -> None:
    off = setting("SESSION_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", SPINULA_HTTPS="false")
    assert list(off.values()) == [False, False, 0]
    proxied = setting("SECURE_PROXY_SSL_HEADER", SPINULA_PROXY_COUNT="1")
    assert proxied["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_images_go_to_a_folder_or_to_a_bucket() -> None:
    assert setting("STORAGES", SPINULA_STORAGE="/data")["STORAGES"]["default"]["OPTIONS"] == {"location": "/data"}
    bucket = setting("STORAGES", SPINULA_STORAGE="s3://spines/lab one")["STORAGES"]["default"]
    assert bucket["BACKEND"] == "spines.storage.bucket.BucketStorage"
    assert (bucket["OPTIONS"]["bucket_name"], bucket["OPTIONS"]["location"]) == ("spines", "lab one")


def test_an_unknown_inference_backend_is_refused() -> None:
    done = run(["-c", ASK, "DEBUG"], SPINULA_INFERENCE_BACKEND="magic")
    assert done.returncode != 0
    assert "magic" in done.stderr


def test_no_message_comes_back_while_its_task_may_still_run() -> None:
    longest = max(settings.CELERY_TASK_TIME_LIMIT, settings.SPINULA_TRAINING_TIME_LIMIT_S)
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > longest
    assert settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_TASK_TIME_LIMIT


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"SPINULA_OIDC_URL": "http://login.example.org", "SPINULA_OIDC_CLIENT_ID": "x"}, "begins with https://"),
        ({"SPINULA_OIDC_URL": "https://login.example.org"}, "SPINULA_OIDC_CLIENT_ID is missing"),
        ({"SPINULA_LDAP_URL": "ldaps://example.org"}, "SPINULA_LDAP_PEOPLE is missing"),
        ({"SPINULA_GROUP_ROLES": '{"a": ["Lab", "owner"]}'}, "A role in SPINULA_GROUP_ROLES"),
        ({"SPINULA_GROUP_ROLES": "a=b"}, "SPINULA_GROUP_ROLES is JSON"),
        ({"SPINULA_FIRST_SIGN_IN": "nobody"}, "everybody or invited"),
    ],
)
def test_an_institution_that_is_half_named_is_refused(given: dict[str, str], fault: str) -> None:
    done = run(["-c", ASK, "DEBUG"], **given)
    assert done.returncode != 0
    assert fault in done.stderr


def test_an_institution_is_asked_only_where_it_is_named() -> None:
    off = setting("SPINULA_OIDC", "SPINULA_LDAP", "AUTHENTICATION_BACKENDS")
    assert (off["SPINULA_OIDC"], off["SPINULA_LDAP"], len(off["AUTHENTICATION_BACKENDS"])) == (None, None, 2)
    on = setting(
        "SPINULA_LDAP", "AUTHENTICATION_BACKENDS", SPINULA_LDAP_URL="ldaps://a,ldap://b", SPINULA_LDAP_PEOPLE="o"
    )
    assert (on["SPINULA_LDAP"]["urls"], on["SPINULA_LDAP"]["plain"]) == (["ldaps://a", "ldap://b"], False)
    assert on["AUTHENTICATION_BACKENDS"][-1] == "webapp.accounts.ldap.LdapBackend"


@pytest.mark.django_db
def test_pages_forbid_inline_script_and_style(client: Client) -> None:
    policy = client.get("/sign-in/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    directives = [directive.strip() for directive in policy.split(";")]
    assert "script-src 'self'" in directives
    assert "default-src 'self'" in directives


def test_every_environment_variable_of_the_settings_is_documented() -> None:
    read = set()
    for path in (PROJECT / "webapp/settings").glob("*.py"):
        read |= set(re.findall(r'env\.\w+\(\s*"(\w+)"', path.read_text()))
    documented = (PROJECT / "docs/settings.md").read_text()
    assert {name for name in read if f"`{name}`" not in documented} == set()
