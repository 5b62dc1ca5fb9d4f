"""The licences of the libraries that reports and the dashboard's page hold copies of."""

from __future__ import annotations

from importlib.resources import files

import itables
from plotly.offline import get_plotlyjs_version


def notices() -> str:
    """Return the licence texts that must be kept with every copy.

    Examples
    --------
    >>> print(notices().splitlines()[-1])
    3. This notice may not be removed or altered from any source distribution.
    """
    held = f"plotly.js {get_plotlyjs_version()} and itables {itables.__version__} are copied here."
    listed = (files(__package__) / "page/licences.txt").read_text("utf-8")
    return f"{held}\n\n{listed}"


def commented(code: str) -> str:
    """Return a library's code with the licences in front of it, as a comment."""
    return f"/*!\n{notices()}*/\n{code}"


__all__ = ["commented", "notices"]
