"""Settings, all of them from the environment, secure unless the environment says otherwise.

One module a concern: `accounts`, `sign_on` (OpenID Connect, LDAP), `base` (applications, database, templates, static
files), `security`, `storage`, `queue` (Celery), `backup`, `front`, `inference`, `training` and `logs`. Nothing has a
secret for a default: without `SPINULA_SECRET_KEY` Django refuses to sign anything, while commands that sign nothing
(`manage.py analyse`) still run.
"""

from .accounts import *
from .backup import *
from .base import *
from .front import *
from .inference import *
from .logs import *
from .queue import *
from .security import *
from .sign_on import *
from .storage import *
from .training import *
