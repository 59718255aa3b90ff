"""What the API can do, for people and for programs, both made from its schema.

The page is our own: Swagger's and ReDoc's know neither our dark theme nor a telephone, and weigh 1.4 MB.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.errors import NotSignedIn
from webapp.api.auth import Token
from webapp.api.v1 import api

_LIMITS = (("minimum", "at least {}"), ("maximum", "at most {}"), ("maxLength", "at most {} characters"))
_PLAIN = 10**6
"""Greater limits are those of the database, and of no use to a reader."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The kind of a value in words, with the schema that they name in the middle, if any."""

    before: str
    schema: str = ""
    after: str = ""

    def within(self, before: str, after: str = "") -> Kind:
        """The same with more words around."""
        return Kind(before=before + self.before, schema=self.schema, after=self.after + after)


@dataclass(frozen=True, kw_only=True)
class ShownField:
    """A parameter, or a field of an object."""

    name: str
    kind: Kind
    place: str
    required: bool
    description: str


@dataclass(frozen=True, kw_only=True)
class ShownOperation:
    """One method of one address."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    tag: str
    fields: list[ShownField]
    answers: list[tuple[str, Kind]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ShownSchema:
    """An object that answers are made of."""

    name: str
    title: str
    description: str
    fields: list[ShownField]


def kind_of(schema: dict[str, Any]) -> Kind:
    """A JSON schema in words."""
    if "$ref" in schema:
        return Kind(before="", schema=schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        first, *others = [kind_of(each) for each in schema["anyOf"]]
        return first.within("", "".join(f" or {other.before}{other.schema}{other.after}" for other in others))
    if "enum" in schema or "const" in schema:
        return Kind(before=" | ".join(f"“{name}”" for name in schema.get("enum", [schema.get("const")])))
    if schema.get("type") == "array":
        items = schema.get("items") or {"type": " and ".join(p["type"] for p in schema.get("prefixItems", ()))}
        return kind_of(items).within("list of ")
    if isinstance(schema.get("additionalProperties"), dict):
        return kind_of(schema["additionalProperties"]).within("object of ", " by name")
    words = "file" if schema.get("format") == "binary" else {"date-time": "time"}.get(schema.get("format", ""))
    limits = [said.format(f"{schema[key]:,}") for key, said in _LIMITS if schema.get(key, _PLAIN) < _PLAIN]
    return Kind(before=", ".join([words or schema.get("type", "anything"), *limits]))


def _fields(schema: dict[str, Any], place: str) -> list[ShownField]:
    return [
        ShownField(
            name=name,
            kind=kind_of(each),
            place=place,
            required=name in schema.get("required", ()),
            description=each.get("description", ""),
        )
        for name, each in schema.get("properties", {}).items()
    ]


def _operation(path: str, method: str, said: dict[str, Any], schemas: dict[str, Any]) -> ShownOperation:
    fields = [
        ShownField(
            name=each["name"],
            kind=kind_of(each["schema"]),
            place=each["in"],
            required=each["required"],
            description=each.get("description", ""),
        )
        for each in said["parameters"]
    ]
    for media_type, content in said.get("requestBody", {}).get("content", {}).items():
        schema = content["schema"]
        named = next((kind_of(part).schema for part in schema.get("anyOf", [schema]) if "$ref" in part), "")
        fields += _fields(schemas[named] if named else schema, media_type)
    answers, failures = [], []
    for status, answer in said["responses"].items():
        for media_type, content in answer.get("content", {}).items():
            if int(status) < 400:
                kind = kind_of(content["schema"])
                answers.append((str(status), kind if kind.schema else Kind(before=media_type)))
            else:
                failures.append(str(status))
    return ShownOperation(
        name=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said["summary"],
        description=said.get("description", ""),
        tag=said["tags"][0],
        fields=fields,
        answers=answers,
        failures=failures,
    )


@require_safe
@cache_control(private=True, no_cache=True)
def documentation(request: HttpRequest) -> HttpResponse:
    """The page: every operation, every field."""
    schema = api.get_openapi_schema()
    schemas = schema["components"]["schemas"]
    operations = [
        _operation(path, method, said, schemas)
        for path, methods in schema["paths"].items()
        for method, said in methods.items()
    ]
    context = {
        "api": api,
        "tags": [(tag, list(of_tag)) for tag, of_tag in groupby(operations, key=lambda each: each.tag)],
        "schemas": [
            ShownSchema(
                name=name,
                title=each.get("title", name),
                description=each.get("description", ""),
                fields=_fields(each, ""),
            )
            for name, each in schemas.items()
            if each.get("properties")
        ],
        "labs": request.user.labs.all() if request.user.is_authenticated else (),
    }
    return render(request, "api/documentation.html", context)


@login_not_required
@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """The schema, to whom is signed in or sends a token."""
    if not request.user.is_authenticated and not Token()(request):
        raise NotSignedIn("Sign in, or send a token, to read what the API can do.")
    return JsonResponse(api.get_openapi_schema())
