"""Do as Binder does: ``python tests/package/replay_binder.py FOLDER`` builds, starts and looks.

A fresh virtual environment, the files in ``binder/`` as repo2docker uses them, and then JupyterLab
and Voila in a real browser, where all that is not on this machine is blocked. It prints how long it
takes from the start of each server to the first chart, and writes a picture of each into FOLDER.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))
from support import browser as browsers
from support import jupyter
from support.folders import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TOUR = "notebooks/explore.ipynb"
MOST = 30
"""Seconds from the start of a server to its first chart."""


def built(folder: Path) -> tuple[Path, Path]:
    """Return a copy of the repository, and the Python that has what it needs."""
    copy, environment = folder / "repository", folder / "environment"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(copy)], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    requirements = str(copy / "binder" / "requirements.txt")
    subprocess.run([str(python), "-m", "pip", "install", "-qr", requirements], check=True)
    path = f"{environment / 'bin'}:{os.environ['PATH']}"
    build = str(copy / "binder" / "postBuild")
    subprocess.run([build], check=True, cwd=copy, env={**os.environ, "PATH": path})
    return copy, python


def lab(python: Path, copy: Path, folder: Path, browser: Browser, picture: Path) -> float:
    """Open the tour in JupyterLab, and return how long the first chart took."""
    folder.mkdir()
    began = time.monotonic()
    with (
        jupyter.serving(folder, python=str(python), served=copy) as server,
        browsers.watched(browser, 1400) as (page, watch),
    ):
        server.open(page, TOUR)
        server.run(page)
        took = first_chart(page, began, picture)
    assert watch.requests == [], watch.requests
    return took


def voila(python: Path, copy: Path, folder: Path, browser: Browser, picture: Path) -> float:
    """Open the tour as an app, and return how long the first chart took."""
    folder.mkdir()
    port = jupyter.free_port()
    words = [str(python), "-m", "voila", str(copy / TOUR), "--no-browser", f"--port={port}"]
    server = jupyter.Server(f"http://127.0.0.1:{port}", "", copy)
    began = time.monotonic()
    with (
        jupyter.started(words, folder) as process,
        browsers.watched(browser, 1400) as (page, watch),
    ):
        jupyter.wait_for_port(port, process)
        page.set_default_timeout(60_000)
        page.goto(server.url)
        took = first_chart(page, began, picture)
    # Voila's own template asks for a font of icons, which is blocked, and not missed
    ours = [url for url in watch.requests if "/@fortawesome/" not in url]
    assert ours == [], ours
    return took


def first_chart(page: Page, began: float, picture: Path) -> float:
    page.wait_for_selector(".billnb[data-drawn]", timeout=120_000)
    took = time.monotonic() - began
    page.wait_for_selector(".billnb-table tbody td")
    page.wait_for_timeout(1000)
    page.screenshot(path=picture)
    return took


def main() -> None:
    """Build, start, look."""
    pictures = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, browsers.launched() as browser:
        folder = Path(temporary)
        copy, python = built(folder)
        slow = []
        for look in (lab, voila):
            name = look.__name__
            took = look(python, copy, folder / name, browser, pictures / f"{name}.png")
            print(f"{name}: first chart {took:.1f} s after the server's start")
            slow += [name] if took > MOST else []
    sys.exit(f"slower than {MOST} s: {', '.join(slow)}" if slow else 0)


if __name__ == "__main__":
    main()
