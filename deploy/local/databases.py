"""The databases, schemas and roles that every service expects; running it again changes nothing."""

from dataclasses import dataclass

from deploy.local.postgres import Server
from deploy.local.secrets import ROLES, Secrets

SERVICES = ("orgs", "workflows", "notifications")
_ROLE = """
SELECT 'CREATE ROLE {role} LOGIN' WHERE NOT EXISTS
  (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec
ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION
  PASSWORD '{password}';
ALTER ROLE {role} SET search_path = {schema};
"""
_DATABASE = """
SELECT 'CREATE DATABASE {database}{template}' WHERE NOT EXISTS
  (SELECT FROM pg_database WHERE datname = '{database}') \\gexec
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {roles};
"""
_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS {schema};
ALTER SCHEMA {schema} OWNER TO {owner};
REVOKE ALL ON SCHEMA {schema} FROM PUBLIC;
GRANT USAGE ON SCHEMA {schema} TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}
  GRANT USAGE, SELECT ON SEQUENCES TO {app};
"""


@dataclass(frozen=True)
class Databases:
    """The pair of databases of one suite on a server; roles belong to the whole server."""

    main: str = "dangjian"
    keys: str = "dangjian_keys"

    @classmethod
    def named(cls, suffix: str) -> "Databases":
        return cls(f"dangjian_{suffix}", f"dangjian_keys_{suffix}")


def create_roles(server: Server, secrets: Secrets) -> None:
    """Every role with its generated password; an app role owns nothing and passes no RLS."""
    script = [
        _ROLE.format(role=role, password=secrets.password(role), schema=_schema(role))
        for role in ROLES
    ]
    server.run("REVOKE ALL ON DATABASE postgres FROM PUBLIC")
    server.run("SET log_statement = 'none';\nSET client_min_messages = warning;" + "".join(script))


def create_databases(
    server: Server, databases: Databases, template: Databases | None = None
) -> None:
    """The two databases, empty or as copies; grants on a database are not copied, so set again."""
    main_roles = ", ".join(role for role in ROLES if not role.startswith("keys_"))
    server.run(_database(databases.main, main_roles, template.main if template else ""))
    server.run(_database(databases.keys, "keys_owner, keys_app", template.keys if template else ""))
    schemas = "".join(
        _SCHEMA.format(schema=name, owner=f"{name}_owner", app=f"{name}_app") for name in SERVICES
    )
    quiet = "SET client_min_messages = warning;"
    server.run(f"{quiet}REVOKE ALL ON SCHEMA public FROM PUBLIC;{schemas}", databases.main)
    keys = _SCHEMA.format(schema="public", owner="keys_owner", app="keys_app")
    server.run(quiet + keys, databases.keys)


def drop_databases(server: Server, databases: Databases) -> None:
    """Remove a test's databases, closing what is still connected."""
    for name in (databases.main, databases.keys):
        server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def urls(server: Server, secrets: Secrets, databases: Databases) -> dict[str, str]:
    """The settings that carry a database's address, by their names."""
    found: dict[str, str] = {}
    for name in SERVICES:
        for kind, setting in (("app", "DATABASE_URL"), ("owner", "OWNER_URL")):
            role = f"{name}_{kind}"
            address = server.url(role, secrets.password(role), databases.main)
            found[f"DANGJIAN_{name.upper()}_{setting}"] = address
    for role, setting in (("keys_app", "KEYS_URL"), ("keys_owner", "KEYS_OWNER_URL")):
        address = server.url(role, secrets.password(role), databases.keys)
        found[f"DANGJIAN_ORGS_{setting}"] = address
    return found


def _schema(role: str) -> str:
    service = role.rsplit("_", 1)[0]
    return "public" if service == "keys" else service


def _database(name: str, roles: str, template: str) -> str:
    copied = f" TEMPLATE {template}" if template else ""
    return _DATABASE.format(database=name, roles=roles, template=copied)
