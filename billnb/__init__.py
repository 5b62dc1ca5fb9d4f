"""The billing histories of the services a team pays for, as one exact ledger in a notebook.

>>> import billnb
>>> history = billnb.demo()
>>> sorted(history["provider"].unique())
['bytio', 'unpod']
"""

from __future__ import annotations

TYPE_CHECKING = False  # that of typing, which takes longer to import than all the rest
if TYPE_CHECKING:
    from typing import Any

    from billnb import errors as errors
    from billnb.errors import BillnbError as BillnbError
    from billnb.loading import load as load
    from billnb.providers.bytio import Bytio as Bytio
    from billnb.providers.unpod import Unpod as Unpod
    from billnb.sandbox.demo import demo as demo
    from billnb.transport import Limits as Limits

__version__ = "0.1.0"

# Each name is imported from its home when it is first used, so that `import billnb` stays light.
_HOMES = {
    "BillnbError": "billnb.errors",
    "Bytio": "billnb.providers.bytio",
    "Limits": "billnb.transport",
    "Unpod": "billnb.providers.unpod",
    "demo": "billnb.sandbox.demo",
    "load": "billnb.loading",
}
_ROOMS = ("errors",)

__all__ = [
    "BillnbError",
    "Bytio",
    "Limits",
    "Unpod",
    "__version__",
    "demo",
    "errors",
    "load",
]


def __getattr__(name: str) -> Any:
    import importlib

    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"billnb.{name}")
    else:
        raise AttributeError(f"module 'billnb' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
