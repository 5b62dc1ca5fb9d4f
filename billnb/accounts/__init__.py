"""Accounts: their names, where their secrets are kept and may be sent, and whether they work.

An account has a name, a provider and options, in a file that people may edit:

.. code-block:: toml

    [accounts.voice]
    provider = "unpod"
    org_handle = "example.com"
    kept = "keyring"

Its secrets are elsewhere: in the environment, which comes first, else in the system's keyring, or,
where that was asked for, in a file that only its owner may read. A key goes to the host that it was
connected for, and to another once that is confirmed.
"""

from billnb.accounts.confirming import confirm
from billnb.accounts.connecting import add, remove
from billnb.accounts.listing import Account, list, names  # noqa: A004 - as billnb.accounts.list
from billnb.accounts.probing import test
from billnb.accounts.resolving import configured, resolve

__all__ = ["Account", "add", "configured", "confirm", "list", "names", "remove", "resolve", "test"]
