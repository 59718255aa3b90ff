"""Where images are kept, and how large one may be."""

from typing import Any
from urllib.parse import urlsplit

from .environment import STATE_DIR, env

__all__ = [
    "STORAGES",
    "MEDIA_ROOT",
    "MEDIA_URL",
    "SPINULA_MAX_UPLOAD_MB",
    "SPINULA_MAX_ANONYMOUS_BODY_KB",
    "SPINULA_MAX_IMAGE_SIDE_PX",
    "SPINULA_MAX_IMAGE_PLANES",
    "SPINULA_MAX_PLANE_MEGAPIXELS",
    "SPINULA_MAX_STACK_MEGAPIXELS",
    "SPINULA_READERS",
    "SPINULA_READER_MEMORY_MB",
    "SPINULA_READER_TIMEOUT_S",
    "SPINULA_READER_WAIT_S",
    "DATA_UPLOAD_MAX_MEMORY_SIZE",
    "DATA_UPLOAD_MAX_NUMBER_FIELDS",
    "DATA_UPLOAD_MAX_NUMBER_FILES",
    "FILE_UPLOAD_HANDLERS",
    "FILE_UPLOAD_PERMISSIONS",
    "SPINULA_UPLOAD_TEMP_DIR",
]

_PLACE = env.str("SPINULA_STORAGE", default=str(STATE_DIR / "media"))


def image_storage(place: str) -> dict[str, Any]:
    """Storage for `place`: a folder, or `s3://bucket/prefix` where web and GPU nodes are different machines.

    Credentials and endpoint of S3 come from the usual AWS_* variables.
    """
    if not place.startswith("s3://"):
        return {"BACKEND": "spines.storage.whole.WholeFileStorage", "OPTIONS": {"location": place}}
    address = urlsplit(place)
    options: dict[str, Any] = {
        "bucket_name": address.netloc,
        "location": address.path.strip("/"),
        "endpoint_url": env.str("AWS_S3_ENDPOINT_URL", default="") or None,
        "file_overwrite": False,
        "default_acl": None,
        "querystring_auth": True,
    }
    return {"BACKEND": "spines.storage.bucket.BucketStorage", "OPTIONS": options}


STORAGES = {
    "default": image_storage(_PLACE),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
MEDIA_ROOT = "" if _PLACE.startswith("s3://") else _PLACE
MEDIA_URL = ""  # images are served by views that check the lab, never by their own address

SPINULA_MAX_UPLOAD_MB = env.int("SPINULA_MAX_UPLOAD_MB", default=2048)
SPINULA_MAX_ANONYMOUS_BODY_KB = env.int("SPINULA_MAX_ANONYMOUS_BODY_KB", default=64)  # a sign-in
SPINULA_MAX_IMAGE_SIDE_PX = env.int("SPINULA_MAX_IMAGE_SIDE_PX", default=32_768)
SPINULA_MAX_IMAGE_PLANES = env.int("SPINULA_MAX_IMAGE_PLANES", default=4096)

SPINULA_MAX_PLANE_MEGAPIXELS = env.int("SPINULA_MAX_PLANE_MEGAPIXELS", default=120)
SPINULA_MAX_STACK_MEGAPIXELS = env.int("SPINULA_MAX_STACK_MEGAPIXELS", default=2000)

# Files are decoded in processes apart (spines.imaging.apart).
SPINULA_READERS = env.int("SPINULA_READERS", default=2)
SPINULA_READER_MEMORY_MB = env.int("SPINULA_READER_MEMORY_MB", default=3072)
SPINULA_READER_TIMEOUT_S = env.int("SPINULA_READER_TIMEOUT_S", default=60)
SPINULA_READER_WAIT_S = env.int("SPINULA_READER_WAIT_S", default=30)

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # forms without their files
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_HANDLERS = ["webapp.experiments.upload_handler.LimitedUploadHandler"]  # on disk, never in memory
FILE_UPLOAD_PERMISSIONS = 0o640
SPINULA_UPLOAD_TEMP_DIR = env.str("SPINULA_UPLOAD_TEMP_DIR", default="") or str(STATE_DIR / "incoming")
