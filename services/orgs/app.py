"""The register as a web service."""

import base64

from fastapi import FastAPI

from services.orgs.access import routes as access
from services.orgs.exchange import routes as exchange
from services.orgs.letters import routes as letters
from services.orgs.metadata import IDEMPOTENCY
from services.orgs.register import routes as register
from services.orgs.rulebook import routes as rulebook
from services.orgs.settings import OrgsSettings
from shared.audit import sealer
from shared.service import Service, build

GROUPS = (access, exchange, letters, register, rulebook)


def create_app(settings: OrgsSettings) -> FastAPI:
    audit_key = base64.b64decode(settings.audit_key.get_secret_value())
    return build(
        Service(
            name="orgs",
            settings=settings,
            routers=[router for group in GROUPS for router in group.ROUTERS],
            permissions={
                route: permission
                for group in GROUPS
                for route, permission in group.PERMISSIONS.items()
            },
            load_grants=access.load_grants,
            idempotency_table=IDEMPOTENCY,
            constraints={
                name: problem for group in GROUPS for name, problem in group.CONSTRAINTS.items()
            },
            background=(sealer(audit_key, settings.audit_anchor),),
            prepare=access.prepare,
        )
    )
