"""Enterprises through the API: codes, status with its date, coverage, rights at both ends."""

from typing import Any

import pytest

from shared.access import Role
from shared.ids import new_id
from tests.orgs.api import Node
from tests.orgs.register.office import Office, credit_code


async def entered(office: Office, at: Node, **more: Any) -> dict[str, Any]:
    body = {"credit_code": credit_code(), "name": "东风机械有限公司", "org_id": str(at.id)} | more
    answer = await office.send("POST", "/v1/enterprises", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_one_enterprise_is_one_row(office: Office) -> None:
    made = await entered(office, office.county.east)
    body = {
        "credit_code": made["credit_code"],
        "name": "重复",
        "org_id": str(office.county.west.id),
    }
    again = await office.send("POST", "/v1/enterprises", body)
    assert (again.status_code, again.json()["code"]) == (409, "credit-code-taken")


async def test_a_wrong_code_is_refused_with_rule_and_basis(office: Office) -> None:
    code = credit_code()
    wrong = code[:-2] + code[-1] + code[-2]
    body = {"credit_code": wrong, "name": "某公司", "org_id": str(office.county.east.id)}
    answer = await office.send("POST", "/v1/enterprises", body)
    if wrong != code:
        assert answer.json()["code"].startswith("credit-code-")
        assert "GB 32100" in answer.json()["basis"]
        assert wrong not in answer.text


async def test_a_status_has_the_date_since_when_it_holds(office: Office) -> None:
    made = await entered(office, office.county.east, status_on="2020-01-01")
    path = f"/v1/enterprises/{made['id']}"
    body = {"operating_status": "closed", "status_on": "2026-01-31", "reason": "已注销"}
    closed = await office.send("PATCH", path, body, If_Match='"1"')
    assert (closed.json()["operating_status"], closed.json()["status_on"]) == (
        "closed", "2026-01-31",
    )  # fmt: skip
    service = office.callers.service()
    covering = {"case_id": str(new_id()), "covering_org_id": str(office.county.east_branch.id),
                "on": "2026-02-01"}  # fmt: skip
    refused = await office.send("PUT", f"{path}/covering", covering, service)
    assert refused.json()["code"] == "enterprise-closed"


async def test_a_case_says_who_covers_it(office: Office) -> None:
    made = await entered(office, office.county.east)
    path = f"/v1/enterprises/{made['id']}"
    body = {"case_id": str(new_id()), "covering_org_id": str(office.county.east_branch.id),
            "on": "2026-02-01"}  # fmt: skip
    assert (await office.send("PUT", f"{path}/covering", body)).status_code == 403
    done = await office.send("PUT", f"{path}/covering", body, office.callers.service())
    assert done.status_code == 204
    rows = await office.get("/v1/enterprises", under=str(office.county.county.id), covered=True)
    assert [row["id"] for row in rows.json()["items"]] == [made["id"]]


async def test_another_responsible_organisation_needs_rights_at_both(office: Office) -> None:
    made = await entered(office, office.county.east)
    path = f"/v1/enterprises/{made['id']}"
    body = {"org_id": str(office.county.west.id), "reason": "迁址"}
    for node in (office.county.east, office.county.west):
        who = office.at(Role.COMMITTEE, node)
        refused = await office.send("PATCH", path, body, who, If_Match='"1"')
        assert refused.status_code in (403, 404)
    moved = await office.send("PATCH", path, body, If_Match='"1"')
    assert moved.json()["org_path"] == office.county.west.path


async def test_found_by_part_of_name_code_and_letters(office: Office) -> None:
    made = await entered(office, office.county.east, name="新昌县双喜轴承有限公司", staff_count=60)
    under = str(office.county.county.id)
    for q in ("双喜", "xcxsx", "xinchangxianshuangxi", made["credit_code"][:18]):
        rows = await office.get("/v1/enterprises", under=under, q=q, staff_from=50)
        assert [row["id"] for row in rows.json()["items"]] == [made["id"]], q


@pytest.mark.parametrize("q", ["Nova", "nova", "va轴", "双喜N", "双喜nova", "K2"])
async def test_letters_in_a_chinese_name_are_found_however_typed(office: Office, q: str) -> None:
    made = await entered(office, office.county.east, name="双喜Nova轴承K2有限公司")
    rows = await office.get("/v1/enterprises", under=str(office.county.east.id), q=q)
    assert [row["id"] for row in rows.json()["items"]] == [made["id"]]


async def test_other_subtrees_do_not_see_it(office: Office) -> None:
    made = await entered(office, office.county.east)
    west = office.at(Role.SECRETARY, office.county.west)
    assert (await office.get(f"/v1/enterprises/{made['id']}", west)).status_code == 404
    assert (await office.get("/v1/enterprises", west)).json()["items"] == []


async def test_unknown_fields_are_refused(office: Office) -> None:
    for extra in ("org_path", "version", "covering_org_id", "id"):
        body = {"credit_code": credit_code(), "name": "某公司",
                "org_id": str(office.county.east.id), extra: "0"}  # fmt: skip
        assert (await office.send("POST", "/v1/enterprises", body)).status_code == 422
