"""The real divisions of one county, and counties elsewhere, from the register's own files."""

import os
from dataclasses import dataclass
from typing import Any

from deploy.local.failure import LocalFailure
from services.orgs.register.divisions.load import DATA, rows

SETTING = "DANGJIAN_COUNTY"
_COUNTY, _TOWNSHIP, _VILLAGE = 3, 4, 5
_ENDINGS = ("社区居民委员会", "社区居委会", "村民委员会", "村委会", "居民委员会", "居委会")
INVENTED_VILLAGES = 20


@dataclass(frozen=True)
class Village:
    code: str
    """Empty where the county's villages are not in the files and this one is invented."""
    name: str


@dataclass(frozen=True)
class Township:
    code: str
    name: str
    villages: tuple[Village, ...]


@dataclass(frozen=True)
class Places:
    """One county with its townships, and the names of counties elsewhere."""

    code: str
    name: str
    townships: tuple[Township, ...]
    elsewhere: tuple[tuple[str, str], ...]


def chosen() -> str:
    """The county of the setting, else the one whose villages are in the files."""
    if code := os.environ.get(SETTING):
        return code
    file = next(iter(sorted(DATA.glob("villages-*.csv.xz"))))
    return file.name.removeprefix("villages-").removesuffix(".csv.xz")


def read(code: str) -> Places:
    county: dict[str, Any] | None = None
    below: list[dict[str, Any]] = []
    elsewhere: list[tuple[str, str]] = []
    for row in rows():
        if row["code"] == code:
            county = row
        elif row["code"].startswith(code):
            below.append(row)
        elif row["level"] == _COUNTY and row["name"] != "市辖区":
            elsewhere.append((row["code"], row["full_name"]))
    if county is None or county["level"] != _COUNTY:
        raise LocalFailure(f"{SETTING}={code} is no county: give the six digits of its code")
    townships = [_township(row, below) for row in below if row["level"] == _TOWNSHIP]
    return Places(code, county["name"], tuple(townships), tuple(elsewhere))


def _township(row: dict[str, Any], below: list[dict[str, Any]]) -> Township:
    villages = [
        Village(v["code"], _short(v["name"]))
        for v in below
        if v["level"] == _VILLAGE and v["parent_code"] == row["code"]
    ]
    if not villages:
        villages = [Village("", f"示例{n}村") for n in range(1, INVENTED_VILLAGES + 1)]
    return Township(row["code"], row["name"], tuple(villages))


def _short(name: str) -> str:
    """临江社区居委会 → 临江社区, 大塘坑村委会 → 大塘坑村."""
    for ending in _ENDINGS:
        if name.endswith(ending):
            kept = "社区" if ending.startswith("社区") else "村" if ending.startswith("村") else ""
            return name.removesuffix(ending) + kept
    return name
