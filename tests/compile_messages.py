"""Compiles the catalogues without GNU gettext: `python -m tests.compile_messages`."""

from polib import pofile

from config.settings import LOCALE_PATHS


def catalogues():
    return [path for folder in LOCALE_PATHS for path in sorted(folder.glob("*/LC_MESSAGES/*.po"))]


def compile_all():
    for path in catalogues():
        path.with_suffix(".mo").write_bytes(pofile(path).to_binary())


if __name__ == "__main__":
    compile_all()
