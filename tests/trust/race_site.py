"""What the races are run against: the site itself, and the same without the guards of deciding, as a control.

Their claims are made up, without a ledger behind them: nothing is computed anew.
"""

import os
import time

from config.wsgi import application

#: A server dies after it did what this request asks for, and before it answers.
DIE = "HTTP_X_DIE"
#: Without guards everybody who found a claim open waits so long for the others.
_THINKING_SECONDS = 0.3


def site(guarded=True):
    from city import moves
    from subsidies.models import Claim
    from subsidies.services import deciding

    deciding.computing.differing = lambda _lines: {}
    if not guarded:

        def seen(chosen, _by):
            claims = list(Claim.objects.select_related("area").filter(pk__in=list(chosen)))
            time.sleep(_THINKING_SECONDS)
            return claims

        deciding.held = seen
        moves._held = lambda items: [(item.pk, (item.state, item.version)) for item in items]
    return _mortal


def _mortal(environ, start_response):
    answer = application(environ, start_response)
    if DIE in environ:
        os._exit(1)
    return answer
