"""The report is one file, written whole, in which nothing is to be fetched."""

from __future__ import annotations

import html
import os
import re
import resource
import stat
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import itables
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from itables.utils import read_package_file
from plotly.offline import get_plotlyjs, get_plotlyjs_version
from support.ledgers import history, invoice
from support.reports import (
    AS_OF,
    ONE,
    Parts,
    unpacked,
)

import billnb


def sizes(folder: Path) -> dict[str, int]:
    return {one.name: one.stat().st_size for one in folder.iterdir()}


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Have no file grow beyond a size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_the_file_is_returned_and_is_html(tmp_path: Path) -> None:
    path = billnb.report(ONE, str(tmp_path / "one.html"))
    assert path == tmp_path / "one.html"
    assert path.read_text().startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_may_be_as_long_as_the_system_lets_it(tmp_path: Path) -> None:
    path = tmp_path / f"{'r' * 250}.html"
    assert billnb.report(history(), path).exists()


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one")
    with disk_of(100_000), pytest.raises(billnb.ArgumentError, match="cannot write"):
        billnb.report(ONE, path)
    assert path.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", ["", "nowhere/report.html", "old.html/report.html", "loop/report.html", "a\0b.html"]
)
def test_a_path_that_cannot_be_written_is_a_clear_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "old.html").write_text("the old one")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(billnb.ArgumentError, match="cannot write"):
        billnb.report(ONE, f"{tmp_path}/{name}")
    assert (tmp_path / "old.html").read_text() == "the old one"
    assert {one.name for one in tmp_path.iterdir()} == {"old.html", "loop"}


def test_a_history_that_cannot_be_told_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one")
    silent = history(invoice(1, "2026-01-01", currency=None))
    for frame, error in (
        (ONE.drop(columns="total"), billnb.ArgumentError),
        (ONE.astype({"total": float}), billnb.MoneyError),
        (silent, billnb.MixedCurrencyError),
        ("history.csv", billnb.ArgumentError),
    ):
        with pytest.raises(error):
            billnb.report(frame, path)
    with pytest.raises(billnb.ArgumentError, match="as_of"):
        billnb.report(ONE, path, as_of="soon")
    assert path.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_title_that_is_no_text_is_a_clear_error_or_shown_as_it_can_be(tmp_path: Path) -> None:
    # as a shell hands over what is no UTF-8
    try:
        billnb.report(ONE, tmp_path / "report.html", title=os.fsdecode(b"caf\xe9"))
    except billnb.ArgumentError:
        assert list(tmp_path.iterdir()) == []


def test_the_file_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    path, link = tmp_path / "report.html", tmp_path / "latest.html"
    path.write_text("the old one")
    path.chmod(0o640)
    link.symlink_to(path)
    billnb.report(ONE, link)
    assert link.is_symlink()
    assert path.read_text().startswith("<!doctype html>")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        path = billnb.report(ONE, tmp_path / "report.html")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_same_history_makes_the_same_file(tmp_path: Path) -> None:
    one, other = (billnb.report(ONE, tmp_path / f"{n}.html", as_of=AS_OF) for n in range(2))
    assert one.read_bytes() == other.read_bytes()


def test_histories_of_other_engines_are_reported_too(demo: pd.DataFrame, tmp_path: Path) -> None:
    expected = billnb.report(demo.copy(), tmp_path / "pandas.html", as_of=AS_OF).read_text()
    for engine in (pl.from_pandas, pa.Table.from_pandas):
        path = billnb.report(engine(demo), tmp_path / "other.html", as_of=AS_OF)
        found = path.read_text()
        assert "How it was verified is not known" in found  # such frames have no attrs
        assert packed_entries(found) == packed_entries(expected)


def packed_entries(text: str) -> str:
    (packed,) = re.findall(r'id="packed-entries">([^<]+)<', text)
    return str(packed)


def test_plotly_is_there_once(report: Path) -> None:
    assert len(re.findall(r"plotly\.js v\d", unpacked(report))) == 1


def test_nothing_is_to_be_fetched(report: Path) -> None:
    found = Parts(report.read_text()).found
    for tag, attributes in found:
        assert not {"src", "srcset", "background", "action", "data", "ping"} & attributes.keys()
        assert tag not in {"link", "iframe", "object", "embed", "base", "img", "form"}
        assert (attributes.get("href") or "#").startswith("#")
    style = re.sub(r"url\(data:[^)]*\)", "", unpacked(report).split("</style>")[0])
    assert "url(" not in style
    assert "@import" not in style
    metas = [attributes for tag, attributes in found if tag == "meta"]
    assert any("default-src 'none'" in (one.get("content") or "") for one in metas)


def test_its_links_lead_somewhere(report: Path) -> None:
    found = Parts(report.read_text()).found
    ids = [one["id"] for _, one in found if "id" in one]
    assert len(ids) == len(set(ids))
    targets = [one["href"] or "" for tag, one in found if tag == "a"]
    assert len(targets) > 7
    assert {target.removeprefix("#") for target in targets} <= set(ids)


def libraries_inside(code: str) -> set[str]:
    """Return which libraries a bundle says that it is made of, in what bundlers leave of them."""
    said = "".join(re.findall(r"Bundled license information:(.*?)\*/", code, re.DOTALL))
    paths = re.findall(r"^(\S+?)/\S*:$", said, re.MULTILINE)
    return {re.sub(r"^datatables\.net-.*", "datatables.net", path) for path in paths}


def test_the_licences_of_all_that_is_copied_into_the_file_stand_in_it(report: Path) -> None:
    text = html.unescape(report.read_text().partition("<footer>")[2].partition("</footer>")[0])
    bundles = (get_plotlyjs(), read_package_file("html/dt_bundle.js"))
    named = set(re.findall(r"^(\S+): (?:Copyright|by) ", text, re.MULTILINE))
    for bundle in bundles:
        inside = libraries_inside(bundle)
        assert inside
        assert inside <= named
    assert {"plotly.js", "itables", "jquery", "d3-geo", "d3-interpolate", "maplibre-gl"} <= named
    for part in (
        f"plotly.js {get_plotlyjs_version()} and itables {itables.__version__}",
        "Permission is hereby granted, free of charge, to any person obtaining a copy",
        "Redistributions in binary form must reproduce the above copyright notice",
        "Permission to use, copy, modify, and/or distribute this software",
        "This notice may not be removed or altered from any source distribution.",
    ):
        assert part in text, part


def test_a_report_asks_each_question_once(tmp_path: Path) -> None:
    questions = {
        getattr(billnb.analysis, name).__code__: name
        for name in billnb.analysis.__all__
        if name != "convert"
    }
    asked: Counter[tuple[str, str]] = Counter()

    def notice(frame: FrameType, event: str, _: object) -> None:
        name = questions.get(frame.f_code)
        if event == "call" and name is not None:
            asked[name, str(frame.f_locals.get("by"))] += 1

    frame = billnb.demo()
    sys.setprofile(notice)
    try:
        billnb.report(frame, tmp_path / "report.html", redact=False)
    finally:
        sys.setprofile(None)
    assert {name for name, _ in asked} == set(questions.values())
    assert set(asked.values()) == {1}
