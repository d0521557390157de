import pytest

from reports.rules import Figure, bounds, holds, judge_area, judge_figure, missing


@pytest.mark.parametrize(
    ("figure", "comparator", "threshold", "verdict"),
    [
        (Figure(95, 100), ">=", "0.95", "met"),
        (Figure(949, 1000), ">=", "0.95", "not_met"),
        (Figure(19, 20), "=", "0.95", "met"),
        (Figure(20, 20), "=", "0.95", "not_met"),
        (Figure(1, 3), ">=", "0.3333333333", "met"),
        (Figure(1, 3), ">=", "0.3333333334", "not_met"),
        (Figure(5, 100), "<=", "0.05", "met"),
        (Figure(6, 100), "<=", "0.05", "not_met"),
        (Figure(0, 0), ">=", "0.95", "not_applicable"),
        (Figure(0), "=", "0", "met"),
        (Figure(1), "=", "0", "not_met"),
        (Figure(3), "<=", "3", "met"),
        (Figure(3), ">=", "4", "not_met"),
    ],
)
def test_a_criterion_is_judged_on_whole_numbers(figure, comparator, threshold, verdict):
    assert judge_figure(figure, comparator, threshold) == verdict


@pytest.mark.parametrize(
    ("worst", "best", "comparator", "threshold", "verdict"),
    [
        ((96, 100), (99, 100), ">=", "0.96", "met"),
        ((95, 100), (99, 100), ">=", "0.96", "not_proven"),
        ((90, 100), (95, 100), ">=", "0.96", "not_met"),
        ((90, 100), (96, 100), ">=", "0.96", "not_proven"),
        ((0, 5), (5, 5), ">=", "0.96", "not_proven"),
        ((0, 0), (0, 0), ">=", "0.96", "not_applicable"),
        ((2, 10), (4, 10), "<=", "0.4", "met"),
        ((2, 10), (5, 10), "<=", "0.4", "not_proven"),
        ((9, 10), (10, 10), "=", "1", "not_proven"),
        ((10, 10), (10, 10), "=", "1", "met"),
        ((8, 10), (10, 10), "=", "0.9", "not_met"),
    ],
)
def test_with_bounds_a_verdict_needs_both_ends(worst, best, comparator, threshold, verdict):
    figure = Figure(95, 98, worst, best)
    assert judge_figure(figure, comparator, threshold) == verdict


def test_nobody_known_but_somebody_unknown_is_not_proven():
    worst, best = bounds(0, 0, 0, 0, 4)
    assert judge_figure(Figure(0, 0, worst, best), ">=", "0.95") == "not_proven"


def test_the_bounds_count_stale_and_unknown_persons_either_way():
    assert bounds(numerator=812, denominator=850, stale_hits=6, stale_others=6, unknown=11) == ((806, 861), (829, 861))


def test_a_comparison_of_a_count_takes_the_threshold_as_it_is():
    assert holds(3, None, "<=", "3")
    assert not holds(3, None, ">=", "3.5")


@pytest.mark.parametrize(
    ("figure", "comparator", "threshold", "count"),
    [
        (Figure(93, 100), ">=", "0.96", 3),
        (Figure(96, 100), ">=", "0.96", 0),
        (Figure(28, 31), ">=", "0.95", 2),
        (Figure(99, 100), ">=", "0.96", 0),
        (Figure(0, 0), ">=", "0.96", 0),
        (Figure(5), "=", "0", 5),
        (Figure(5), "<=", "3", 2),
        (Figure(5), "<=", "5", 0),
        (Figure(1), ">=", "4", 3),
        (Figure(7, 100), "<=", "0.055", 2),
    ],
)
def test_what_is_missing_is_the_smallest_number_that_meets_the_criterion(figure, comparator, threshold, count):
    assert missing(figure, comparator, threshold) == count


MET, NOT_MET, NOT_PROVEN, NONE = "met", "not_met", "not_proven", "not_applicable"


@pytest.mark.parametrize(
    ("judged", "verdict"),
    [
        ([("required", None, MET), ("veto", None, MET)], MET),
        ([("required", None, NONE), ("veto", None, NONE)], MET),
        ([("required", None, NOT_PROVEN), ("veto", None, MET)], NOT_PROVEN),
        ([("required", None, NOT_PROVEN), ("veto", None, NOT_MET)], NOT_MET),
        ([("required", None, NOT_MET), ("required", None, NOT_PROVEN)], NOT_MET),
        ([("veto", None, NOT_PROVEN)], NOT_PROVEN),
        ([("points", 10, NOT_MET)], MET),
        ([], MET),
    ],
)
def test_an_area_without_points_is_judged_by_what_stands_in_its_way(judged, verdict):
    assert judge_area(judged, None, 10) == (verdict, None)


@pytest.mark.parametrize(
    ("judged", "verdict", "points"),
    [
        ([("points", 60, MET), ("points", 30, MET), ("points", 10, NOT_MET)], MET, 90),
        ([("points", 60, MET), ("points", 29, MET), ("points", 11, NOT_MET)], NOT_MET, 89),
        ([("points", 60, MET), ("points", 30, NOT_PROVEN)], NOT_PROVEN, 60),
        ([("points", 60, MET), ("points", 29, NOT_PROVEN)], NOT_MET, 60),
        ([("points", 90, MET), ("points", 10, NOT_PROVEN)], MET, 90),
        ([("points", 90, NONE)], MET, 90),
        ([("points", 90, MET), ("required", None, NOT_PROVEN)], NOT_PROVEN, 90),
        ([("points", 100, MET), ("veto", None, NOT_MET)], NOT_MET, 100),
        ([("points", 50, MET), ("required", None, NOT_PROVEN)], NOT_MET, 50),
    ],
)
def test_points_are_added_and_judged_at_their_worst_and_best(judged, verdict, points):
    assert judge_area(judged, 90, 10) == (verdict, points)


@pytest.mark.parametrize("own", [MET, NOT_MET, NOT_PROVEN, NONE])
def test_an_area_where_nobody_was_surveyed_is_not_proven(own):
    assert judge_area([("veto", None, own)], None, 0) == (NOT_PROVEN, None)
