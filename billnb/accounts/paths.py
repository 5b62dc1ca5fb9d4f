"""The paths of accounts, secrets and states."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from platformdirs import user_config_path, user_state_path

VARIABLE = "BILLNB_CONFIG"
"""Another folder than the user's own; or a file, where it ends in ``.toml``."""

_FILE = "accounts.toml"


def accounts_file() -> Path:
    """Return the file that says which accounts there are.

    Examples
    --------
    >>> accounts_file().suffix
    '.toml'
    """
    given = os.environ.get(VARIABLE)
    if not given:
        return user_config_path("billnb", appauthor=False) / _FILE
    path = Path(given).expanduser().absolute()
    return path if path.suffix == ".toml" else path / _FILE


def secrets_file() -> Path:
    """Return the file of secrets, for those who want no keyring; it stands beside the accounts."""
    return _beside(accounts_file(), "secrets.toml")


def pending_file() -> Path:
    """Return the file of secrets that the keyring may hold without an account; it holds none."""
    return _beside(accounts_file(), "pending.json")


def states_file() -> Path:
    """Return the file of what was found out about accounts."""
    if os.environ.get(VARIABLE):
        return _beside(accounts_file(), "states.json")
    return user_state_path("billnb", appauthor=False) / "states.json"


def service() -> str:
    """Return what this user's secrets are filed under in the keyring.

    Another file of accounts has another name there: accounts of one name may be in both.

    Examples
    --------
    >>> service().partition(":")[0]
    'billnb'
    """
    if not os.environ.get(VARIABLE):
        return "billnb"
    place = str(accounts_file().resolve())
    return f"billnb:{hashlib.sha256(place.encode()).hexdigest()[:12]}"


def _beside(accounts: Path, name: str) -> Path:
    """Return a file that belongs to a file of accounts: several may share a folder."""
    return accounts.with_name(name if accounts.name == _FILE else f"{accounts.stem}-{name}")


__all__ = ["VARIABLE", "accounts_file", "pending_file", "secrets_file", "service", "states_file"]
