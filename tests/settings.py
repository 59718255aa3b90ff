"""The settings of the tests: the product's own, on servers of the tests' own, with templates that fail loudly."""

from tests import servers

servers.describe_in_environment()

from tests.strict_templates import FailOnMissing  # the environment comes first
from webapp.settings import *
from webapp.settings.base import DATABASES, TEMPLATE_OPTIONS

TEMPLATE_OPTIONS["string_if_invalid"] = FailOnMissing("%s")
DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c spinula.may_empty=on"  # tests empty all tables
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # hundreds of sign-ins
SPINULA_PANELS = []  # judging the shipped panel takes a minute; tests of the comparison have one of their own
