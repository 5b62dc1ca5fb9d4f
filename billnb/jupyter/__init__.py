"""The parts that Jupyter and IPython load: magics, server extension, and path of the panel."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register ``%billnb`` and ``%%billnb``; called by ``%load_ext billnb``."""
    import_module("billnb.jupyter.magic").register(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Return where JupyterLab's extension is, for a development install."""
    return [{"src": "labextension", "dest": "billnb"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Return the module that a Jupyter server loads."""
    return [{"module": "billnb.jupyter.server"}]
