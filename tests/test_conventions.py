"""Guards for the whole project: what a reviewer would otherwise have to remember."""

import ast
import hashlib
import re
from importlib.resources import files
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from polib import pofile

from config import settings as settings_module
from config.celery import app
from tests.compile_messages import catalogues
from tests.urls import addresses

ROOT = settings.BASE_DIR
APPS = ["assistance", "city", "households", "placements", "reports", "subsidies"]
OPEN_VIEWS = {
    "login", "set_language", "healthz", "readyz", "reports:rules",
    "city:notices", "city:notice", "city:object_to_notice", "placements:public_vacancies", "placements:public_vacancy",
    "placements:public_bulletin",
}  # fmt: skip
TEMPLATES_NAMED_ELSEWHERE = {"400.html", "403.html", "403_csrf.html", "404.html", "409.html", "429.html", "500.html"}


def sources(pattern="**/*.py"):
    return [path for app_name in [*APPS, "config"] for path in sorted((ROOT / app_name).glob(pattern))]


def own_addresses():
    return [address for address in addresses() if not address.name.startswith("admin:")]


def is_open(view):
    return not getattr(view, "login_required", True)


def test_every_view_says_its_methods_and_permission():
    silent = [a.name for a in own_addresses() if not (hasattr(a.view, "methods") and hasattr(a.view, "permission"))]
    assert silent == []


def test_nothing_is_open_but_what_the_contract_names():
    assert {address.name for address in own_addresses() if is_open(address.view)} == OPEN_VIEWS


def test_every_named_permission_exists_on_the_view_only_when_somebody_must_sign_in():
    assert [a.name for a in own_addresses() if is_open(a.view) and a.view.permission] == []


def test_every_beat_entry_names_a_registered_task():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_jobs_cannot_be_lost_or_handed_out_twice():
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.accept_content == ["json"]
    assert app.conf.timezone == settings.TIME_ZONE


def test_env_example_lists_the_whole_environment():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    listed = [line.split("=")[0] for line in lines if line and not line.startswith("#")]
    assert listed == list(settings_module.env.scheme)


def test_nothing_but_the_settings_reads_the_environment():
    readers = [path for path in sources() if re.search(r"os\.environ(?!\.setdefault)|getenv", path.read_text("utf-8"))]
    assert readers == []


@pytest.mark.django_db
def test_no_migration_is_forgotten():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_are_named():
    unnamed = [p.name for p in sources("migrations/*.py") if re.search(r"\d{4}_(migration|auto_)", p.name)]
    assert unnamed == []


def template_names():
    folder = ROOT / "templates"
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}


def test_every_template_is_used():
    texts = [path.read_text(encoding="utf-8") for path in [*sources(), *(ROOT / "templates").rglob("*.html")]]
    prefixes = ("admin/", "axes/", "registration/", "import_export/", "django/")
    unused = [
        name
        for name in template_names() - TEMPLATES_NAMED_ELSEWHERE
        if not name.startswith(prefixes) and not any(name in text for text in texts)
    ]
    assert unused == []


def test_page_templates_start_with_a_comment_that_says_what_they_show():
    folder = ROOT / "templates"
    silent = [
        name
        for name in sorted(template_names())
        if not Path(name).name.startswith("_")
        and "{#" not in (folder / name).read_text(encoding="utf-8")[:400]
        and "{% comment" not in (folder / name).read_text(encoding="utf-8")[:400]
    ]
    assert silent == []


def test_templates_are_fit_for_the_strict_content_policy():
    inline = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|<style\b|\sstyle=|\son\w+=", re.I)
    folder = ROOT / "templates"
    assert [name for name in sorted(template_names()) if inline.search((folder / name).read_text("utf-8"))] == []


@pytest.mark.parametrize("pattern", ["**/views.py", "**/views/*.py", "**/forms.py"])
def test_no_unscoped_lookup_in_views_and_forms(pattern):
    found = [
        p
        for p in sources(pattern)
        if re.search(r"\.objects\.(get|filter)\(pk=|\.objects\.get\(", p.read_text("utf-8"))
    ]
    assert found == []


def test_no_drawers_and_no_file_past_600_lines():
    assert [p for p in sources() if p.stem in {"utils", "helpers", "managers", "signals"}] == []
    long = [p for p in sources() if "migrations" not in p.parts and len(p.read_text("utf-8").splitlines()) > 600]
    assert long == []


def test_no_import_hides_in_a_function_and_none_has_a_star():
    hidden = []
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef) and function.name != "ready":
                imports = [n for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
                hidden += [f"{path}:{node.lineno}" for node in imports]
        stars = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]
        hidden += [f"{path}:{node.lineno}" for node in stars]
    assert hidden == []


def test_the_readme_names_every_make_target():
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.M).group(1).split()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [target for target in targets if f"make {target}" not in readme] == []


def test_catalogues_are_shipped_compiled():
    stale = [p for p in catalogues() if p.with_suffix(".mo").read_bytes() != pofile(p).to_binary()]
    assert stale == []


def test_catalogues_are_complete():
    missing = [
        f"{path.parent.parent.name}: {entry.msgid}"
        for path in catalogues()
        if path.parent.parent.name != "en"
        for entry in pofile(path)
        if not entry.obsolete and (not entry.translated() or entry.fuzzy)
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("name", "digest"), [("css/bootstrap.min.css", "d85327d9"), ("js/bootstrap.bundle.min.js", "e4fd4918")]
)
def test_bootstrap_is_the_published_one(name, digest):
    content = files("bootstrap").joinpath(name).read_bytes()
    assert hashlib.sha256(content).hexdigest().startswith(digest)


def test_requirements_are_pinned_by_hash_and_name_no_host():
    for name in ["requirements.txt", "requirements-dev.txt"]:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        pins = [line for line in text.splitlines() if re.match(r"[A-Za-z]", line)]
        assert pins
        assert all("==" in line and line.endswith("\\") for line in pins)
