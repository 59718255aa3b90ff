"""The WSGI application: Django. `webapp.asgi` serves it behind the front."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from spines.release import release

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

if not os.environ.get("SPINULA_SECRET_KEY"):
    raise ImproperlyConfigured(
        "SPINULA_SECRET_KEY is not set. Give it a long random text and keep it: sessions are signed with it."
    )

application = get_wsgi_application()
release()  # what runs is what lies there now, whatever is checked out later
