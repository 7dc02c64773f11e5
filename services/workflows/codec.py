"""Payload encryption: AES-GCM with the key's id beside the ciphertext; failures encoded too."""

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
)

ENCODING = b"binary/encrypted"
NONCE = 12


class Encryption(PayloadCodec):
    """The first key encrypts; every known key decrypts, so that keys can rotate."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._current = next(iter(keys))
        self._keys = {name: AESGCM(base64.b64decode(key)) for name, key in keys.items()}

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        nonce = os.urandom(NONCE)
        name = self._current.encode()
        data = nonce + self._keys[self._current].encrypt(nonce, payload.SerializeToString(), name)
        return Payload(metadata={"encoding": ENCODING, "key-id": name}, data=data)

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        name = payload.metadata["key-id"]
        cipher = self._keys[name.decode()]
        plain = cipher.decrypt(payload.data[:NONCE], payload.data[NONCE:], name)
        return Payload.FromString(plain)


def converter(keys: Mapping[str, str]) -> DataConverter:
    return replace(
        pydantic_data_converter,
        payload_codec=Encryption(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
