"""The product's settings for Celery workers of the tests, with a training that takes a moment."""

from webapp.settings import *

SPINULA_TRAINING_MODULES = dict.fromkeys(("detector", "classifier"), "tests.fake_training")
