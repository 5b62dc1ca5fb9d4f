"""What accounts are described by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support import vendors
from support.vendors import Case

from billnb.accounts.config.configuration import ConfiguredAccount


def details(case: Case, url: str, key: str = vendors.KEY) -> dict[str, Any]:
    if case.name == "bytio":
        return {"api_key": key, "base_url": url}
    return {"token": key, "org_handle": vendors.ORGANIZATION, "base_url": url}


def write(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "accounts.toml"
    path.write_bytes(text.encode())
    return path


def named(name: str, **changed: Any) -> ConfiguredAccount:
    return ConfiguredAccount(name, **{"provider": "bytio", **changed})
