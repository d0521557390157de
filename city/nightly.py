"""What apps do in a night after the figures are made: registered in `AppConfig.ready()`, in arrow order.

A step gets the day that ended and returns what it did (JSON), which stands in the night's run. One that fails leaves
its reason there and stops nothing else; all it wrote is taken back.
"""

import logging

from django.db import InterfaceError, OperationalError, transaction

logger = logging.getLogger(__name__)

_steps = {}


def register_step(name, function):
    """`function(day)` runs once a night. Registering a name again replaces it."""
    _steps[name] = function


def run_steps(day):
    """{name: what it did, or {"failed": why}}, in the order of registration."""
    return {name: _run(name, function, day) for name, function in _steps.items()}


def _run(name, function, day):
    try:
        with transaction.atomic():
            return function(day)
    except (OperationalError, InterfaceError):
        # The database is away: the whole night is taken up again.
        raise
    except Exception as error:
        logger.exception("nightly step failed step=%s day=%s", name, day)
        return {"failed": type(error).__name__}
