"""Roles and schemas: each service owns its own, the app role owns nothing and sees no other."""

from pathlib import Path

import pytest

from deploy.local.databases import SERVICES, create_databases
from deploy.local.failure import LocalFailure
from deploy.local.postgres import Server
from deploy.local.secrets import ROLES
from tests.databases import DatabaseSet, SharedServer


def as_role(made: DatabaseSet, server: SharedServer, role: str) -> Server:
    return Server(made.server.host, made.server.port, role, server.secrets.password(role))


def test_no_role_is_more_than_it_needs(postgres: DatabaseSet) -> None:
    listed = ", ".join(f"'{role}'" for role in ROLES)
    powers = "rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication"
    query = f"SELECT count(*) FROM pg_roles WHERE rolname IN ({listed}) AND NOT ({powers})"  # noqa: S608
    assert postgres.server.run(query) == str(len(ROLES))


@pytest.mark.parametrize("service", SERVICES)
def test_the_app_role_writes_what_the_owner_made(
    fresh_postgres: DatabaseSet, postgres_server: SharedServer, service: str
) -> None:
    owner = as_role(fresh_postgres, postgres_server, f"{service}_owner")
    app = as_role(fresh_postgres, postgres_server, f"{service}_app")
    main = fresh_postgres.names.main
    owner.run("CREATE TABLE zz (id serial PRIMARY KEY, n int)", main)
    app.run("INSERT INTO zz (n) VALUES (1); UPDATE zz SET n = 2; DELETE FROM zz", main)
    with pytest.raises(LocalFailure, match="permission denied for schema"):
        app.run("CREATE TABLE forbidden (n int)", main)
    with pytest.raises(LocalFailure, match="must be owner"):
        app.run("DROP TABLE zz", main)
    other = next(name for name in SERVICES if name != service)
    with pytest.raises(LocalFailure, match="permission denied for schema"):
        app.run(f"CREATE TABLE {other}.zz (n int)", main)
    with pytest.raises(LocalFailure, match="permission denied for database"):
        app.run("SELECT 1", fresh_postgres.names.keys)


def test_creating_them_again_changes_nothing(
    fresh_postgres: DatabaseSet, postgres_server: SharedServer
) -> None:
    main = fresh_postgres.names.main
    owner = as_role(fresh_postgres, postgres_server, "orgs_owner")
    owner.run("CREATE TABLE zz (n int); INSERT INTO zz VALUES (1)", main)
    create_databases(fresh_postgres.server, fresh_postgres.names)
    assert owner.run("SELECT n FROM zz", main) == "1"


def test_parameters_never_reach_the_log(postgres: DatabaseSet) -> None:
    for name in ("log_parameter_max_length", "log_parameter_max_length_on_error"):
        assert postgres.server.run(f"SHOW {name}") == "0"


def test_secrets_are_made_once_and_closed_to_others(postgres_server: SharedServer) -> None:
    folder: Path = postgres_server.secrets.folder
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
