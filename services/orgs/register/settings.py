"""The service's settings and key store as dependencies of this group's routes."""

from typing import Annotated

from fastapi import Depends, Request

from services.orgs.register.people.keystore import Keystore
from services.orgs.settings import OrgsSettings


async def _settings(request: Request) -> OrgsSettings:
    return request.app.state.settings


async def _keystore(request: Request) -> Keystore:
    return request.app.state.keystore


SettingsDep = Annotated[OrgsSettings, Depends(_settings)]
KeystoreDep = Annotated[Keystore, Depends(_keystore)]
