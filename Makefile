# Everything sets itself up: a .venv in the checkout, from hashed pins. Only Python 3.11 (or newer), git and make are needed.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
# No index, folder or host of the machine that locks gets into the lock files.
LOCK := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --no-annotate \
	--extra charts --extra demo --extra watch $(LOCK_FLAGS)

# The dev group, and what an editable install without build isolation needs.
define DEV
import tomllib
project = tomllib.load(open("pyproject.toml", "rb"))
print(*project["dependency-groups"]["dev"], *project["build-system"]["requires"], "editables", sep="\n")
endef
export DEV

# Debian asks this file before a package starts its service.
define NO_SERVICES
policy=/usr/sbin/policy-rc.d
if ! test -e $$policy; then
	trap "rm -f $$policy" EXIT
	printf '#!/bin/sh\nexit 101\n' > $$policy && chmod 755 $$policy
fi

endef
export NO_SERVICES

.PHONY: demo test format docs pictures bench bench-peers faults fuzz soak lock clean
.DEFAULT_GOAL := test

$(STAMP): pyproject.toml requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit("alertd needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/alertd demo

test: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses=auto --maxprocesses=4

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks $(ONLY)

# What `make bench` compares with: from the system's packages, of which no service is started, and Apprise with a Python of
# its own.
bench-peers:
	$(SUDO) apt-get update
	$(SUDO) sh -c "$$NO_SERVICES"'apt-get install --yes --no-install-recommends prometheus prometheus-alertmanager'
	$(PYTHON) -m venv .peers/apprise
	.peers/apprise/bin/python -m pip install --quiet apprise

# FULL=1 repeats each row 50 times, not 5. The one with a full disk mounts a small one, which only root may do.
faults: $(STAMP)
	$(BIN)/python -m tests.faults $(ONLY)

# COUNT=1000 for a quick look; ONLY=telegram for one platform.
fuzz: $(STAMP)
	$(BIN)/python -m tests.fuzz $(ONLY)

soak: $(STAMP)
	$(BIN)/python -m tests.faults.soak

# After a change of the language: the tables of its page.
docs: $(STAMP)
	$(BIN)/alertd conditions --into rules/README.md

# The README's pictures of messages, drawn from what a daemon sent.
pictures: $(STAMP)
	$(BIN)/python -m alertd.demo.pictures deploy/pictures

# After a change of the dependencies in pyproject.toml; `make lock LOCK_FLAGS=--upgrade` takes newer releases.
lock:
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(BIN)/pip-compile || $(BIN)/python -m pip install --quiet pip-tools
	$(LOCK) --output-file requirements.txt pyproject.toml
	$(BIN)/python -c "$$DEV" | $(LOCK) --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml -

clean:
	rm -rf .venv dist
