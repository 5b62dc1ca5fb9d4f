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
    """Return the file of secrets kept without a keyring; it is beside the file of accounts."""
    return _beside(accounts_file(), "secrets.toml")


def pending_file() -> Path:
    """Return the file that notes secrets in the keyring without an account; it holds no secret."""
    return _beside(accounts_file(), "pending.json")


def states_file() -> Path:
    """Return the file of the states of accounts."""
    if os.environ.get(VARIABLE):
        return _beside(accounts_file(), "states.json")
    return user_state_path("billnb", appauthor=False) / "states.json"


def service() -> str:
    """Return the service name of this user's secrets in the keyring.

    Each file of accounts has its own: two files may have accounts of the same name.

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
    """Return a file beside a file of accounts, of which several may share a folder."""
    return accounts.with_name(name if accounts.name == _FILE else f"{accounts.stem}-{name}")


__all__ = ["VARIABLE", "accounts_file", "pending_file", "secrets_file", "service", "states_file"]
