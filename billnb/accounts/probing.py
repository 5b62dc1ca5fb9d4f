"""The test of an account: whether its vendor answers, and accepts its key."""

from __future__ import annotations

from contextlib import closing

from billnb.accounts import credentials, states
from billnb.accounts.config import configuration
from billnb.accounts.config.configuration import ConfiguredAccount
from billnb.accounts.fields import known_providers
from billnb.accounts.listing import Account, available, find, record
from billnb.accounts.secrets.keeping import Reader
from billnb.accounts.states import Outcome
from billnb.errors import (
    AuthenticationError,
    BillnbError,
    ConfigurationError,
    ContractError,
    RequestError,
    StorageError,
    TransportError,
    UnconfirmedHostError,
    clear_frames_on_error,
    naming_account,
)
from billnb.providers.base import Provider
from billnb.transport import Limits

LIMITS = Limits(connect=5, silence=10, total=20, tries=2, max_wait=5)
"""The limits of a test, which somebody waits for."""


def probe(account: Provider) -> None:
    """Ask an account's vendor for one entry.

    Raises
    ------
    RequestError
        When the vendor refuses.
    TransportError, ContractError
        When there is no answer, or not one of this vendor.
    """
    with naming_account(account.name), closing(account.client(connections=1)) as client:
        account.page(client.get(account.query(kind="all", page=1, size=1), account.answer))


def outcome(error: BillnbError) -> Outcome | None:
    """Return the state that an error of a test means; ``None`` if it means none."""
    if isinstance(error, RequestError):
        return "refused"
    return "unreachable" if isinstance(error, TransportError | ContractError) else None


@clear_frames_on_error
def test(name: str) -> Account:
    """Ask an account's vendor for one entry, and note how that went.

    Parameters
    ----------
    name : str
        The account's name.

    Returns
    -------
    Account
        Its `state` is ``ok``, ``refused``, ``unreachable``, ``incomplete`` (a credential is
        missing), ``unconfirmed`` (its key would be sent to a host that it was not connected for),
        ``locked`` (the store that keeps it cannot be read) or ``unknown`` (its provider is not
        installed), and its `message` says what went wrong.

    Raises
    ------
    UnknownNameError
        When there is no such account.
    ConfigurationError
        When the file of accounts is invalid.

    Examples
    --------
    >>> test("nobody")
    Traceback (most recent call last):
        ...
    billnb.errors.UnknownNameError: no account is called 'nobody'; known: none
    """
    known = known_providers()
    account = find(name, available(configuration.read(known), known))
    provider_class = known.get(account.provider)
    if provider_class is not None:
        state, message = _tried(account, provider_class)
        states.note_test(name, state, message)
    return record(account, known, states.read())


def _tried(
    account: ConfiguredAccount, provider_class: type[Provider]
) -> tuple[Outcome, str | None]:
    try:
        credential = credentials.collected(account, provider_class, Reader())
    except AuthenticationError as error:
        return "incomplete", _message_of(error)
    except UnconfirmedHostError as error:
        return "unconfirmed", _message_of(error)
    except (ConfigurationError, StorageError) as error:  # of the store
        return "locked", _message_of(error)
    try:
        probe(credentials.opened(account, provider_class, credential, limits=LIMITS))
    except BillnbError as error:
        state = outcome(error)
        if state is None:
            raise
        return state, _message_of(error)
    return "ok", None


def _message_of(error: BillnbError) -> str:
    """Return what an error says, without the account's name, which stands beside it."""
    error.account = None
    return str(error)


__all__ = ["LIMITS", "outcome", "probe", "test"]
