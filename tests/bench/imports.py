"""An office's workbook of members, with all business checks, against reading it and a bare COPY."""

import io
import time
from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
from python_calamine import CalamineWorkbook

from deploy.local.login import log_in
from deploy.local.suite import Suite
from services.orgs.exchange.imports.columns import Kind
from shared.ids import new_id
from tests.bench.report import Report
from tests.e2e.people import until
from tests.orgs.exchange import workbooks
from tests.village import PASSWORD, Village

ROWS = 10_000


def workbook() -> bytes:
    born = [date(1950, 1, 1) + timedelta(days=n % 15_000) for n in range(ROWS)]
    numbers = [workbooks.id_number(n + 100_000, born[n]) for n in range(ROWS)]
    rows = [workbooks.member(n, "T-west-2", id_number=number) for n, number in enumerate(numbers)]
    return workbooks.xlsx(
        {workbooks.SHEETS[Kind.MEMBERS]: [workbooks.headings(Kind.MEMBERS), *rows]}
    )


async def measure(suite: Suite, village: Village, report: Report) -> None:
    content = workbook()
    bare = await _floor(suite, content)
    tokens = await log_in(suite.url("orgs"), "committee-west", PASSWORD)
    http = httpx.AsyncClient(base_url=suite.url("orgs"), headers=tokens.headers, timeout=60)
    begun = time.perf_counter()
    params = {
        "organisation": str(village.orgs["west"]), "filename": "members.xlsx", "kind": "members",
    }  # fmt: skip
    made = await http.post("/v1/imports", params=params, content=content)
    assert made.status_code in {200, 201, 202}, made.text
    found = made.json()["id"]
    await _reaches(http, found, "checked")
    checked = time.perf_counter() - begun
    await http.post(
        f"/v1/imports/{found}/confirmation",
        json={"mode": "all"},
        headers={"Idempotency-Key": str(new_id())},
    )
    await _reaches(http, found, "applied")
    whole = time.perf_counter() - begun
    await http.aclose()
    report.row(
        f"import of {ROWS} members, checked and applied",
        f"{ROWS / whole:.0f} rows/s (checked after {checked:.1f} s)",
        f"calamine and COPY alone: {ROWS / bare:.0f} rows/s",
        f"{bare / whole:.2f}",
    )


async def _reaches(http: httpx.AsyncClient, found: str, state: str) -> None:
    async def there() -> bool:
        answer: dict[str, Any] = (await http.get(f"/v1/imports/{found}")).json()
        assert answer["state"] != "failed", answer
        return answer["state"] == state

    await until(there, seconds=200)


async def _floor(suite: Suite, content: bytes) -> float:
    begun = time.perf_counter()
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    rows = [tuple(str(cell) for cell in row) for row in sheet.to_python()]
    owner = suite.env["DANGJIAN_ORGS_OWNER_URL"].replace("+asyncpg", "")
    connection: Any = await asyncpg.connect(owner)  # pyright: ignore[reportUnknownVariableType]
    columns = [f"c{n}" for n in range(len(rows[0]))]
    await connection.execute(f"create temp table bare ({', '.join(c + ' text' for c in columns)})")
    await connection.copy_records_to_table("bare", records=rows, columns=columns)
    await connection.close()
    return time.perf_counter() - begun
