# rongtong: one command for each thing one wants to do. What takes more than a line lives in tools/.

BIN := .venv/bin
# What starts from here finds the environment's commands, and the daemons that Debian keeps in sbin.
WITH_PATH := PATH="$(CURDIR)/$(BIN):$$PATH:/usr/sbin:/sbin"
# pyscard has no wheels for Linux: these build it.
TO_BUILD := gcc libc6-dev libpcsclite-dev python3-dev
JOBS ?= 2
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test bench format clean
.NOTPARALLEL:

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/.base ## a bus terminal on virtual hardware, with cards to tap (ARGS=--headless: the fixed tour)
	@tools/system.sh --try mosquitto pcscd vsmartcard-vpcd $(TO_BUILD)
	@test -e .venv/.pcsc || $(MAKE) --silent .venv/.pcsc 2>/dev/null \
		|| echo "goes on without PC/SC: pyscard could not be built"
	@$(WITH_PATH) rongtong-sim tour $(ARGS)

test: .venv/.dev ## everything that must be green: linters, types, import rules, tests
	@tools/system.sh mosquitto openssl pcscd vsmartcard-vpcd $(TO_BUILD)
	@$(MAKE) --silent .venv/.pcsc
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(WITH_PATH) pytest -n $(JOBS) --dist loadgroup $(ARGS)

bench: .venv/.base ## what it costs, against the bare floor: build/bench.json
	@tools/system.sh mosquitto openssl pcscd vsmartcard-vpcd $(TO_BUILD)
	@$(MAKE) --silent .venv/.pcsc
	@mkdir -p build
	$(WITH_PATH) python -m benchmarks $(ARGS)

format: .venv/.dev ## lay out the code as the linter wants it
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean: ## everything that was made here
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.base .venv/.dev: .venv/.%: requirements/%.lock pyproject.toml tools/venv.sh
	@tools/venv.sh $*

.venv/.pcsc: requirements/pcsc.lock tools/venv.sh
	@tools/venv.sh pcsc
