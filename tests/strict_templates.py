"""Template variables that do not exist fail the test, except under `default` and in Django's own templates."""

import sys

from django.conf import settings
from django.template.base import FilterExpression


class FailOnMissing(str):
    """For `string_if_invalid`. Django asks its truth, then formats the variable's name into it."""

    __slots__ = ()

    def __bool__(self) -> bool:
        """False, so that the engine goes on with an empty value, where a missing variable is all right."""
        asking = sys._getframe(1).f_locals
        expression, context = asking.get("self"), asking.get("context")
        if not isinstance(expression, FilterExpression) or context is None:
            return False  # a filter asks
        if any(function.__name__ in {"default", "default_if_none"} for function, _ in expression.filters):
            return False
        return str(context.template.origin.name).startswith(str(settings.BASE_DIR / "templates"))

    def __str__(self) -> str:
        return ""

    def __mod__(self, variable: object) -> str:
        raise AssertionError(f"The template has no variable `{variable}`.")
