"""A folder and a keyring for accounts."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest
from support.keyrings import MemoryKeyring


@pytest.fixture
def memory() -> MemoryKeyring:
    found = MemoryKeyring()
    keyring.set_keyring(found)
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"
