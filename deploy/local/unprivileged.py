"""Which account runs Postgres when root starts the suite, and what it can reach."""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from deploy.local.failure import LocalFailure
from deploy.local.paths import REPOSITORY

SYSTEM_FOLDER = Path("/var/lib/dangjian")


@dataclass(frozen=True)
class Account:
    """An account that Postgres accepts; it refuses to run as root."""

    uid: int
    gid: int


def account() -> Account | None:
    """None for a normal user; for root the checkout's owner, else `nobody`."""
    if os.geteuid() != 0:
        return None
    owner = REPOSITORY.stat()
    if owner.st_uid != 0 and _is_known(owner.st_uid):
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as missing:
        raise LocalFailure(
            "Postgres refuses to run as root and this system has no user 'nobody': "
            "run make as a normal user"
        ) from missing
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable(path: Path, who: Account | None) -> bool:
    """Whether the account may walk down to the folder."""
    if who is None:
        return True
    path = path.resolve()
    return all(_may_enter(folder, who) for folder in (path, *path.parents) if folder.exists())


def data_folder(wanted: Path, who: Account | None) -> Path:
    """The folder itself or, where the account can't reach it, one under /var/lib/dangjian.

    A link stands at the wanted place then, so that `make reset` and people find the data.
    """
    if wanted.is_symlink():
        return wanted.resolve()
    if who is None or reachable(wanted.parent, who):
        return wanted
    name = hashlib.sha256(str(wanted).encode()).hexdigest()[:16]
    target = SYSTEM_FOLDER / "data" / name
    target.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    wanted.symlink_to(target)
    return target


def reachable_copy(source: Path, parts: list[Path], version: str, who: Account | None) -> Path:
    """The folder itself or, where the account can't reach it, a copy of those parts made once."""
    if all(reachable(source / part, who) for part in parts if (source / part).exists()):
        return source
    target = SYSTEM_FOLDER / "programs" / version
    if not target.exists():
        half = target.with_name(f"{version}.{os.getpid()}")
        for part in parts:
            if (source / part).exists():
                shutil.copytree(source / part, half / part, symlinks=True)
        _publish(half, target)
    return target


def give(folder: Path, who: Account | None) -> None:
    """Make the folder if need be and hand it to the account, closed to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if who is not None:
        os.chown(folder, who.uid, who.gid)


def _is_known(uid: int) -> bool:
    """initdb wants a name for the account; a mounted checkout may belong to a bare number."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _publish(half: Path, target: Path) -> None:
    try:
        half.rename(target)
    except OSError:
        shutil.rmtree(half)


def _may_enter(folder: Path, who: Account) -> bool:
    status = folder.stat()
    if status.st_uid == who.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == who.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
