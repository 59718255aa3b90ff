"""What the API can do, for people and for programs, both made from its schema.

The page is our own: Swagger's and ReDoc's know neither our dark theme nor a telephone, and weigh 1.4 MB.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
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

    @property
    def object_name(self) -> str:
        """What the page has a section for: of a page of rows, the row."""
        return self.schema.removeprefix("Page_").removesuffix("_")


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
    description: str
    fields: list[ShownField]


@dataclass(frozen=True)
class Reader:
    """Turns parts of an OpenAPI schema into what the page shows; `schemas` are its components, by name."""

    schemas: dict[str, Any]
    paths: dict[str, Any]

    def kind_of(self, schema: dict[str, Any]) -> Kind:
        """A JSON schema in words. Objects are named, everything else is said."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if "properties" not in self.schemas[name]:
                return self.kind_of(self.schemas[name])
            return Kind(before="page of " if name.startswith("Page_") else "", schema=name)
        if "anyOf" in schema:
            first, *others = [self.kind_of(each) for each in schema["anyOf"]]
            return first.within("", "".join(f" or {other.before}{other.after}" for other in others))
        if "enum" in schema or "const" in schema:
            return Kind(before=" | ".join(f"“{name}”" for name in schema.get("enum", [schema.get("const")])))
        if schema.get("type") == "array":
            if "prefixItems" in schema:
                return Kind(before=f"{len(schema['prefixItems'])} numbers")
            return self.kind_of(schema["items"]).within("list of ")
        if isinstance(schema.get("additionalProperties"), dict):
            return self.kind_of(schema["additionalProperties"]).within("object by name of ")
        words = "file" if schema.get("format") == "binary" else {"date-time": "time"}.get(schema.get("format", ""))
        limits = [said.format(f"{schema[key]:,}") for key, said in _LIMITS if schema.get(key, _PLAIN) < _PLAIN]
        return Kind(before=", ".join([words or schema.get("type", "anything"), *limits]))

    def fields(self, schema: dict[str, Any], place: str) -> list[ShownField]:
        """The fields of an object."""
        return [
            ShownField(
                name=name,
                kind=self.kind_of(each),
                place=place,
                required=name in schema.get("required", ()),
                description=each.get("description", ""),
            )
            for name, each in schema.get("properties", {}).items()
        ]

    def parameters(self, said: dict[str, Any]) -> list[ShownField]:
        """What an operation takes, in path, query and body."""
        found = [
            ShownField(
                name=each["name"],
                kind=self.kind_of(each["schema"]),
                place=each["in"],
                required=each["required"],
                description=each.get("description", ""),
            )
            for each in said["parameters"]
        ]
        for media_type, content in said.get("requestBody", {}).get("content", {}).items():
            schema = content["schema"]
            named = next((part["$ref"] for part in schema.get("anyOf", [schema]) if "$ref" in part), None)
            found += self.fields(self.schemas[named.rpartition("/")[2]] if named else schema, media_type)
        return found

    def operations(self) -> list[ShownOperation]:
        """In the order of the schema, those of a tag together."""
        return [
            self.operation(path, method, said)
            for path, methods in self.paths.items()
            for method, said in methods.items()
        ]

    def operation(self, path: str, method: str, said: dict[str, Any]) -> ShownOperation:
        """One method of one address."""
        answers, failures = [], []
        for status, answer in said["responses"].items():
            for media_type, content in answer.get("content", {}).items():
                if int(status) >= 400:
                    failures.append(str(status))
                    continue
                kind = self.kind_of(content["schema"])
                answers.append((str(status), kind if kind.schema else Kind(before=media_type)))
        return ShownOperation(
            name=said["operationId"],
            method=method.upper(),
            path=path,
            summary=said["summary"],
            description=said.get("description", ""),
            tag=said["tags"][0],
            fields=self.parameters(said),
            answers=answers,
            failures=failures,
        )

    def objects(self) -> list[ShownSchema]:
        """The objects that requests and answers are made of, by name; pages of them go without saying."""
        named = json.dumps(self.schemas) + json.dumps(self.paths)
        return [
            ShownSchema(name=name, description=each.get("description", ""), fields=self.fields(each, ""))
            for name, each in sorted(self.schemas.items())
            if "properties" in each and not name.startswith("Page_") and f'/{name}"' in named
        ]


@cache
def _schema() -> dict[str, Any]:
    """Of this program, which is the same as long as it runs."""
    return dict(api.get_openapi_schema())


@require_safe
@cache_control(private=True, no_cache=True)
def documentation(request: HttpRequest) -> HttpResponse:
    """The page: every operation, every field."""
    schema = _schema()
    reader = Reader(schema["components"]["schemas"], schema["paths"])
    context = {
        "api": api,
        "tags": [(tag, list(of_tag)) for tag, of_tag in groupby(reader.operations(), key=lambda each: each.tag)],
        "objects": reader.objects(),
        "labs": request.user.labs.all() if request.user.is_authenticated else (),
    }
    return render(request, "api/documentation.html", context)


@login_not_required
@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """The schema, to whom is signed in or sends a token."""
    if not request.user.is_authenticated and not Token()(request):
        raise NotSignedIn("Sign in, or send a token, to read what the API can do.")
    return JsonResponse(_schema())
