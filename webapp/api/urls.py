"""Addresses of the API and of its documentation."""

from django.urls import path

from webapp.api import documentation, v1

app_name = "api"
urlpatterns = [
    path("docs/", documentation.documentation, name="documentation"),
    path("openapi.json", documentation.openapi_json, name="openapi"),
    *v1.urlpatterns(),
]
