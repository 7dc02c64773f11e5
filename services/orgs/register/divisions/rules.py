"""Which division codes exist at the top; pure data."""

_SPANS = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
PROVINCES = frozenset(str(code) for first, last in _SPANS for code in range(first, last + 1))
"""The first two digits of division codes and identity numbers (GB/T 2260)."""
