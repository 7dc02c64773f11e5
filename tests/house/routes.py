"""The routes that a service really serves, from its routers."""

from fastapi import APIRouter
from fastapi.routing import APIRoute

from services.workflows.app import ROUTERS


def routes_of(service: str) -> set[tuple[str, str]]:
    assert service == "workflows"
    return {pair for router in ROUTERS for pair in _pairs(router)}


def _pairs(router: APIRouter) -> set[tuple[str, str]]:
    return {
        (method, route.path_format)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
