"""Administrative divisions, by the codes of the National Bureau of Statistics (June 2023)."""

from shared.contracts.base import Contract


class Division(Contract):
    code: str
    name: str
    full_name: str
    """With its superiors: 浙江省绍兴市新昌县羽林街道."""
    level: int
    """1 province, 2 city, 3 county, 4 township, 5 village."""
    parent_code: str | None
