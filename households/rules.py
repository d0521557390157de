"""Pure rules about persons: working age and the retirement date."""

from city.rules import add_months

_STEPS = {60: (4, 36), 55: (4, 36), 50: (2, 60)}


def delay_months(birth_date, base):
    """Months the decision of 13 September 2024 adds to a base age of 60, 55 or 50, by birth month."""
    step, cap = _STEPS[base]
    months = (birth_date.year + base - 2025) * 12 + birth_date.month
    return 0 if months <= 0 else min(-(-months // step), cap)


def retirement_date(birth_date, sex, female_retirement_age=None):
    """Statutory retirement date; a woman of unknown category counts as 50 (a choice)."""
    base = 60 if sex == "male" else female_retirement_age or 50
    return add_months(birth_date, base * 12 + delay_months(birth_date, base))


def working_age_window(birth_date, sex, female_retirement_age=None):
    """(16th birthday, retirement date): of working age from the first to the day before the second."""
    return add_months(birth_date, 16 * 12), retirement_date(birth_date, sex, female_retirement_age)


def age_on(birth_date, day):
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
