"""The build hook that puts a bill of materials into the wheel, in `.dist-info/sboms/` (PEP 770).

CycloneDX 1.7, the first that has ranges of versions. What is bundled is what the licence report of
JupyterLab's builder names, with versions and licences, and the loader that Rspack puts around it.
What is only required, which pip installs beside the wheel, is external and has a range.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPORT = "billnb/labextension/static/third-party-licenses.json"
LOCK = "billnb/lab/package-lock.json"
LOADER = "@rspack/core"
NOT_FOR_USERS = {"bench", "dev", "test"}
"""The extras that nobody needs who only uses the package."""

FILE = "billnb.cdx.json"


class Hook(BuildHookInterface[Any]):
    """Writes the bill of materials of a wheel that is handed on; an editable one has none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write it where nothing is kept, and have it packed."""
        if self.target_name != "wheel" or version != "standard":
            return
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name, FILE)
        path.write_text(json.dumps(self._bill(), indent=1, sort_keys=True) + "\n")
        build_data["sbom_files"].append(str(path))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was packed."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    def _bill(self) -> dict[str, Any]:
        core = self.metadata.core
        root = _library("pypi", core.name, self.metadata.version, core.license_expression)
        extras = core.optional_dependencies
        optional = {one for name in set(extras) - NOT_FOR_USERS for one in extras[name]}
        components = [
            *self._bundled(),
            *(_external(one, "required") for one in core.dependencies),
            *(_external(one, "optional") for one in optional),
        ]
        components.sort(key=lambda one: str(one["bom-ref"]))
        needs = {"ref": root["bom-ref"], "dependsOn": [one["bom-ref"] for one in components]}
        bill = {
            "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.7",
            "version": 1,
            "metadata": {"component": root, "lifecycles": [{"phase": "build"}]},
            "components": components,
            "dependencies": [needs],
        }
        # the same wheel has the same number, whenever it is built
        number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bill, sort_keys=True))
        return {**bill, "serialNumber": number.urn}

    def _bundled(self) -> list[dict[str, Any]]:
        if not Path(self.root, REPORT).exists():
            raise RuntimeError(f"{REPORT} is missing: run npm run build:prod in billnb/lab")
        report = json.loads(Path(self.root, REPORT).read_text())
        lock = json.loads(Path(self.root, LOCK).read_text())["packages"]
        loader = lock[f"node_modules/{LOADER}"]
        return [
            *(
                _library("npm", one["name"], one["versionInfo"], one["licenseId"])
                for one in report["packages"]
            ),
            _library("npm", LOADER, loader["version"], loader["license"]),
        ]


def _library(kind: str, name: str, version: str, license_expression: str) -> dict[str, Any]:
    purl = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "licenses": [{"expression": license_expression}],
        "purl": purl,
    }


def _external(requirement: str, scope: str) -> dict[str, Any]:
    wanted = Requirement(requirement)
    purl = f"pkg:pypi/{canonicalize_name(wanted.name)}"
    bounds = sorted(wanted.specifier, key=lambda one: one.version)
    return {
        "type": "library",
        "bom-ref": purl,
        "name": wanted.name,
        "versionRange": f"vers:pypi/{'|'.join(map(str, bounds))}",
        "isExternal": True,
        "scope": scope,
        "purl": purl,
    }
