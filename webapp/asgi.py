"""The ASGI application that granian serves: Django behind the front that no slow client can hold."""

from django.conf import settings

from spines.storage.temporary import sweep
from webapp.front.application import Front, FrontLimits
from webapp.wsgi import application as wsgi

sweep()
application = Front(
    wsgi,
    FrontLimits(
        page_threads=settings.SPINULA_PAGE_THREADS,
        upload_threads=settings.SPINULA_UPLOAD_THREADS,
        most_waiting=settings.SPINULA_MOST_WAITING,
        idle_s=settings.SPINULA_CLIENT_IDLE_S,
        least_bytes_per_s=settings.SPINULA_LEAST_BYTES_PER_S,
        answer_bytes=settings.SPINULA_ANSWER_BUFFER_MB << 20,
        a_minute=settings.SPINULA_REQUESTS_A_MINUTE,
        session_cookie=settings.SESSION_COOKIE_NAME,
        proxies=settings.AXES_IPWARE_PROXY_COUNT or 0,
    ),
)
