"""The environment that every settings module reads, and the folder the project lives in."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()

STATE_DIR = Path(env.str("SPINULA_STATE", default=str(BASE_DIR / "var"))).resolve()
"""What a run keeps on this machine: the embedded database, uploaded images, the secret key."""

DEBUG = env.bool("SPINULA_DEBUG", default=False)
