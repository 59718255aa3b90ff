"""`python -m worker.training.detector`: one training, see `trainer`."""

import sys

from worker.training.detector.trainer import main
from worker.training.run.console import exit_code

sys.exit(exit_code(lambda: main(sys.argv[1:])))
