"""Tokens that must not be accepted, by the issuer's own verifier and by the other services'."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm

from services.orgs.access.issuer.keys import KeyRing, LocalVerifier
from shared.auth import Verifier
from shared.clients.tokens import ClientCredentials
from shared.problems import Problem, Unauthenticated, Unavailable
from tests.orgs.access.conftest import ISSUER, House, pem

AUDIENCE = "dangjian"
Claims = dict[str, Any]


class Forge:
    """Someone who knows everything but the private key, and once had an old one."""

    def __init__(self, folder: Path) -> None:
        self.pem = pem()
        (folder / "key.pem").write_bytes(self.pem + pem())
        self.ring = KeyRing.load(str(folder / "key.pem"), issuer=ISSUER)
        self.kid = self.ring.jwks()["keys"][0]["kid"]
        self.own: Any = load_pem_private_key(self.pem, password=None)
        self.strange = ec.generate_private_key(ec.SECP256R1())
        self.rsa = rsa.generate_private_key(65537, 2048)

    def claims(self, **changes: Any) -> Claims:
        now = int(time.time())
        body = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": "x", "iat": now, "exp": now + 300,
            "kind": "service",
        } | changes  # fmt: skip
        return {name: value for name, value in body.items() if value is not None}

    def good(self, **changes: Any) -> str:
        return self.signed(self.own, "ES256", self.claims(**changes))

    def signed(self, key: Any, alg: str, claims: Claims | None = None, **header: Any) -> str:
        headers = {"kid": self.kid} | header
        return jwt.encode(claims or self.claims(), key, alg, headers=headers)

    def by_hand(self, header: Claims, sign: Callable[[bytes], bytes]) -> str:
        """For what the library would refuse to make."""
        parts = b".".join(
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
            for part in (header, self.claims())
        )
        return (parts + b"." + base64.urlsafe_b64encode(sign(parts)).rstrip(b"=")).decode()

    def public_pem(self) -> bytes:
        return self.own.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def corpus(self) -> dict[str, str]:
        with_mac = self.by_hand(
            {"alg": "HS256", "kid": self.kid},
            lambda body: hmac.new(self.public_pem(), body, hashlib.sha256).digest(),
        )
        jwk = {"jwk": json.loads(ECAlgorithm.to_jwk(self.strange.public_key()))}
        header, body, signature = self.good().split(".")
        now = int(time.time())
        return {
            "none": self.by_hand({"alg": "none", "kid": self.kid}, lambda _: b""),
            "None": self.by_hand({"alg": "nOnE", "kid": self.kid}, lambda _: b""),
            "no alg": self.by_hand({"kid": self.kid}, lambda _: b""),
            "HS256 with the public key": with_mac,
            "RS256 under our kid": self.signed(self.rsa, "RS256"),
            "ES384": self.signed(ec.generate_private_key(ec.SECP384R1()), "ES384"),
            "strange key": self.signed(self.strange, "ES256"),
            "unknown kid": self.signed(self.strange, "ES256", kid="unknown"),
            "kid is a path": self.signed(self.strange, "ES256", kid="../../dev/null"),
            "key in the header": self.signed(self.strange, "ES256", **jwk),
            "key by address": self.signed(self.strange, "ES256", jku="http://evil.example/jwks"),
            "unknown crit": self.signed(self.own, "ES256", crit=["exp2"], exp2=1),
            "wrong aud": self.good(aud="other"),
            "no aud": self.good(aud=None),
            "id_token": self.good(aud="demo"),
            "wrong iss": self.good(iss="http://evil.example"),
            "no iss": self.good(iss=None),
            "expired": self.good(exp=now - 60),
            "no exp": self.good(exp=None),
            "from the future": self.good(iat=now + 600),
            "not yet": self.good(nbf=now + 600),
            "no sub": self.good(sub=None),
            "cut signature": f"{header}.{body}.{signature[:-8]}",
            "no signature": f"{header}.{body}.",
            "other body": f"{header}.{self.good(sub='admin').split('.')[1]}.{signature}",
            "not a token": "a.b.c",
            "empty": "",
            "very long": "a" * 20000,
        }


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path)


def remote(forge: Forge) -> Verifier:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=forge.ring.jwks())

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return Verifier(issuer=ISSUER, audience=AUDIENCE, http=http)


async def accepted(verifier: Verifier, corpus: dict[str, str]) -> list[str]:
    found: list[str] = []
    for name, token in corpus.items():
        try:
            await verifier.principal(token)
        except Unauthenticated:
            continue
        except Problem as problem:
            found.append(f"{name}: {problem.code}")
        except Exception as error:  # noqa: BLE001
            found.append(f"{name}: {type(error).__name__}")
        else:
            found.append(name)
    return found


async def test_the_issuer_accepts_its_own_token_and_nothing_of_the_corpus(forge: Forge) -> None:
    verifier = LocalVerifier(forge.ring, audience=AUDIENCE)
    assert (await verifier.principal(forge.good())).kind == "service"
    assert await accepted(verifier, forge.corpus()) == []
    await verifier.close()


async def test_the_other_services_accept_nothing_of_the_corpus(forge: Forge) -> None:
    verifier = remote(forge)
    assert (await verifier.principal(forge.good())).kind == "service"
    assert await accepted(verifier, forge.corpus()) == []
    await verifier.close()


async def test_what_an_older_key_signed_counts_until_the_key_is_removed(tmp_path: Path) -> None:
    old, new = pem(), pem()
    file = tmp_path / "key.pem"
    file.write_bytes(old)
    token = KeyRing.load(str(file), issuer=ISSUER).sign(AUDIENCE, "x", kind="service")
    file.write_bytes(new + old)
    rotated = KeyRing.load(str(file), issuer=ISSUER)
    verifier = LocalVerifier(rotated, audience=AUDIENCE)
    assert (await verifier.principal(token)).account_id == "x"
    fresh = rotated.sign(AUDIENCE, "x", kind="service")
    assert jwt.get_unverified_header(fresh)["kid"] != jwt.get_unverified_header(token)["kid"]
    file.write_bytes(new)
    without = LocalVerifier(KeyRing.load(str(file), issuer=ISSUER), audience=AUDIENCE)
    with pytest.raises(Unauthenticated):
        await without.principal(token)
    await verifier.close()
    await without.close()


async def test_nothing_of_the_corpus_passes_the_api(house: House, forge: Forge) -> None:
    statuses = {
        name: (await house.get("/v1/accounts/me", {"Authorization": f"Bearer {token}"})).status
        for name, token in forge.corpus().items()
    }
    assert set(statuses.values()) == {401}, statuses


async def test_a_service_token_is_fetched_once_for_many_and_again_after_a_refusal() -> None:
    fetched = 0
    refuse = {"t1"}

    def issuer(_: httpx.Request) -> httpx.Response:
        nonlocal fetched
        fetched += 1
        return httpx.Response(200, json={"access_token": f"t{fetched}", "expires_in": 300})

    def service(request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        return httpx.Response(401 if token in refuse else 200)

    auth = ClientCredentials(
        issuer=ISSUER, client_id="workflows", secret="s",  # noqa: S106
        http=httpx.AsyncClient(transport=httpx.MockTransport(issuer)),
    )  # fmt: skip
    transport = httpx.MockTransport(service)
    async with httpx.AsyncClient(auth=auth, transport=transport, base_url="http://orgs") as http:
        assert {(await http.get("/")).status_code for _ in range(5)} == {200}
        assert fetched == 2
        refuse.add("t2")
        assert (await http.get("/")).status_code == 200
        assert fetched == 3
    await auth.close()


async def test_an_issuer_that_is_away_is_a_503_and_not_a_401() -> None:
    away = httpx.MockTransport(lambda _: httpx.Response(500))
    auth = ClientCredentials(
        issuer=ISSUER, client_id="x", secret="s",  # noqa: S106
        http=httpx.AsyncClient(transport=away),
    )  # fmt: skip
    with pytest.raises(Unavailable):
        await auth.token()
    await auth.close()
