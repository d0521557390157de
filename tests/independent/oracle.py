"""Every figure recomputed from the sheets alone: the second opinion that the nightly run is held against.

No Django and no import of the project, slow on purpose. Where the engine and this package differ, one of the two
misreads a definition.
"""

from collections import Counter
from fractions import Fraction

from tests.independent.definitions import BOUNDED, COUNTS, INDICATORS, RATIOS, View, in_force, period_start
from tests.independent.sheets import Sheets

LEVELS = {"社区": "community", "街道": "street", "区县": "district", "市": "city"}


class City:
    def __init__(self, sheets):
        self.sheets = sheets
        self._confirmed = {}

    @classmethod
    def from_sheets(cls, *, areas, minimum_wages, rosters, zero_households, visits):
        """Paths of the CSV sheets; `rosters` is `[(path, day of --on)]`, loaded in that order."""
        sheets = Sheets()
        sheets.load_areas(areas)
        sheets.load_wages(minimum_wages)
        for path, on in rosters:
            sheets.load_roster(path, on)
        sheets.load_episodes(zero_households)
        sheets.load_visits(visits)
        return cls(sheets)

    @property
    def communities(self):
        return self.areas_of("community")

    def areas_of(self, level):
        return sorted(code for code, area in self.sheets.areas.items() if LEVELS[area["level"]] == level)

    @staticmethod
    def line(code):
        """The community and its street, district and city."""
        return [code, code[:9] + "000", code[:6] + "000000", code[:4] + "00000000"]

    def minimum_wage(self, community, day):
        for code in self.line(community):
            rows = [(starts, wage) for area, starts, wage in self.sheets.wages if area == code and starts <= day]
            if rows:
                return max(rows)[1]
        return None

    def confirmed_on(self, person, spell):
        """The latest word that the spell holds, be it after the day of the figure: a sheet's or a visit's."""
        key = person.id_number, spell.started_on
        if key not in self._confirmed:
            visits = [
                visit.visited_on
                for visit in self.sheets.visits.values()
                if visit.no_change
                and visit.outcome == "完成"
                and in_force([spell], visit.visited_on)
                and getattr(in_force(person.memberships, visit.visited_on), "household", None) == visit.household
            ]
            self._confirmed[key] = max([spell.confirmed_on, *visits])
        return self._confirmed[key]

    def view(self, day, *, period_starts="01-01", evidence_months=None, deadline=None, long_term_months=6):
        starts = period_start(day, period_starts)
        return View(self, day, starts, deadline or {"months": 1}, long_term_months, evidence_months)

    def _by_area(self, subjects):
        counted = Counter()
        for subject in subjects:
            counted.update(self.line(subject.household[0]))
        return {code: counted[code] for code in self.sheets.areas}

    def figures(self, day, **parameters):
        """`{area: {indicator: (numerator, denominator or None)}}`, communities and their sums."""
        view = self.view(day, **parameters)
        result = {code: {} for code in self.sheets.areas}
        for indicator in INDICATORS:
            above, below = self.subjects(view, indicator)
            numerators, denominators = self._by_area(above), self._by_area(below or [])
            for code, figures in result.items():
                figures[indicator] = (numerators[code], None if below is None else denominators[code])
        return result

    @staticmethod
    def subjects(view, indicator):
        if indicator in COUNTS:
            return COUNTS[indicator](view), None
        population, counts = RATIOS[indicator]
        below = population(view)
        return [subject for subject in below if counts(view, subject)], below

    def people(self, day, indicator, part, area, **parameters):
        """Who is behind a figure, sorted: `(community, ID number or 户号)`; a household once per episode."""
        view = self.view(day, **parameters)
        above, below = self.subjects(view, indicator)
        if part == "numerator":
            found = above
        elif part == "denominator":
            found = below
        elif part == "gap":
            hits = {(subject.household, subject.key) for subject in above}
            found = [subject for subject in below if (subject.household, subject.key) not in hits]
        elif part == "stale":
            found = [subject for subject in below if subject.stale]
        else:
            found = [each for each in view.residents if BOUNDED[indicator](each)]
        return sorted((each.household[0], each.key) for each in found if area in self.line(each.household[0]))

    def bounds(self, day, evidence_months, **parameters):
        """`{area: {indicator: (worst, best)}}`, each end a pair of whole numbers."""
        view = self.view(day, evidence_months=evidence_months, **parameters)
        result = {code: {} for code in self.sheets.areas}
        for indicator, would_count in BOUNDED.items():
            above, below = self.subjects(view, indicator)
            ids = {each.key for each in above}
            n, m = self._by_area(above), self._by_area(below)
            stale_above = self._by_area([each for each in above if each.stale])
            stale_below = self._by_area([each for each in below if each.stale and each.key not in ids])
            unknown = self._by_area([each for each in view.residents if would_count(each)])
            for code in result:
                whole = m[code] + unknown[code]
                worst = (n[code] - stale_above[code], whole)
                best = (n[code] + stale_below[code] + unknown[code], whole)
                result[code][indicator] = (worst, best)
        return result


def holds(numerator, denominator, comparator, threshold):
    """The comparison on whole numbers: nothing is rounded, so 95.0% is met at exactly 95%."""
    left, right = Fraction(numerator), Fraction(threshold) * (1 if denominator is None else denominator)
    return {">=": left >= right, "<=": left <= right, "=": left == right}[comparator]


def judge(criterion, figure, ends):
    """The verdict of one criterion; `ends` is (worst, best) where evidence is judged, else None."""
    if "manual" in criterion:
        return "not_proven"
    if figure[1] == 0 and not (ends and ends[0][1]):
        return "not_applicable"
    answers = {holds(*pair, criterion["comparator"], criterion["threshold"]) for pair in (ends if ends else (figure,))}
    if len(answers) == 2:
        return "not_proven"
    return "met" if answers == {True} else "not_met"


def verdict(ruleset, figures, ends):
    """`(verdict, verdicts of the criteria in order)` of one area under a rule set read from TOML.

    `ruleset` is the whole document, `figures` the area's figures, `ends` the area's bounds (empty: not judged).
    A points criterion that does not apply gives its points: it never blocks a community.
    """
    criteria = ruleset["criterion"]
    verdicts = [judge(each, figures.get(each.get("indicator")), ends.get(each.get("indicator"))) for each in criteria]
    if figures["employment_rate"][1] == 0:
        return "not_proven", verdicts
    obstacles = {
        given for each, given in zip(criteria, verdicts, strict=True) if each["kind"] in ("required", "veto")
    } & {"not_met", "not_proven"}
    pass_mark = ruleset["ruleset"].get("pass_mark")
    if pass_mark is not None:
        worst, best = points(ruleset, verdicts)
        if best < pass_mark:
            obstacles.add("not_met")
        elif worst < pass_mark:
            obstacles.add("not_proven")
    if "not_met" in obstacles:
        return "not_met", verdicts
    return ("not_proven" if obstacles else "met"), verdicts


def points(ruleset, verdicts):
    """The total at its worst and at its best."""
    given = [
        (each["points"], got)
        for each, got in zip(ruleset["criterion"], verdicts, strict=True)
        if each["kind"] == "points"
    ]
    worst = sum(value for value, got in given if got in ("met", "not_applicable"))
    return worst, worst + sum(value for value, got in given if got == "not_proven")
