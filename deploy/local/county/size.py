"""How large a demonstration county is; the full one is a mean county (rules.md, section k)."""

from dataclasses import dataclass

FULL_ORGANISATIONS = 1900


@dataclass(frozen=True)
class Size:
    organisations: int = FULL_ORGANISATIONS
    members: int = 36_000
    enterprises: int = 3_500
    operating: int = 2_500
    """Really operating: the denominator of coverage."""
    transfers: int = 300
    external: int = 40
    """Committees elsewhere in the country that the directory knows."""

    def share(self, of_full: int) -> int:
        """That many of a full county's organisations, scaled; at least one."""
        return max(1, round(of_full * self.organisations / FULL_ORGANISATIONS))


FULL = Size()
SMALL = Size(
    organisations=220, members=2_600, enterprises=260, operating=190, transfers=0, external=6
)
"""For the rehearsal in which days pass, and for tests."""
