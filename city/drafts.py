"""What was typed into a form and not sent yet: kept encrypted for the posting that types, found again on opening."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils import timezone

from city.idempotency import FIELD as SEND_KEY
from city.models import Draft

#: What a form sends for its own machinery, and what must not lie about.
_NOT_KEPT = {"csrfmiddlewaretoken", SEND_KEY, "password"}
#: Characters of one draft; a form that holds more is sent, not kept.
LONGEST = 60_000
LONGEST_NAME = Draft._meta.get_field("key").max_length
#: The key of a form about nothing that exists yet.
NEW = "new"


@dataclass(frozen=True)
class Typed:
    """A form as far as it was typed; `saved_at` None where nothing is kept yet."""

    form: str
    key: str
    saved_at: datetime | None
    data: QueryDict

    def __bool__(self):
        return self.saved_at is not None

    def forms(self, prefix):
        """How many forms of a formset had been opened."""
        number = self.data.get(f"{prefix}-TOTAL_FORMS", "")
        return int(number) if number.isdecimal() and len(number) < 4 else 0


def _kept(posting, form, key):
    return Draft.objects.filter(posting=posting, form=form, key=str(key))


def save(posting, form, key, data):
    """Keep what a form holds now (a QueryDict), in place of what was kept before. False: too much to keep."""
    text = json.dumps({name: data.getlist(name) for name in data if name not in _NOT_KEPT}, ensure_ascii=False)
    if len(text) > LONGEST:
        return False
    Draft.objects.update_or_create(posting=posting, form=form, key=str(key), defaults={"data": text})
    return True


def load(posting, form, key=NEW):
    """What this posting typed into the form; something false, but with the form's name, where nothing is kept."""
    draft = _kept(posting, form, key).first()
    data = QueryDict(mutable=True)
    for name, values in json.loads(draft.data).items() if draft else ():
        data.setlist(name, values)
    return Typed(form, str(key), draft and draft.saved_at, data)


def fresh(form, key=NEW):
    """A form that starts afresh; what is typed into it takes the place of what was kept."""
    return Typed(form, str(key), None, QueryDict())


def drop(posting, form, key=NEW):
    """The form was sent, or is to start afresh; call it inside the transaction of what the form did."""
    _kept(posting, form, key).delete()


def fill(form, typed):
    """The unsent values as the form's initial ones, for it to be opened with; errors wait until it is sent."""
    if typed and not form.is_bound:
        for name, field in form.fields.items():
            html_name = form.add_prefix(name)
            if not field.widget.value_omitted_from_data(typed.data, {}, html_name):
                form.initial[name] = field.widget.value_from_datadict(typed.data, {}, html_name)
    return form


def forget(*, older_than):
    Draft.objects.filter(saved_at__lt=timezone.now() - older_than).delete()
