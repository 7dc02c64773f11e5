"""`python -m deploy.docker.make_env`: .env for docker-compose.yml, from .env.example, once."""

import os
import sys
import tempfile
from pathlib import Path

from deploy.local.paths import REPOSITORY
from deploy.local.secrets import Secrets

OPTIONAL = ("SMTP_",)


def fresh(name: str, made: Secrets) -> str:
    """A new secret for an empty setting; quoted where the value has quotes or line ends."""
    kind = name.removeprefix("DANGJIAN_")
    if kind == "SIGNING_KEY":
        return '"' + made.signing_key_file().read_text().replace("\n", "\\n") + '"'
    if kind.endswith("_KEYS"):
        return f"'{made.keyring(kind)}'"
    if kind.endswith("_KEY"):
        return made.key(kind)
    return made.password(kind)


def filled(example: str, made: Secrets) -> str:
    """The example with every empty place filled, except those that may stay empty."""
    lines: list[str] = []
    for line in example.splitlines():
        name, equals, value = line.partition("=")
        empty = bool(equals) and not value and not name.startswith("#")
        wanted = empty and not any(part in name for part in OPTIONAL)
        lines.append(f"{name}={fresh(name, made)}" if wanted else line)
    return "\n".join(lines) + "\n"


def main() -> int:
    target = REPOSITORY / ".env"
    with tempfile.TemporaryDirectory() as folder:
        text = filled((REPOSITORY / ".env.example").read_text(), Secrets(Path(folder)))
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.stderr.write(".env exists and is left alone: its keys open what is stored\n")
        return 1
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
    sys.stdout.write("wrote .env; keep a copy of it apart from the backups of the database\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
