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

    from billnb import accounts as accounts
    from billnb import analysis as analysis
    from billnb import charts as charts
    from billnb import errors as errors
    from billnb.dashboard import Explorer as Explorer
    from billnb.dashboard import explore as explore
    from billnb.errors import AccessDeniedError as AccessDeniedError
    from billnb.errors import AccountNotFoundError as AccountNotFoundError
    from billnb.errors import ArgumentError as ArgumentError
    from billnb.errors import AuthenticationError as AuthenticationError
    from billnb.errors import BillnbError as BillnbError
    from billnb.errors import ConfigurationError as ConfigurationError
    from billnb.errors import ContractError as ContractError
    from billnb.errors import DeadlineExceededError as DeadlineExceededError
    from billnb.errors import MalformedBodyError as MalformedBodyError
    from billnb.errors import MissingRateError as MissingRateError
    from billnb.errors import MixedCurrencyError as MixedCurrencyError
    from billnb.errors import MoneyError as MoneyError
    from billnb.errors import NameTakenError as NameTakenError
    from billnb.errors import RateLimitedError as RateLimitedError
    from billnb.errors import RedirectRefusedError as RedirectRefusedError
    from billnb.errors import RequestError as RequestError
    from billnb.errors import ResponseTooLargeError as ResponseTooLargeError
    from billnb.errors import SecretError as SecretError
    from billnb.errors import StorageError as StorageError
    from billnb.errors import TransportError as TransportError
    from billnb.errors import TruncatedHistoryError as TruncatedHistoryError
    from billnb.errors import UnconfirmedHostError as UnconfirmedHostError
    from billnb.errors import UnknownNameError as UnknownNameError
    from billnb.errors import UnstableHistoryError as UnstableHistoryError
    from billnb.loading import load as load
    from billnb.providers.bytio import Bytio as Bytio
    from billnb.providers.unpod import Unpod as Unpod
    from billnb.redaction import redact as redact
    from billnb.reporting import report as report
    from billnb.sandbox.demo import demo as demo
    from billnb.secret import Secret as Secret
    from billnb.transport import Limits as Limits

    __version__: str

# Each name is imported from its home when it is first used, so that `import billnb` stays light.
_HOMES = {
    "AccessDeniedError": "billnb.errors",
    "AccountNotFoundError": "billnb.errors",
    "ArgumentError": "billnb.errors",
    "AuthenticationError": "billnb.errors",
    "BillnbError": "billnb.errors",
    "Bytio": "billnb.providers.bytio",
    "ConfigurationError": "billnb.errors",
    "ContractError": "billnb.errors",
    "DeadlineExceededError": "billnb.errors",
    "Explorer": "billnb.dashboard",
    "Limits": "billnb.transport",
    "MalformedBodyError": "billnb.errors",
    "MissingRateError": "billnb.errors",
    "MixedCurrencyError": "billnb.errors",
    "MoneyError": "billnb.errors",
    "NameTakenError": "billnb.errors",
    "RateLimitedError": "billnb.errors",
    "RedirectRefusedError": "billnb.errors",
    "RequestError": "billnb.errors",
    "ResponseTooLargeError": "billnb.errors",
    "Secret": "billnb.secret",
    "SecretError": "billnb.errors",
    "StorageError": "billnb.errors",
    "TransportError": "billnb.errors",
    "TruncatedHistoryError": "billnb.errors",
    "UnconfirmedHostError": "billnb.errors",
    "UnknownNameError": "billnb.errors",
    "Unpod": "billnb.providers.unpod",
    "UnstableHistoryError": "billnb.errors",
    "demo": "billnb.sandbox.demo",
    "explore": "billnb.dashboard",
    "load": "billnb.loading",
    "redact": "billnb.redaction",
    "report": "billnb.reporting",
}
_ROOMS = ("accounts", "analysis", "charts", "errors")

__all__ = [
    "AccessDeniedError",
    "AccountNotFoundError",
    "ArgumentError",
    "AuthenticationError",
    "BillnbError",
    "Bytio",
    "ConfigurationError",
    "ContractError",
    "DeadlineExceededError",
    "Explorer",
    "Limits",
    "MalformedBodyError",
    "MissingRateError",
    "MixedCurrencyError",
    "MoneyError",
    "NameTakenError",
    "RateLimitedError",
    "RedirectRefusedError",
    "RequestError",
    "ResponseTooLargeError",
    "Secret",
    "SecretError",
    "StorageError",
    "TransportError",
    "TruncatedHistoryError",
    "UnconfirmedHostError",
    "UnknownNameError",
    "Unpod",
    "UnstableHistoryError",
    "__version__",
    "accounts",
    "analysis",
    "charts",
    "demo",
    "errors",
    "explore",
    "load",
    "redact",
    "report",
]


def __getattr__(name: str) -> Any:
    import importlib

    if name == "__version__":
        value = importlib.import_module("importlib.metadata").version("billnb")
    elif name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"billnb.{name}")
    else:
        raise AttributeError(f"module 'billnb' has no attribute {name!r}")
    globals()[name] = value
    return value


def load_ipython_extension(shell: Any) -> None:
    """Have ``%load_ext billnb`` make ``%billnb`` and ``%%billnb`` known."""
    import importlib

    importlib.import_module("billnb.magic").register(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Say where the extension of JupyterLab is, to those who link it."""
    return [{"src": "labextension", "dest": "billnb"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Tell a Jupyter server where its part of billnb is."""
    return [{"module": "billnb.server"}]


def __dir__() -> list[str]:
    return sorted(__all__)
