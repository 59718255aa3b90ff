"""Addresses of the API."""

from webapp.api import v1

app_name = "api"
urlpatterns = v1.urlpatterns()
