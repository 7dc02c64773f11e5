"""Asks the register for addresses when sending; none is kept."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from shared.clients.http import Client
from shared.contracts.messages import Contact, Contacts


class ContactsClient(Client):
    async def of(self, accounts: Sequence[UUID]) -> Mapping[UUID, Contact]:
        """At most 100 accounts; whoever is unknown is left out. Errors: Unavailable."""
        params = {"ids": [str(account) for account in accounts]}
        found = await self._model(Contacts, "GET", "/v1/accounts/contacts", params=params)
        return {contact.account_id: contact for contact in found.items}
