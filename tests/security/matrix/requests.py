"""A request for every route that gets past its form, so that what refuses is the permission."""

import json
from typing import Any

from services.orgs.register.enterprises.rules import demonstration_credit_code
from services.orgs.register.people.rules import demonstration_id_number
from shared.ids import new_id
from tests.security.matrix.world import BORN, ON, World

Body = dict[str, Any]


def body_of(world: World, method: str, route: str) -> bytes | None:
    """The body as JSON; None where there is none."""
    if method not in {"POST", "PUT", "PATCH"}:
        return None
    if route == "/v1/imports":
        return world.workbook
    made = bodies_of(world).get((method, route), {})
    return json.dumps(made).encode()


def query_of(world: World, route: str) -> dict[str, str]:
    east = world.objects["org_id"]
    return {
        "/v1/imports": {"organisation": east, "filename": "x.xlsx"},
        "/v1/rulebook/values": {"organisation": east, "prefix": "transfer."},
        "/v1/rulebook/overrides": {"organisation": east},
        "/v1/terms": {"org": east},
        "/v1/grants": {"account_id": world.objects["account_id"]},
        "/v1/accounts/contacts": {"ids": world.objects["account_id"]},
    }.get(route, {})


def bodies_of(world: World) -> dict[tuple[str, str], Body]:
    return _registers(world) | _effects(world) | _of_access(world) | _of_cases(world)


def _registers(world: World) -> dict[tuple[str, str], Body]:
    east, person = world.objects["org_id"], world.objects["person_id"]
    serial = new_id().int % 9_000_000
    because = {"reason": "更正示例"}
    place = {"org_id": east, **because}
    return {
        ("POST", "/v1/organisations"): {
            "code": new_id().hex[-12:], "name": "示例支部", "kind": "branch", "parent_id": east,
            **because,
        },
        ("PATCH", "/v1/organisations/{org_id}"): {"phone": "100-0001", **because},
        ("POST", "/v1/enterprises"): {
            "credit_code": demonstration_credit_code(serial), "name": "示例", "org_id": east,
        },
        ("PATCH", "/v1/enterprises/{enterprise_id}"): {"staff_count": 3, **because},
        ("POST", "/v1/people"): {"name": "示例", "home_org_id": east},
        ("PATCH", "/v1/people/{person_id}"): {"name": "示例对象", **because},
        ("POST", "/v1/people/{person_id}/reveals"): {"field": "id_number", "reason": "核对身份证"},
        ("POST", "/v1/members"): {
            "person_id": person, "standing": "full", "joined_on": ON, "full_on": ON, **place,
        },
        ("POST", "/v1/members/searches"): {
            "id_number": demonstration_id_number(BORN, 901)
        },
        ("PATCH", "/v1/members/{member_id}"): {"dues_paid_to": "2026-01-01", **because},
        ("POST", "/v1/members/{member_id}/participations"): {
            "org_id": world.objects["other_id"], "on": ON,
        },
        ("POST", "/v1/members/{member_id}/participation-ends"): {
            "org_id": world.objects["other_id"], "on": ON,
        },
        ("POST", "/v1/posts"): {"person_id": person, "post": "deputy_secretary", "held_from": ON,
                                **place},
        ("POST", "/v1/posts/{post_id}/ends"): {"on": ON, **because},
        ("POST", "/v1/terms"): {"term_from": ON, "term_to": "2028-01-01", **place},
        ("POST", "/v1/rulebook/overrides"): {
            "org_id": east, "key": "transfer.receipt", "value": "5", "basis": "示例",
            "valid_from": ON,
        },
        ("PATCH", "/v1/rulebook/overrides/{override_id}"): {"value": "6"},
        ("POST", "/v1/calendar/{year}"): {"year": 2026, "off": [], "worked": [], "source": "示例"},
        ("PUT", "/v1/imports/{import_id}/headings"): {"kind": "members", "headings": {}},
        ("POST", "/v1/imports/{import_id}/confirmation"): {"mode": "good"},
    }  # fmt: skip


def _effects(world: World) -> dict[tuple[str, str], Body]:
    case = {"case_id": str(new_id()), "on": ON}
    other = world.objects["other_id"]
    letter = "/v1/letters/{letter_id}"
    member = "/v1/members/{member_id}"
    org = "/v1/organisations/{org_id}"
    return {
        ("POST", "/v1/letters"): {
            "case_id": case["case_id"], "from_org_id": world.objects["org_id"],
            "to_org_id": other, "member_ids": [world.objects["member_id"]], "issued_on": ON,
            "valid_until": "2026-05-31",
        },
        ("POST", f"{letter}/voids"): case | {"reason": "lost"},
        ("POST", f"{letter}/acceptances"): case,
        ("POST", f"{letter}/receipts"): case | {"serial": "x"},
        ("POST", f"{member}/transits"): case | {"to_org_id": other},
        ("POST", f"{member}/transit-ends"): case | {"reason": "withdrawn"},
        ("POST", f"{member}/moves"): case | {"to_org_id": other},
        ("POST", f"{member}/departures"): case | {"to_org_id": other},
        ("POST", f"{org}/states"): case | {"state": "dissolving"},
        ("POST", f"{org}/affiliations"): case | {"parent_id": other},
        ("POST", f"{org}/direct-contacts"): case | {"superior_id": other},
        ("PUT", "/v1/enterprises/{enterprise_id}/covering"): case | {"covering_org_id": None},
    }  # fmt: skip


def _of_access(world: World) -> dict[tuple[str, str], Body]:
    east, account = world.objects["org_id"], world.objects["account_id"]
    return {
        ("POST", "/v1/accounts"): {"org_id": east, "login": f"n{new_id().hex[-12:]}", "name": "例"},
        ("POST", "/v1/accounts/{account_id}/reset"): {},
        ("POST", "/v1/accounts/me/password"): {"old_password": "x", "new_password": "x"},
        ("POST", "/v1/accounts/me/second-factor/confirm"): {"code": "000000"},
        ("POST", "/v1/clients"): {"org_id": east, "name": "例", "scopes": ["cases:read"]},
        ("POST", "/v1/grants"): {"account_id": account, "role": "instructor", "org_id": east},
    }


def _of_cases(world: World) -> dict[tuple[str, str], Body]:
    request = {
        "member_ids": [world.objects["member_id"]], "to_org_id": world.objects["other_id"],
        "ground": "changed_unit", "applied_on": ON,
    }  # fmt: skip
    decision = {"choice": "sent", "form": {"sent_on": ON}}
    told = {
        "dedupe_key": str(new_id()), "template": "task-opened",
        "to": {"account_id": world.objects["account_id"]},
    }  # fmt: skip
    return {
        ("POST", "/v1/cases"): {"process": "transfer_member", "request": request},
        ("POST", "/v1/processes/{key}/check"): request,
        ("POST", "/v1/cases/{case_id}/withdrawals"): {"reason": "示例"},
        ("POST", "/v1/cases/{case_id}/repairs"): {"reason": "示例"},
        ("POST", "/v1/tasks/{task_id}/check"): decision,
        ("POST", "/v1/tasks/{task_id}/decisions"): decision | {"on": "2099-01-01"},
        ("POST", "/v1/delegations"): {
            "to_account": world.objects["account_id"], "role": "committee",
            "org_id": world.objects["org_id"], "valid_from": ON, "valid_to": "2099-01-01",
        },
        ("POST", "/v1/codec/decode"): {"payloads": []},
        ("POST", "/v1/messages"): {"messages": [told]},
        ("POST", "/v1/inbox/read-all"): {},
    }  # fmt: skip
