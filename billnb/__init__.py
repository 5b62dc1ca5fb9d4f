"""The billing histories of the services a team pays for, as one exact ledger in a notebook.

>>> import billnb
>>> history = billnb.demo()
>>> sorted(history["provider"].unique())
['bytio', 'unpod']
"""

from __future__ import annotations

# The public names by the module that each is imported from when it is first used, so that
# `import billnb` stays light; __init__.pyi types them.
_NAMES = {
    "billnb.dashboard": "Explorer explore",
    "billnb.errors": "AccessDeniedError AccountNotFoundError ArgumentError AuthenticationError "
    "BillnbError ConfigurationError ContractError DeadlineExceededError MalformedBodyError "
    "MissingRateError MixedCurrencyError MoneyError NameTakenError RateLimitedError "
    "RedirectRefusedError RequestError ResponseTooLargeError SecretError StorageError "
    "TransportError TruncatedHistoryError UnconfirmedHostError UnknownNameError "
    "UnstableHistoryError",
    "billnb.loading.load": "load",
    "billnb.providers.bytio": "Bytio",
    "billnb.providers.unpod": "Unpod",
    "billnb.sharing": "redact",
    "billnb.sharing.report": "report",
    "billnb.sandbox.demo": "demo",
    "billnb.transport": "Limits",
    "billnb.values.secret": "Secret",
}
_HOOKS = "_jupyter_labextension_paths _jupyter_server_extension_points load_ipython_extension"
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}
_HOMES |= dict.fromkeys(_HOOKS.split(), "billnb.jupyter")  # what Jupyter and IPython look for
_ROOMS = ("accounts", "analysis", "charts", "errors")

__all__ = sorted({*_HOMES, *_ROOMS, "__version__"} - {*_HOOKS.split()})


def __getattr__(name: str) -> object:
    import importlib

    if name == "__version__":
        value: object = importlib.import_module("importlib.metadata").version("billnb")
    elif name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"billnb.{name}")
    else:
        raise AttributeError(f"module 'billnb' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
