"""A client as the issuer sees it, and the clients that every deployment has."""

import hmac
from dataclasses import dataclass

from services.orgs.access.shown_once import digest
from services.orgs.settings import OrgsSettings

CODE = "authorization_code"
REFRESH = "refresh_token"
CREDENTIALS = "client_credentials"
CONSOLE = "console"
DEMO = "demo"
DEMO_REDIRECT = "http://127.0.0.1/callback"


@dataclass(frozen=True)
class Client:
    """One party that may ask the issuer for tokens."""

    id: str
    name: str
    kind: str
    """machine, public or service."""
    secret_digest: str | None = None
    scopes: tuple[str, ...] = ()
    redirect_uris: tuple[str, ...] = ()
    logout_uris: tuple[str, ...] = ()
    grant_types: frozenset[str] = frozenset()

    def knows(self, secret: str) -> bool:
        """A public client has no secret to know and must not send one."""
        expected = self.secret_digest
        return expected is not None and hmac.compare_digest(expected, digest(secret))


def builtin(settings: OrgsSettings) -> dict[str, Client]:
    """The suite's own services, the console and, in demonstration mode, `demo`.

    The console faces browsers: it logs people in and never acts as a service itself.
    """
    secrets = settings.service_clients
    found = {name: _service(name, secret) for name, secret in secrets.items() if name != CONSOLE}
    console = settings.console_url.rstrip("/")
    found[CONSOLE] = Client(
        id=CONSOLE,
        name="党建工作台",
        kind="public",
        secret_digest=digest(secrets[CONSOLE]) if CONSOLE in secrets else None,
        redirect_uris=(f"{console}/auth/callback",),
        logout_uris=(console, f"{console}/"),
        grant_types=frozenset({CODE, REFRESH}),
    )
    if settings.demo:
        found[DEMO] = Client(
            id=DEMO,
            name="示例脚本",
            kind="public",
            redirect_uris=(DEMO_REDIRECT,),
            grant_types=frozenset({CODE, REFRESH}),
        )
    return found


def _service(name: str, secret: str) -> Client:
    may = frozenset({CREDENTIALS})
    return Client(id=name, name=name, kind="service", secret_digest=digest(secret), grant_types=may)
