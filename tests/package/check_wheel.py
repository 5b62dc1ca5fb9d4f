"""Whether everything is in the wheel that should be, and nothing else.

``python tests/package/check_wheel.py WHEEL`` exits with 1 and a line for each thing that is wrong.
"""

from __future__ import annotations

import configparser
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from email import message_from_string
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
LAB = ROOT / "billnb" / "lab"
BUILT = ROOT / "billnb" / "labextension"
SUFFIXES = (".py", ".pyi", ".html", ".css", ".js", ".txt")
SERVER_CONFIG = "etc/jupyter/jupyter_server_config.d/billnb.json"
EXTENSION = "share/jupyter/labextensions/billnb"
LICENCES = "static/third-party-licenses.json"
"""Where JupyterLab's page of licences looks for those of an extension."""

EXTENSION_FILES = (
    "install.json",
    "package.json",
    "schemas/billnb/package.json.orig",
    "schemas/billnb/plugin.json",
    "static/remoteEntry.*.js",
    "static/style.js",
    LICENCES,
)
"""What JupyterLab's extension is made of, beside the pieces of its code."""

SBOM = "sboms/billnb.cdx.json"
"""What the wheel is made of, and what it needs: in its `.dist-info`, as PEP 770 wants it."""

NOT_FOR_USERS = {"bench", "dev", "test"}
"""The extras that the bill of materials leaves out."""

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
            if ".dist-info/" in name
            and name.endswith(("METADATA", "entry_points.txt", ".cdx.json"))
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
    licences = json.loads(extension.get(LICENCES, b'{"packages": []}'))["packages"]
    found += licence_problems(licences)
    if not any(name.endswith(f".dist-info/{SBOM}") for name in names):
        return [*found, f"missing: {SBOM}"]
    found += sbom_problems(texts[SBOM.rpartition("/")[2]], texts["METADATA"], licences)
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


def licence_problems(packages: list[Mapping[str, str]]) -> list[str]:
    """Return what JupyterLab's page of licences would lack of what the extension bundles."""
    wanted = ("name", "versionInfo", "licenseId", "extractedText")
    return [
        f"{LICENCES} does not state the {part} of {one.get('name', 'a package')}"
        for one in packages
        for part in wanted
        if not one.get(part)
    ] or ([] if packages else [f"{LICENCES} names nothing"])


def sbom_problems(text: str, metadata: str, bundled: list[Mapping[str, str]]) -> list[str]:
    """Return what is wrong with the bill of materials, by the rest of the wheel."""
    invalid = JsonStrictValidator(SchemaVersion.V1_7).validate_str(text)
    if invalid is not None:
        return [f"{SBOM} is no CycloneDX 1.7: {invalid}"]
    bill = json.loads(text)
    stated = message_from_string(metadata)
    found = []
    root = bill["metadata"]["component"]
    for name, expected in (
        ("name", stated["Name"]),
        ("version", stated["Version"]),
        ("licenses", [{"expression": stated["License-Expression"]}]),
    ):
        if root.get(name) != expected:
            found.append(f"{SBOM} has another {name}: {root.get(name)}, not {expected}")
    parts = {component["purl"]: component for component in bill["components"]}
    for one in bundled:
        part = parts.get(f"pkg:npm/{one['name'].replace('@', '%40')}@{one['versionInfo']}", {})
        if part.get("licenses") != [{"expression": one["licenseId"]}] or part.get("isExternal"):
            found.append(f"{SBOM} does not name {one['name']}, which is bundled, and its licence")
    needed = dict(required(stated.get_all("Requires-Dist", [])))
    external = {purl: part for purl, part in parts.items() if part.get("isExternal")}
    found += [f"{SBOM} does not name {purl}" for purl in sorted(needed.keys() - external.keys())]
    found += [f"{SBOM} names {purl}" for purl in sorted(external.keys() - needed.keys())]
    for purl in sorted(needed.keys() & external.keys()):
        bounds = set(external[purl]["versionRange"].removeprefix("vers:pypi/").split("|"))
        if bounds != needed[purl]:
            found.append(f"{SBOM} has other versions of {purl}: {bounds}, not {needed[purl]}")
    refs = {part["bom-ref"] for part in bill["components"]}
    if not any(
        one["ref"] == root["bom-ref"] and set(one["dependsOn"]) == refs
        for one in bill["dependencies"]
    ):
        found.append(f"{SBOM} does not say that the wheel needs what it names")
    return found


def required(lines: list[Any]) -> Iterator[tuple[str, set[str]]]:
    """Yield what a user's machine has to have, or may, with the bounds of its versions."""
    for line in lines:
        one = Requirement(line)
        extra = str(one.marker or "").partition("extra == ")[2].strip("\"'")
        if extra not in NOT_FOR_USERS:
            yield f"pkg:pypi/{canonicalize_name(one.name)}", set(map(str, one.specifier))


if __name__ == "__main__":
    wrong = problems(Path(sys.argv[1]))
    print("\n".join(wrong) or f"{sys.argv[1]} holds what it should")
    sys.exit(bool(wrong))
