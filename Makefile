# Two commands matter: `make demo` and `make test`. Both work from a clean clone with nothing but
# Python 3.11 or newer, git and make; everything is put into .venv, checked against its hashes.
# Another Python: make demo PYTHON=python3.13

PYTHON ?=
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --python $(BIN)/python
LOCKED  := --only-binary :all: --require-hashes
STAMPS := $(VENV)/stamps
export UV_NO_CONFIG := 1

# So many tests at a time, each file's in one process: make test WORKERS=0 for one after the other.
WORKERS ?= 2
PYTEST  := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test slow browser golden lint types format bench bench-short docs pictures lock clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

demo: $(STAMPS)/runtime  ## the whole job on a small bundled blog, offline, into ./demo
	@$(BIN)/newsletter demo demo

test: $(STAMPS)/dev  ## all tests but the slow ones; PostgreSQL comes from a wheel, no service
	@$(PYTEST) -m "not slow" $(TESTS)

slow: $(STAMPS)/dev  ## the slow tests
	@$(PYTEST) -m slow $(TESTS)

browser: $(STAMPS)/dev  ## the checks in a browser; installs what they need
	@tests/browser/run

golden: $(STAMPS)/dev  ## write tests/data/golden, the demo's editions, anew; look at the changes
	@PYTHONPATH=. $(BIN)/python tests/golden.py

lint: $(STAMPS)/dev  ## style, formatting and the floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@PYTHONPATH=. $(BIN)/lint-imports

types: $(STAMPS)/dev  ## mypy, strict
	@$(BIN)/mypy

format: $(STAMPS)/dev  ## put the code into its form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMPS)/dev  ## all benchmarks at full size (some minutes)
	@$(BIN)/python benchmarks/run.py

bench-short: $(STAMPS)/dev  ## the same in a small size
	@$(BIN)/python benchmarks/run.py --short

docs: $(STAMPS)/dev  ## write the parts of docs/ that come from the code
	@$(BIN)/python docs/generate.py

pictures: $(STAMPS)/dev  ## photograph the demo's digest for docs/images, in a browser
	@tests/browser/run $(BIN)/python docs/make_pictures.py

# The packages may be at most as new as a week ago: a bad release is usually found by then.
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --upgrade --exclude-newer "7 days" \
	--custom-compile-command "make lock"

lock: $(STAMPS)/build  ## write requirements*.txt anew, with the newest versions that fit
	$(COMPILE) pyproject.toml --extra postgresql --group dev --group build \
		--output-file requirements-dev.txt
	$(COMPILE) pyproject.toml --constraint requirements-dev.txt --output-file requirements.txt
	$(COMPILE) --group build --constraint requirements-dev.txt --output-file requirements-build.txt
	$(COMPILE) --group browser --constraint requirements-dev.txt \
		--output-file tests/browser/requirements.txt

clean:  ## remove what was made here: .venv, caches, the demo
	rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache *.egg-info
	find newsletter subscribers tests benchmarks docs -name __pycache__ -prune -exec rm -rf {} +

# ---- the environment: each step leaves a stamp, so that a second call takes no time ------------

$(BIN)/python:
	@sh tools/make-venv.sh "$(VENV)" "$(PYTHON)"

$(STAMPS)/build: requirements-build.txt | $(BIN)/python
	@echo "Installing uv and the build tools into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-build.txt
	@mkdir -p $(STAMPS) && touch $@

# Without build isolation: it would fetch the build tools again, and unchecked.
$(STAMPS)/runtime: requirements.txt pyproject.toml $(STAMPS)/build
	@echo "Installing the newsletter into $(VENV)"
	@$(INSTALL) $(LOCKED) -r requirements.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: requirements-dev.txt $(STAMPS)/runtime
	@echo "Installing the tools of the tests into $(VENV)"
	@$(INSTALL) $(LOCKED) -r requirements-dev.txt
	@touch $@
