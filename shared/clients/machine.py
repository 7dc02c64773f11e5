"""An HTTP client that carries this service's own machine identity."""

import httpx

from shared.clients.tokens import ClientCredentials

TIMEOUT = httpx.Timeout(10, connect=2)


def http_of(url: str, *, issuer: str, client_id: str, secret: str) -> httpx.AsyncClient:
    auth = ClientCredentials(issuer=issuer, client_id=client_id, secret=secret)
    return httpx.AsyncClient(base_url=url, auth=auth, timeout=TIMEOUT)
