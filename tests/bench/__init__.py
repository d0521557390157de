"""How fast the software is, as ratios in one run on one machine: `python -m tests.bench`. Never part of the tests."""
