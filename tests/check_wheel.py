"""Is everything in the wheel that should be, and nothing else?

``python tests/check_wheel.py WHEEL`` exits with 1 and a line for each thing that is wrong.
"""

from __future__ import annotations

import configparser
import re
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
SUFFIXES = (".py", ".html", ".css", ".js")
SERVER_CONFIG = "etc/jupyter/jupyter_server_config.d/billnb.json"
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
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "billnb").rglob("*")
        if path.suffix in SUFFIXES or path.name == "py.typed"
    }
    sources.add("billnb/tour/explore.ipynb")
    sources |= {
        f"{name.partition('.dist-info/')[0]}.data/data/{SERVER_CONFIG}"
        for name in names
        if name.endswith(".dist-info/METADATA")
    }
    found = [f"missing: {name}" for name in sorted(sources - names)]
    packed = {name for name in names if ".dist-info/" not in name}
    found += [f"does not belong: {name}" for name in sorted(packed - sources)]
    if not any(name.endswith("licenses/LICENSE") for name in names):
        found.append("missing: LICENSE")
    version = re.search(r'__version__ = "(.+)"', (ROOT / "billnb" / "__init__.py").read_text())
    if version is None or f"\nVersion: {version[1]}\n" not in texts["METADATA"]:
        found.append("the version is not that of billnb/__init__.py")
    points = configparser.ConfigParser(delimiters="=", default_section="")
    points.read_string(texts["entry_points.txt"])
    if {name: dict(section) for name, section in points.items() if name} != ENTRY_POINTS:
        found.append(f"entry points are not as expected: {texts['entry_points.txt']}")
    return found


if __name__ == "__main__":
    wrong = problems(Path(sys.argv[1]))
    print("\n".join(wrong) or f"{sys.argv[1]} holds what it should")
    sys.exit(bool(wrong))
