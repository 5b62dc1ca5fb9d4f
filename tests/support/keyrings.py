"""Keyrings that keep in memory, are locked, forget, or fail: backends like any other."""

from __future__ import annotations

import os
from pathlib import Path

import keyring.backend
import keyring.errors


class MemoryKeyring(keyring.backend.KeyringBackend):
    """Keeps as long as the process; `reads` says how often it was asked for a secret."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.reads = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.reads += 1
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("no such password")


class LockableKeyring(MemoryKeyring):
    """Can be locked; what it says then holds what it was given, as careless backends do."""

    locked = True

    def get_password(self, service: str, username: str) -> str | None:
        self._check("")
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check(password)
        super().set_password(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        self._check("")
        super().delete_password(service, username)

    def _check(self, given: str) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked(f"Failed to unlock the collection! {given}")


class FolderKeyring(keyring.backend.KeyringBackend):
    """Keeps for other processes too, in files of a folder."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        path = self._path(service, username)
        return path.read_text() if path.exists() else None

    def set_password(self, service: str, username: str, password: str) -> None:
        path = self._path(service, username)
        path.parent.mkdir(exist_ok=True)
        unfinished = path.parent.with_name(
            "unfinished"
        )  # elsewhere: a keyring is not what is killed
        unfinished.write_text(password)
        unfinished.replace(path)  # whole, as a keyring keeps

    def delete_password(self, service: str, username: str) -> None:
        self._path(service, username).unlink()

    def _path(self, service: str, username: str) -> Path:
        name = f"{service}-{username}".replace("/", "-")
        return Path(os.environ["KEYRING_FOLDER"], name)


class SwitchedKeyring(LockableKeyring):
    """Is locked while a file is there, for another process to lock it."""

    @property
    def locked(self) -> bool:  # type: ignore[override]
        return os.path.exists(os.environ["LOCKED_WHILE_THERE"])


class ForgetfulKeyring(MemoryKeyring):
    """Takes everything, and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class BrokenKeyring(MemoryKeyring):
    """Fails with an error of its own, after it has kept something."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password)
        raise ZeroDivisionError(f"cannot keep {password}")
