"""Real Jupyter servers to look at what people see, with nothing of this user's settings."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import nbformat
from support.browser import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Page

SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    # else saving waits for a dialog
    "@jupyterlab/docmanager-extension:plugin": {"renameUntitledFileOnSave": False},
}
_START = 90  # seconds


@dataclass(frozen=True, slots=True)
class Server:
    """A Jupyter server on loopback.

    Attributes
    ----------
    url : str
        Where it is.
    token : str
        What opens it.
    folder : pathlib.Path
        What it serves.
    """

    url: str
    token: str
    folder: Path

    def ask(self, path: str, method: str = "GET", body: object = None) -> Any:
        """Ask its own API."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = Request(f"{self.url}/{path}", data, headers, method=method)
        with urlopen(request, timeout=_START) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def write(self, name: str, *cells: str) -> None:
        """Write a notebook."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(
            metadata={"kernelspec": kernel},
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        )
        nbformat.write(notebook, self.folder / name)

    def open(self, page: Page, name: str, app: str = "lab") -> None:
        """Open a notebook, and wait until its kernel is ready."""
        place = f"lab/tree/{name}?reset&" if app == "lab" else f"notebooks/{name}?"
        page.goto(f"{self.url}/{place}token={self.token}")
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget", timeout=PATIENCE)
        page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status"
            " === 'idle'",
            timeout=PATIENCE,
        )

    def open_lab(self, page: Page) -> None:
        """Open JupyterLab, with nothing in it."""
        page.goto(f"{self.url}/lab?reset&token={self.token}")
        page.wait_for_function("() => window.jupyterapp")
        page.evaluate("() => window.jupyterapp.restored.then(() => true)")

    def run(self, page: Page) -> None:
        """Run all cells of the notebook that is open."""
        command(page, "notebook:run-all-cells")

    def restart_kernel(self) -> None:
        """Restart the kernel of the only session."""
        (session,) = self.ask("api/sessions")
        self.ask(f"api/kernels/{session['kernel']['id']}/restart", "POST", {})

    def end_sessions(self) -> None:
        """End every kernel."""
        for session in self.ask("api/sessions"):
            self.ask(f"api/sessions/{session['id']}", "DELETE")


def dress(page: Page, theme: str) -> None:
    """Have JupyterLab wear a theme: ``Light``, ``Dark`` or ``Dark High Contrast``."""
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
        f"JupyterLab {theme}",
    )
    page.wait_for_function(
        "name => document.body.dataset.jpThemeName === name", arg=f"JupyterLab {theme}"
    )


def command(page: Page, name: str, limit: int = 60) -> None:
    """Run a command of JupyterLab's, for so many seconds at most."""
    page.evaluate(
        "([name, limit]) => Promise.race([window.jupyterapp.commands.execute(name),"
        " new Promise((done) => setTimeout(done, 1000 * limit))])",
        [name, limit],
    )


@contextmanager
def serving(
    folder: Path,
    *,
    python: str = sys.executable,
    served: Path | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    extension: bool = True,
) -> Iterator[Server]:
    """Serve JupyterLab and Notebook, from a folder of its own unless another is to be `served`."""
    settings = folder / "settings"
    settings.mkdir()
    (settings / "overrides.json").write_text(json.dumps(SETTINGS))
    if served is None:
        served = folder / "notebooks"
        served.mkdir()
    token, port = secrets.token_hex(16), free_port()
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        "--expose-app-in-browser",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        f"--LabApp.app_settings_dir={settings}",
        f"--ServerApp.root_dir={served}",
        # on, as an installed wheel has it, unless it is to be off
        f"--ServerApp.jpserver_extensions={{'billnb': {extension}}}",
    ]
    server = Server(f"http://127.0.0.1:{port}", token, served)
    words = [python, "-m", "jupyter", "lab", *options]
    with started(words, folder, environment) as process:
        wait_for(server, process)
        yield server


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def started(
    words: list[str], folder: Path, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program with nothing of this user's Jupyter settings, and end it."""
    places = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "RUNTIME")}
    places |= {
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "lab-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            words,
            env={**os.environ, **places, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something listens on a port."""
    end = time.monotonic() + _START
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended"
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("nothing listens")


def wait_for(server: Server, process: subprocess.Popen[bytes], path: str = "api/status") -> None:
    """Wait until a server answers."""
    end = time.monotonic() + _START
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended"
        try:
            server.ask(path)
        except (URLError, ConnectionError, ValueError):
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the server does not answer")
