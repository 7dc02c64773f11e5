"""The environment of every service of one suite, from its ports, databases and secrets."""

import os
from collections.abc import Mapping

from deploy.local import databases
from deploy.local.databases import Databases
from deploy.local.paths import State
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import Server
from deploy.local.secrets import MACHINE_CLIENTS, Secrets
from deploy.local.temporal import NAMESPACE

APIS = ("orgs", "workflows", "notifications")


def suite_environment(
    state: State, ports: Ports, server: Server, names: Databases, secrets: Secrets
) -> dict[str, str]:
    """Every DANGJIAN_ setting; each process gets the part that concerns it from `of`."""
    return {
        **databases.urls(server, secrets, names),
        **_addresses(ports),
        **_keys(secrets),
        **_mail(ports),
        **_audit(state, secrets),
        "DANGJIAN_AUDIENCE": "dangjian",
        "DANGJIAN_DEMO": "true",
        "DANGJIAN_VAR": str(state.root),
        "DANGJIAN_WORKFLOWS_READY_FILE": str(state.worker_ready),
        "DANGJIAN_CLOCK_OFFSET_FILE": str(state.root / "clock-offset"),
    }


def of(suite: Mapping[str, str], *services: str) -> dict[str, str]:
    """The environment of a process that is part of those services, with no one else's secrets.

    Owners' addresses reach only `everything`, for who migrates and for tests.
    """
    return {**_outside(), **{name: text for name, text in suite.items() if _may(name, services)}}


def everything(suite: Mapping[str, str]) -> dict[str, str]:
    return {**_outside(), **suite}


def given(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The settings that a person passed to `make up`, such as a mail server of their own."""
    return {name: text for name, text in environment.items() if name.startswith("DANGJIAN_")}


def _outside() -> dict[str, str]:
    """This process's own environment, less settings that were meant for another suite."""
    own = {name: text for name, text in os.environ.items() if not name.startswith("DANGJIAN_")}
    return {**own, "PYTHONUNBUFFERED": "1"}


def _may(name: str, services: tuple[str, ...]) -> bool:
    owner = name.removeprefix("DANGJIAN_").split("_", 1)[0]
    if owner.lower() not in APIS or name in (f"DANGJIAN_{owner}_URL", f"DANGJIAN_{owner}_PORT"):
        return True
    return owner.lower() in services and not name.endswith("OWNER_URL")


def _addresses(ports: Ports) -> dict[str, str]:
    found = {
        "DANGJIAN_ISSUER": f"http://{HOST}:{ports.orgs}",
        "DANGJIAN_CONSOLE_URL": f"http://localhost:{ports.console}",
        "DANGJIAN_CONSOLE_PORT": str(ports.console),
        "DANGJIAN_MAIL_PORT": str(ports.mail),
        "DANGJIAN_POSTGRES_PORT": str(ports.postgres),
        "DANGJIAN_TEMPORAL_PORT": str(ports.temporal),
        "DANGJIAN_TEMPORAL_UI_PORT": str(ports.temporal_ui),
        "DANGJIAN_TEMPORAL_ADDRESS": f"{HOST}:{ports.temporal}",
        "DANGJIAN_TEMPORAL_NAMESPACE": NAMESPACE,
    }
    for name in APIS:
        found[f"DANGJIAN_{name.upper()}_URL"] = f"http://{HOST}:{ports.of(name)}"
        found[f"DANGJIAN_{name.upper()}_PORT"] = str(ports.of(name))
    return found


def _keys(secrets: Secrets) -> dict[str, str]:
    found = {
        "DANGJIAN_WORKFLOWS_PAYLOAD_KEYS": secrets.keyring("payload-keys"),
        "DANGJIAN_ORGS_MASTER_KEYS": secrets.keyring("master-keys"),
        "DANGJIAN_ORGS_INDEX_KEY": secrets.key("index"),
        "DANGJIAN_ORGS_SIGNING_KEY_FILE": str(secrets.signing_key_file()),
        "DANGJIAN_ORGS_SERVICE_CLIENTS": secrets.service_clients(),
    }
    for name in MACHINE_CLIENTS:
        found[f"DANGJIAN_{name.upper()}_CLIENT_ID"] = name
        found[f"DANGJIAN_{name.upper()}_CLIENT_SECRET"] = secrets.password(f"client-{name}")
    return found


def _mail(ports: Ports) -> dict[str, str]:
    return {
        "DANGJIAN_NOTIFICATIONS_SMTP_HOST": HOST,
        "DANGJIAN_NOTIFICATIONS_SMTP_PORT": str(ports.mail),
        "DANGJIAN_NOTIFICATIONS_SMTP_FROM": "dangjian@example.org",
        "DANGJIAN_NOTIFICATIONS_SMTP_TLS": "false",
    }


def _audit(state: State, secrets: Secrets) -> dict[str, str]:
    """The key of each audit chain and the file, outside the database, of its head."""
    found: dict[str, str] = {}
    for name in APIS:
        found[f"DANGJIAN_{name.upper()}_AUDIT_KEY"] = secrets.key(f"audit-{name}")
        found[f"DANGJIAN_{name.upper()}_AUDIT_ANCHOR"] = str(state.audit / f"{name}.anchor")
    return found
