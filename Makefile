# Payerdesk's two commands are `make run` and `make test`. Everything they need goes into .venv; nothing outside this
# folder is touched, except that `make test` may ask the system's package manager for a Chromium.

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALL := $(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
WORKERS ?= auto

# Somebody's own settings must not reach into .venv; without bytecode every start would take three seconds more.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME PIP_USER PIP_REQUIRE_VIRTUALENV PIP_NO_COMPILE

.PHONY: run test bench bench-large torture screenshots help lint format lock sandbox clean proxy

run: $(VENV)/installed ## Start the dashboard on http://localhost:8501 (PORT=… for another port)
	@exec $(PYTHON) -m streamlit run app.py $(if $(PORT),--server.port $(PORT))

test: $(VENV)/installed-for-tests ## Run everything: ruff, quick tests, then Node, Postgres and a real browser
	@scripts/get_chromium.sh
	@scripts/get_node_client.sh
	$(PYTHON) -m ruff check
	@$(PYTHON) -m pytest -n $(WORKERS) --maxprocesses 4 --junitxml test-results/junit.xml

bench: $(VENV)/installed-for-tests ## Measure the sandbox and a first copy, into docs/bench
	@$(PYTHON) -m tests.bench.sandbox
	@$(PYTHON) -m tests.bench.copy

bench-large: $(VENV)/installed-for-tests ## Measure pages, lists, exports and following at 1,000,000 invoices: an hour and 12 GB
	@for part in queries pages exports follow crowd mirror_truth; do $(PYTHON) -m tests.bench.$$part || exit 1; done

torture: $(VENV)/installed-for-tests ## Kill, cut off, race and tamper for half an hour; figures into docs/torture-DATE.json
	@$(PYTHON) -m tests.torture

proxy: $(VENV)/installed-for-tests ## Try the proxy of compose.yaml with two processes on one Postgres (needs Caddy)
	@scripts/get_chromium.sh
	@CI=1 $(PYTHON) -m pytest tests/deploy/check_proxy.py

screenshots: $(VENV)/installed-for-tests ## Take the pictures in docs/screenshots anew, in a real browser
	@scripts/get_chromium.sh
	@PAYERDESK_SCREENSHOTS=docs/screenshots $(PYTHON) -m pytest tests/browser/test_pictures.py --override-ini timeout=300

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1  \2/p' Makefile

lint: $(VENV)/installed-for-tests ## Look for slips without running anything
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check

format: $(VENV)/installed-for-tests ## Lay the source out
	$(PYTHON) -m ruff check --fix-only
	$(PYTHON) -m ruff format

lock: $(VENV)/installed-for-tests ## Pin requirements.in and requirements-dev.in anew, with hashes for every system
	@scripts/lock.sh

sandbox: $(VENV)/installed ## Run the embedded Stripe alone on http://127.0.0.1:12111 (PORT=… for another port)
	@exec $(PYTHON) -m lib sandbox --port $(or $(PORT),12111)

clean: ## Remove .venv and what tests leave behind; data stays
	rm -rf $(VENV) tests/node/node_modules .pytest_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/made:
	@scripts/make_venv.sh
	@touch $@

$(VENV)/installed: $(VENV)/made requirements.txt
	@echo "Installing what the dashboard needs into $(VENV) (about half a minute)"
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/installed-for-tests: $(VENV)/installed requirements-dev.txt
	@echo "Installing what the tests need into $(VENV)"
	@$(INSTALL) -r requirements-dev.txt
	@touch $@
