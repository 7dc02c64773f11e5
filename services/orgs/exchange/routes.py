"""The routers of this group, who may call them, and what its constraints mean."""

from fastapi import APIRouter

from services.orgs.exchange.changes.router import router as changes
from services.orgs.exchange.due.router import router as due
from services.orgs.exchange.imports.router import router as imports
from services.orgs.exchange.imports.router import uploads
from shared.access import Role
from shared.permissions import Permission, roles, services_only
from shared.problems import Conflict, Problem

ROUTERS: list[APIRouter] = [changes, due, imports, uploads]
_IMPORTERS = roles(Role.COMMITTEE, Role.ORGANISER)
PERMISSIONS: dict[tuple[str, str], Permission] = {
    ("GET", "/v1/changes"): services_only(),
    ("GET", "/v1/due"): services_only(),
    ("GET", "/v1/imports/templates/{kind}.xlsx"): _IMPORTERS,
    # The file is told by its digest: the same one again is the same import.
    ("POST", "/v1/imports"): roles(Role.COMMITTEE, Role.ORGANISER, own_key=True),
    ("GET", "/v1/imports"): _IMPORTERS,
    ("GET", "/v1/imports/{import_id}"): _IMPORTERS,
    ("PUT", "/v1/imports/{import_id}/headings"): _IMPORTERS,
    ("GET", "/v1/imports/{import_id}/preview"): _IMPORTERS,
    ("GET", "/v1/imports/{import_id}/rows"): _IMPORTERS,
    ("GET", "/v1/imports/{import_id}/report.xlsx"): _IMPORTERS,
    ("POST", "/v1/imports/{import_id}/confirmation"): _IMPORTERS,
    ("POST", "/v1/imports/{import_id}/discard"): _IMPORTERS,
}
CONSTRAINTS: dict[str, Problem] = {
    "uq_imports_open": Conflict("import-open", "同一文件正在导入，请刷新后查看进度。"),
}
