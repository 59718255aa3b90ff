"""The page that a load balancer, a container engine and `make run` ask whether everything is up."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .checks import run_checks, warnings


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when database, broker, storage and an analysis worker answer; 503 naming what does not.

    `warnings` are sentences on what does not stop Spinula and wants looking after.
    """
    results = run_checks()
    healthy = all(result.ok for result in results)
    body = {
        "status": "ok" if healthy else "down",
        "warnings": warnings(),
        "checks": {result.name: {"ok": result.ok, "detail": result.sentence} for result in results},
    }
    return JsonResponse(body, status=200 if healthy else 503)
