"""One more office worker for a village, with an address and a telephone of their own."""

from services.orgs.access.accounts.passwords import hash_password
from services.orgs.access.bulk import LoadedAccount, load_accounts
from services.orgs.register import bulk
from services.orgs.register.bulk import LoadedPerson
from services.orgs.register.people.keystore import Keystore
from services.orgs.register.people.sealing import Typed
from services.orgs.register.people.vault import Vault
from shared.access import Role
from shared.database import engine, system_transaction
from tests.village import PASSWORD, SINCE, Village, settings_from


async def employ(
    env: dict[str, str], village: Village, login: str, typed: Typed, *, at: str, role: Role
) -> None:
    """The account is looked after by the organisation that the person works at."""
    with settings_from(env) as settings:
        on, keys_on = engine(settings.database_url), engine(settings.keys_url)
        keystore = Keystore(
            Vault(settings.master_keys, settings.index_key.get_secret_value()), keys_on
        )
    org = village.orgs[at]
    person = LoadedPerson(typed, org)
    account = LoadedAccount(
        login=login, name=typed.name, org_id=org, grants=[(role, org)], person_id=person.id
    )
    async with system_transaction(on) as session:
        await bulk.load_people(session, keystore, [person])
        await load_accounts(
            session, [account], password_hash=hash_password(PASSWORD), valid_from=SINCE
        )
    await on.dispose()
    await keys_on.dispose()
    village.accounts[login] = account.id
