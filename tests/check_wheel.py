"""The check that the wheel holds what it should, and nothing else.

``python tests/check_wheel.py WHEEL`` exits with 1 and a line for each thing that is wrong.
"""

from __future__ import annotations

import configparser
import json
import sys
import zipfile
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAB = ROOT / "billnb" / "lab"
BUILT = ROOT / "billnb" / "labextension"
SUFFIXES = (".py", ".html", ".css", ".js")
SERVER_CONFIG = "etc/jupyter/jupyter_server_config.d/billnb.json"
EXTENSION = "share/jupyter/labextensions/billnb"
EXTENSION_FILES = (
    "install.json",
    "package.json",
    "schemas/billnb/package.json.orig",
    "schemas/billnb/plugin.json",
    "static/remoteEntry.*.js",
    "static/style.js",
    "static/third-party-licenses.json",
)
"""What JupyterLab's extension is made of, beside the pieces of its code."""

ENTRY_POINTS = {
    "billnb.providers": {
        "bytio": "billnb.providers.bytio:Bytio",
        "unpod": "billnb.providers.unpod:Unpod",
    },
    "console_scripts": {"billnb": "billnb.cli:main"},
}


def problems(wheel: Path) -> list[str]:
    """Return what is wrong with a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        texts = {
            name.rpartition("/")[2]: archive.read(name).decode()
            for name in names
            if ".dist-info/" in name and name.endswith(("METADATA", "entry_points.txt"))
        }
        (record,) = (name for name in names if name.endswith(".dist-info/RECORD"))
        data = f"{record.partition('.dist-info/')[0]}.data/data"
        extension = {
            name.removeprefix(f"{data}/{EXTENSION}/"): archive.read(name)
            for name in names
            if name.startswith(f"{data}/{EXTENSION}/")
        }
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "billnb").rglob("*")
        if path.suffix in SUFFIXES or path.name == "py.typed"
        if not path.is_relative_to(LAB) and not path.is_relative_to(BUILT)
    }
    sources.add("billnb/tour/explore.ipynb")
    sources.add(f"{data}/{SERVER_CONFIG}")
    found = [f"missing: {name}" for name in sorted(sources - names)]
    packed = {
        name
        for name in names
        if ".dist-info/" not in name and not name.startswith(f"{data}/{EXTENSION}/")
    }
    found += [f"does not belong: {name}" for name in sorted(packed - sources)]
    if not any(name.endswith("licenses/LICENSE") for name in names):
        found.append("missing: LICENSE")
    version = json.loads((LAB / "package.json").read_text())["version"]
    if f"\nVersion: {version}\n" not in texts["METADATA"]:
        found.append("the version is not that of billnb/lab/package.json")
    found += extension_problems(extension, version)
    points = configparser.ConfigParser(delimiters="=", default_section="")
    points.read_string(texts["entry_points.txt"])
    if {name: dict(section) for name, section in points.items() if name} != ENTRY_POINTS:
        found.append(f"entry points are not as expected: {texts['entry_points.txt']}")
    return found


def extension_problems(files: Mapping[str, bytes], version: str) -> list[str]:
    """Return what is wrong with JupyterLab's extension in a wheel."""
    found = [
        f"missing: {EXTENSION}/{wanted}"
        for wanted in EXTENSION_FILES
        if not any(fnmatch(name, wanted) for name in files)
    ]
    found += [
        f"does not belong: {EXTENSION}/{name}"
        for name in sorted(files)
        if not any(fnmatch(name, wanted) for wanted in (*EXTENSION_FILES, "static/*.*.js"))
    ]
    package = json.loads(files.get("package.json", b"{}"))
    if package.get("version") != version:
        found.append("JupyterLab's extension is of another version")
    if package.get("jupyterlab", {}).get("_build", {}).get("load") not in files:
        found.append("JupyterLab's extension begins with a file that is not there")
    return found


if __name__ == "__main__":
    wrong = problems(Path(sys.argv[1]))
    print("\n".join(wrong) or f"{sys.argv[1]} holds what it should")
    sys.exit(bool(wrong))
