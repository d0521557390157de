# Two commands on a fresh machine: make demo, make test. No server is needed for either.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$python && break; done)
PORT ?= 8000
N ?= 100000
BIN := .venv/bin
READY := .venv/.installed

.PHONY: demo test check fix bench e2e messages lock

$(READY): requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

demo: export APP_ENV = demo
demo: $(READY)
	$(BIN)/python manage.py demo --port $(PORT)

test: export APP_ENV = test
test: $(READY)
	$(BIN)/python -m pytest -n auto

check: export APP_ENV = test
check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/djlint --check --quiet templates
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	APP_ENV=production DEBUG=0 DATABASE_URL= ALLOW_SQLITE=1 REDIS_URL= ALLOWED_HOSTS=city.example ADMIN_PATH= \
		SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') \
		DATA_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(32))') DATA_KEY_OLD= HASH_KEY= \
		$(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python -m pytest -q tests/test_conventions.py

fix: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet templates

bench: export APP_ENV = test
bench: $(READY)
	$(BIN)/python -m tests.bench --residents $(N)

e2e: export APP_ENV = test
e2e: $(READY)
	$(BIN)/python -m pytest tests/e2e -o addopts="--strict-markers --strict-config --fail-on-template-vars"

# Writes the catalogues anew (needs GNU gettext) and compiles them (does not); both are committed.
messages: export APP_ENV = test
messages: $(READY)
	$(BIN)/python manage.py makemessages --locale zh_Hans --no-obsolete --no-wrap --ignore .venv --ignore tests
	$(BIN)/python -m tests.compile_messages

lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --constraint requirements.txt --group dev pyproject.toml --output-file requirements-dev.txt
