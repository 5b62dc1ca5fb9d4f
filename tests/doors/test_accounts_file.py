"""The file of accounts: found, read, changed and left alone."""

from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.accounts import details, named, write
from support.faulty import FaultyServer
from support.keyrings import MemoryKeyring
from support.vendors import Case

import billnb
from billnb import accounts, errors
from billnb.accounts import paths
from billnb.accounts.config import editing

pytestmark = pytest.mark.usefixtures("memory")


def test_the_places_are_the_users_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: Case, server: FaultyServer
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    accounts.add("production", case.name, store="file", **details(case, server.url))
    folder = tmp_path / "config" / "billnb"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("accounts.toml", "secrets.toml"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert json.loads((tmp_path / "state" / "billnb" / "states.json").read_text()).keys() == {
        "production"
    }


def test_another_file_has_secrets_and_states_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("work.toml", "home.toml"):
        monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / name))
        accounts.add("main", "bytio", api_key=name, store="file", verify=False)
    for name in ("work.toml", "home.toml"):
        monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / name))
        (account,) = accounts.configured()
        assert account.auth().secrets[0].reveal() == name


def test_a_link_is_followed_and_permissions_are_kept(folder: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text("# kept elsewhere\n")
    real.chmod(0o640)
    folder.mkdir()
    (folder / "accounts.toml").symlink_to(real)
    accounts.add("production", "bytio", api_key="k", verify=False)
    accounts.add("other", "bytio", api_key="k", store="file", verify=False)
    accounts.remove("production")
    assert (folder / "accounts.toml").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert real.read_text().startswith("# kept elsewhere\n")
    assert "[accounts.other]" in real.read_text()
    assert (folder / "secrets.toml").exists()
    assert not (tmp_path / "secrets.toml").exists()


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("[accounts.x]\nprovider = \n", 2, 12),
        ("[accounts.x]\nprovider = 's3cr3t", 2, 19),
        ("a = 1\na = 2\n", 2, 6),
        ("[accounts.x\n", 1, 12),
        ('x = "\n', 1, 6),
        ("x = [\n1,\n", 3, 1),
    ],
)
def test_a_broken_file_is_left_alone_and_says_where(
    folder: Path, text: str, line: int, column: int
) -> None:
    path = write(folder, text)
    for use in (
        accounts.list,
        accounts.names,
        billnb.load,
        lambda: billnb.load("x"),
        lambda: accounts.remove("x"),
        lambda: accounts.add("y", "bytio", api_key="k", verify=False),
    ):
        with pytest.raises(errors.ConfigurationError, match="correct the file") as caught:
            use()
        found = caught.value
        assert (found.path, found.line, found.column) == (str(path), line, column)
        assert f"{path}, line {line}, column {column}: " in str(found)
        assert "s3cr3t" not in str(found)
    assert path.read_bytes() == text.encode()


def test_what_is_no_utf8_says_where(folder: Path) -> None:
    folder.mkdir()
    (folder / "accounts.toml").write_bytes(b"# x\n# y \xff")
    with pytest.raises(errors.ConfigurationError, match=r"line 2, column 5: .*UTF-8"):
        accounts.list()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accounts = 1", "accounts: expected tables"),
        ("[[accounts]]\nx = 1", "accounts: expected tables"),
        ("accounts.production = 's3cr3t'", r"accounts\.production: expected a table"),
        ("[accounts.production]", r"accounts\.production\.provider: expected"),
        ("[accounts.production]\nprovider = 7", r"accounts\.production\.provider: expected"),
        ("[accounts.x]\nprovider='bytio'\nbase_url = 1", r"accounts\.x\.base_url: expected a text"),
        ("[accounts.x]\nprovider='bytio'\nbase_url = 'http://s3cr3t.y'", r"x\.base_url is http"),
        ("[accounts.x]\nprovider='bytio'\nurl = 's3cr3t'", r"accounts\.x\.url is unknown"),
        ("[accounts.x]\nprovider='bytio'\nkept = 's3cr3t'", r"accounts\.x\.kept: expected"),
        ("[accounts.x]\nprovider='bytio'\nkeeps = 's3cr3t'", r"accounts\.x\.keeps: expected"),
        ("[accounts.x]\nprovider='bytio'\nkeeps = ['s3 cr3t']", r"accounts\.x\.keeps: expected"),
        ("[accounts.x]\nprovider='bytio'\n[accounts.x.y]", r"accounts\.x\.y is unknown"),
        ("[accounts.'a/b']\nprovider='bytio'", "is not a valid account name"),
        ("[accounts.a-b]\nprovider='bytio'\n[accounts.a_b]\nprovider='bytio'", "would share"),
        (
            "[accounts.x]\nprovider='bytio'\napi_key = 's3cr3t'",
            r"accounts\.x\.api_key is a secret.* billnb accounts add x",
        ),
        (
            "[accounts.x]\nprovider='unpod'\ntoken = 's3cr3t'\norg_handle='o'",
            r"accounts\.x\.token is a secret.* billnb accounts add x",
        ),
    ],
)
def test_what_the_file_cannot_mean_names_the_key_and_never_the_value(
    folder: Path, text: str, said: str
) -> None:
    path = write(folder, text)
    with pytest.raises(errors.ConfigurationError, match=said) as caught:
        accounts.list()
    assert "s3cr3t" not in str(caught.value)
    assert str(path) in str(caught.value)
    with pytest.raises(errors.ConfigurationError, match=said):
        accounts.add("y", "bytio", api_key="k", store="file", verify=False)
    assert path.read_text() == text
    assert not (folder / "secrets.toml").exists()


def test_accounts_given_as_objects_need_no_file(
    case: Case, server: FaultyServer, folder: Path
) -> None:
    write(folder, "this is no TOML")
    assert len(billnb.load(case.account(server.url))) == 250


def test_a_file_written_in_a_way_that_has_no_place_is_left_alone(
    folder: Path, memory: MemoryKeyring
) -> None:
    text = "accounts = {x = {provider = 'bytio', kept = 'keyring'}}  # mine\n"
    path = write(folder, text)
    memory.kept[paths.service(), "x/api_key"] = "k"
    assert [one.name for one in accounts.list()] == ["x"]
    with pytest.raises(errors.ConfigurationError, match=r"\[accounts\.NAME\]"):
        accounts.add("y", "bytio", api_key="k", verify=False)
    with pytest.raises(errors.ConfigurationError, match=r"take accounts\.x out of it by hand"):
        accounts.remove("x")
    assert path.read_text() == text
    assert memory.kept == {(paths.service(), "x/api_key"): "k"}


def test_a_folder_that_cannot_be_written_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, memory: MemoryKeyring
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / "file" / "folder"))
    with pytest.raises(errors.StorageError, match=r"cannot (read|write)"):
        accounts.add("production", "bytio", api_key="k", verify=False)
    assert memory.kept == {}


def test_lines_end_as_they_did(folder: Path) -> None:
    path = write(folder, "# a\r\n[other]\r\nx = 1")
    accounts.add("one", "bytio", api_key="k", verify=False)
    text = path.read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n") > 4
    accounts.remove("one")
    assert path.read_bytes().startswith(b"# a\r\n[other]\r\nx = 1\r\n")


NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta"])
COMMENTS = st.from_regex(r"#[ -~]{0,20}", fullmatch=True)
UNRELATED = st.sampled_from(
    [
        '[colours]\nred = "#f00" # red\n',
        "[[list]]\nx = 1\n\n[[list]]\nx = 2\n",
        "[deep.er]\ntext = '''\n[accounts.alpha]\n# no comment\n'''\n",
        "[accounting]\naccounts = ['[accounts.alpha]']\n",
    ]
)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A file as people write it, and the accounts in it."""
    listed = draw(st.lists(NAMES, unique=True))
    blocks = [
        f'[accounts.{name}]{draw(st.sampled_from(["", " # why"]))}\nprovider = "bytio"\n'
        for name in listed
    ]
    blocks += draw(st.lists(UNRELATED, unique=True))
    blocks = draw(st.permutations(blocks))
    text = draw(st.sampled_from(["", 'title = "mine"\n\n']))
    for block in blocks:
        for comment in draw(st.lists(COMMENTS, max_size=2)):
            text += f"{comment} ({draw(st.integers(0, 999))})\n"
        text += block + draw(st.sampled_from(["", "\n", "\n\n"]))
    return text + draw(st.sampled_from(["", "# end\n"])), listed


def lone_comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


@given(files(), NAMES)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_comments_and_unrelated_tables_survive(
    folder: Path, file: tuple[str, list[str]], name: str
) -> None:
    text, listed = file
    path = write(folder, text)
    if name in listed:
        editing.without(name)()
    else:
        editing.insert(named(name, options={"base_url": "https://x.example"}))
    after = path.read_text()
    assert lone_comments(after) == lone_comments(text)
    before, now = tomllib.loads(text), tomllib.loads(after)
    others, others_now = before.pop("accounts", {}), now.pop("accounts", {})
    assert now == before
    others.pop(name, None)
    added = others_now.pop(name, None)
    assert others_now == others
    assert (added is None) == (name in listed)
    if name not in listed:
        assert after.startswith(text)
        editing.without(name)()
        assert path.read_text().rstrip() == text.rstrip()  # as if nothing had been
