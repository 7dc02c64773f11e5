"""Generated secrets: the same at every reading, and rotated without losing the old key."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.local.environment import of
from deploy.local.secrets import Secrets


def test_a_secret_stays_the_same(tmp_path: Path) -> None:
    assert Secrets(tmp_path / "s").password("a") == Secrets(tmp_path / "s").password("a")
    assert Secrets(tmp_path / "s").password("a") != Secrets(tmp_path / "s").password("b")


def test_rotation_puts_a_new_key_in_front_and_keeps_the_old(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    before = json.loads(secrets.keyring("payload-keys"))
    assert secrets.rotate("payload-keys") == "k2"
    after = json.loads(secrets.keyring("payload-keys"))
    assert list(after) == ["k2", "k1"]
    assert after["k1"] == before["k1"]
    assert (tmp_path / "payload-keys.json").stat().st_mode & 0o777 == 0o600


def test_the_signing_key_is_a_private_key(tmp_path: Path) -> None:
    assert load_pem_private_key(Secrets(tmp_path).signing_key_file().read_bytes(), None)


def test_a_service_gets_no_one_elses_secrets() -> None:
    suite = {
        "DANGJIAN_ORGS_DATABASE_URL": "a",
        "DANGJIAN_ORGS_OWNER_URL": "b",
        "DANGJIAN_ORGS_URL": "c",
        "DANGJIAN_WORKFLOWS_CLIENT_SECRET": "d",
        "DANGJIAN_ISSUER": "e",
    }
    mine = {name: text for name, text in of(suite, "orgs").items() if name in suite}
    assert set(mine.values()) == {"a", "c", "e"}
    theirs = {name: text for name, text in of(suite, "workflows").items() if name in suite}
    assert set(theirs.values()) == {"c", "d", "e"}
