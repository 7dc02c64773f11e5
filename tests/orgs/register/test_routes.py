"""Every route of the register has its permission, and strangers get nothing."""

from itertools import product

from fastapi.routing import APIRoute

from services.orgs.register import routes
from shared.access import Role
from tests.orgs.register.office import Office
from tests.principals import grant

WITHOUT_PERSONS = (Role.OPERATOR, Role.SECURITY_ADMIN, Role.AUDITOR)


def test_every_route_has_exactly_one_entry() -> None:
    found = {
        (method, route.path_format)
        for router in routes.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert found == set(routes.PERMISSIONS)


async def test_roles_without_personal_data_read_none(office: Office) -> None:
    county = office.county
    made = await office.member(county.east_branch)
    paths = (
        "/v1/members", "/v1/people", "/v1/enterprises", "/v1/posts", "/v1/members/mine",
        f"/v1/members/{made['id']}", f"/v1/members/{made['id']}/facts",
        f"/v1/members/{made['id']}/history", f"/v1/people/{made['person_id']}",
    )  # fmt: skip
    for role, path in product(WITHOUT_PERSONS, paths):
        answer = await office.get(path, office.at(role, county.county))
        assert answer.status_code in (403, 404), (role, path)
    nobody = await office.client.get("/v1/members")
    assert nobody.status_code == 401


async def test_a_portal_needs_its_scope(office: Office) -> None:
    county = office.county.county
    given = grant(Role.MACHINE, county.id, county.path)
    without = office.callers.machine(given)
    reading = office.callers.machine(given, scopes=["members:read"])
    assert (await office.get("/v1/members", without)).status_code == 403
    assert (await office.get("/v1/members", reading)).status_code == 200
    assert (await office.send("POST", "/v1/people", {}, reading)).status_code == 403
