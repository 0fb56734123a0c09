# Everything the project can be asked to do, one word each. `make` alone lists the words.
#
# Needs make, git and Python 3.11 or later with its venv; everything else is installed into .venv from the locks.

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test prove prove-races check fix bench lock clean again

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --quiet --disable-pip-version-check --no-input

# Programs in a venv know its folder by heart, so a moved or copied checkout needs a new one, as changed locks do.
KEY := $(shell { pwd; cat requirements.lock requirements-build.lock requirements-dev.lock; } | sha256sum | cut -c1-16)
LOCKED := $(VENV)/.locked-$(KEY)
PACKAGE := $(VENV)/.package-$(KEY)
DEV := $(VENV)/.dev-$(KEY)

# The S3 server that the tests speak to brings its own versions of what the API needs, so it has a venv to itself.
S3 := .venv-s3/.locked-$(shell { pwd; cat requirements-s3.lock; } | sha256sum | cut -c1-16)

# A system upgrade can take the interpreter away under a venv that still carries its stamps.
AGAIN := $(shell $(PY) -c '' 2>/dev/null || echo again)

UV := uv==0.13.9
COMPILE := pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

help: ## List these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

demo: $(PACKAGE) ## Install, seed the demo trust and serve it on 127.0.0.1:8000; keeps its data
	@exec $(VENV)/bin/iap-api demo --serve

demo-reset: $(PACKAGE) ## The same, starting over: what was typed into the demo is lost
	@exec $(VENV)/bin/iap-api demo --reset --serve

test: $(PACKAGE) $(DEV) $(S3) ## Run the tests on SQLite and PostgreSQL; ARGS="-k bookings" picks some
	@$(PY) -m tests.postgres -- $(PY) -m pytest -n 2 $(ARGS)

prove: $(PACKAGE) $(DEV) $(S3) ## Run every test in full on both databases and count what was checked; takes much longer
	@IAP_TEST_FULL=1 $(PY) -m tests.postgres -- $(PY) -m pytest -n 2 $(ARGS)

prove-races: $(PACKAGE) $(DEV) ## Let twenty rivals meet a thousand times for each kind of contest; takes hours
	@IAP_TEST_ROUNDS=1000 $(PY) -m tests.postgres -- $(PY) -m pytest -n 2 tests/spaces/bookings/test_rivals.py $(ARGS)

check: $(PACKAGE) $(DEV) ## Look for faults and change nothing: style, types, floors, contract, migrations
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy --strict src
	$(VENV)/bin/lint-imports
	$(VENV)/bin/iap-api openapi --check
	$(PY) -m tests.migration_check

fix: $(PACKAGE) $(DEV) ## Put right what a program can: format, simple faults, the written contract
	$(PY) -m ruff check --fix
	$(PY) -m ruff format
	$(VENV)/bin/iap-api openapi

bench: $(PACKAGE) $(DEV) ## Measure speed on PostgreSQL beside the limit and the peer
	@$(PY) -m tests.postgres -- $(PY) -m bench $(ARGS)

lock: ## Write the locks anew from pyproject.toml; ARGS=--upgrade takes newer releases
	@$(find_python); \
	tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	"$$python" -m venv "$$tools" && \
	"$$tools/bin/python" -m pip install --quiet --disable-pip-version-check --no-input '$(UV)' && \
	"$$tools/bin/uv" $(COMPILE) $(ARGS) pyproject.toml -o requirements.lock && \
	"$$tools/bin/uv" $(COMPILE) $(ARGS) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock && \
	"$$tools/bin/uv" $(COMPILE) $(ARGS) requirements-build.in -c requirements-dev.lock -o requirements-build.lock && \
	"$$tools/bin/uv" $(COMPILE) $(ARGS) requirements-s3.in -o requirements-s3.lock

clean: ## Remove what was installed or cached; the demo's data stays
	rm -rf $(VENV) .venv-s3 .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

define find_python
for python in $(if $(PYTHON),'$(PYTHON)') python3.11 python3 python3.12 python3.13 python3.14; do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	python=; \
done; \
test -n "$$python" || { \
	echo 'Python 3.11 or later with its venv is needed: on Debian, apt-get install python3 python3-venv.' >&2; \
	echo 'If it is installed elsewhere, say where: make PYTHON=/path/to/python3 ...' >&2; \
	exit 1; \
}
endef

$(LOCKED): $(AGAIN)
	@$(find_python); \
	echo 'Installing the locked dependencies into $(VENV) (once; a minute or so) ...'; \
	"$$python" -m venv --clear $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock -r requirements-build.lock
	@touch $@

$(PACKAGE): $(LOCKED) pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): $(LOCKED)
	@echo 'Installing the tools of the tests ...'
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(S3): $(LOCKED)
	@echo 'Installing the S3 server of the tests into .venv-s3 (once) ...'
	@$(PY) -m venv --clear .venv-s3
	@.venv-s3/bin/python -m pip --quiet --disable-pip-version-check --no-input install --require-hashes -r requirements-s3.lock
	@touch $@
