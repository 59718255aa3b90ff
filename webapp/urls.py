"""Addresses. Each feature brings its own; see its `urls.py`."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # one sign-in, one second factor

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz/", include("webapp.health.urls")),
    path("api/v1/", include("webapp.api.urls")),
    path("", include("webapp.accounts.urls")),
    path("", include("webapp.accounts.allauth_urls")),
    path("", include("webapp.people.urls")),
    path("", include("webapp.home.urls")),
    path("", include("webapp.projects.urls")),
    path("", include("webapp.experiments.urls")),
    path("", include("webapp.blinding.urls")),
    path("", include("webapp.reader_studies.urls")),
    path("", include("webapp.analyses.urls")),
    path("", include("webapp.images.urls")),
    path("", include("webapp.review.urls")),
    path("", include("webapp.gallery.urls")),
    path("", include("webapp.examples.urls")),
    path("", include("webapp.designs.urls")),
    path("", include("webapp.results.urls")),
    path("", include("webapp.thresholds.urls")),
    path("", include("webapp.report.urls")),
    path("", include("webapp.model_versions.urls")),
    path("", include("webapp.training.urls")),
    path("", include("webapp.labs.urls")),
    path("", include("webapp.audit.urls")),
    path("", include("webapp.exports.urls")),
    path("", include("webapp.work.urls")),
    path("", include("webapp.help.urls")),
    path("", include("webapp.classes.urls")),
]

handler400 = "webapp.errors.bad_request"
handler403 = "webapp.errors.permission_denied"
handler404 = "webapp.errors.page_not_found"
handler500 = "webapp.errors.server_error"
