"""From what was typed to what is stored: checked, sealed, indexed, masked."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.orgs.register.people import rules
from services.orgs.register.people.vault import Vault
from services.orgs.register.refusals import naming
from services.orgs.register.search import spell_person


@dataclass(frozen=True)
class Typed:
    """The fields of a person that arrive in plain; None leaves a column empty."""

    name: str
    id_number: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Checks:
    """What checking needs besides the value."""

    today: date
    demo: bool


def checked(typed: Typed, checks: Checks) -> Typed:
    """Normalised, or a refusal that names the field. Errors: 422 with the rule's own code."""
    with naming("name"):
        name = rules.clean_name(typed.name)
    with naming("id_number"):
        number = typed.id_number and rules.check_id_number(
            typed.id_number, today=checks.today, demo=checks.demo
        )
    with naming("phone"):
        phone = typed.phone and rules.check_phone(typed.phone, demo=checks.demo)
    with naming("email"):
        email = typed.email and rules.check_email(typed.email)
    return Typed(name, number or None, phone or None, email or None)


def name_columns(name: str) -> dict[str, Any]:
    spelling = spell_person(name)
    return {"name": name, "pinyin": spelling.pinyin, "initials": spelling.initials}


def id_number_columns(vault: Vault, key: bytes, person: UUID, plain: str | None) -> dict[str, Any]:
    return {
        "id_number_sealed": vault.seal(key, person, "id_number", plain) if plain else None,
        "id_number_index": vault.index("id_number", plain) if plain else None,
        "id_number_masked": rules.mask_id_number(plain) if plain else None,
    }


def phone_columns(vault: Vault, key: bytes, person: UUID, plain: str | None) -> dict[str, Any]:
    return {
        "phone_sealed": vault.seal(key, person, "phone", plain) if plain else None,
        "phone_masked": rules.mask_phone(plain) if plain else None,
    }


def email_columns(vault: Vault, key: bytes, person: UUID, plain: str | None) -> dict[str, Any]:
    return {
        "email_sealed": vault.seal(key, person, "email", plain) if plain else None,
        "email_masked": rules.mask_email(plain) if plain else None,
    }


def columns(vault: Vault, key: bytes, person: UUID, typed: Typed) -> dict[str, Any]:
    """All columns of a checked person that depend on what was typed."""
    return {
        **name_columns(typed.name),
        **id_number_columns(vault, key, person, typed.id_number),
        **phone_columns(vault, key, person, typed.phone),
        **email_columns(vault, key, person, typed.email),
    }
