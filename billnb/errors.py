"""The exceptions that billnb raises, as one tree.

::

    BillnbError
    ├── ArgumentError               an invalid argument
    │   ├── NameTakenError          another account has this name, or its variables
    │   └── UnknownNameError        no such account or provider
    ├── ConfigurationError          the file of accounts is invalid
    ├── MissingRateError            a currency to convert from, on a day without a rate
    ├── MixedCurrencyError          a sum of amounts that may be of several currencies
    ├── MoneyError                  an amount that is not exact, or not a number
    ├── SecretError                 a secret that would leave the process
    ├── StorageError                the keyring, or a file of accounts or secrets, fails
    ├── UnconfirmedHostError        a key would go to a host not confirmed for it
    ├── TransportError              no usable answer came
    │   ├── DeadlineExceededError   not within the time allowed
    │   ├── RateLimitedError        the vendor asks for a longer wait than allowed
    │   ├── RedirectRefusedError    the vendor's host points elsewhere
    │   └── ResponseTooLargeError   an answer, or a history, past the size allowed
    ├── RequestError                the vendor answered, and refused
    │   ├── AuthenticationError     the credential: missing, unusable or not accepted
    │   ├── AccessDeniedError       the credential may not read this
    │   └── AccountNotFoundError    no such account at the vendor
    ├── ContractError               an answer that is not what the vendor documents
    │   └── MalformedBodyError      not even JSON
    ├── UnstableHistoryError        the history kept changing while it was read
    └── TruncatedHistoryError       more entries than can be read

A message says what happened, what was expected and what to do next. It never holds
a secret, a response body or the query of a URL.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    import pandas as pd

P = ParamSpec("P")
R = TypeVar("R")


class BillnbError(Exception):
    """The base of everything billnb raises on purpose.

    Attributes
    ----------
    account : str or None
        Name of the account that was being read.
    page : int or None
        Page of the vendor's answer that was being read, from 1.
    loaded : pandas.DataFrame or None
        After a load of several accounts of which some failed: the whole history of the
        others. It is left out when the error is pickled.

    Examples
    --------
    >>> error = BillnbError("no answer")
    >>> error.account = "production"
    >>> str(error)
    'production: no answer'
    """

    account: str | None = None
    page: int | None = None
    loaded: pd.DataFrame | None = None

    def __str__(self) -> str:
        message = super().__str__()
        where = ", ".join(self._where())
        return f"{where}: {message}" if where else message

    def _where(self) -> Iterator[str]:
        if self.account is not None:
            yield self.account
        if self.page is not None:
            yield f"page {self.page}"

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in vars(self).items() if name != "loaded"}
        return type(self), self.args, state


class ArgumentError(BillnbError, ValueError):
    """An argument is invalid; raised before anything is sent."""


class NameTakenError(ArgumentError):
    """Another account has this name, or one with the same environment variables."""


class UnknownNameError(ArgumentError):
    """No account or provider has this name."""


class ConfigurationError(BillnbError, ValueError):
    """The file of accounts is invalid; it is not changed.

    Attributes
    ----------
    path : str or None
        The file.
    line, column : int or None
        Where it is not TOML, from 1; ``None`` where it is.
    """

    path: str | None = None
    line: int | None = None
    column: int | None = None

    def _where(self) -> Iterator[str]:
        yield from super()._where()
        if self.path is not None:
            yield self.path
        if self.line is not None:
            yield f"line {self.line}"
        if self.column is not None:
            yield f"column {self.column}"


class MissingRateError(BillnbError, LookupError):
    """No rate is known for a currency on a day that needs one."""


class MixedCurrencyError(BillnbError, ValueError):
    """Amounts that may be of different currencies would have to be added."""

    @classmethod
    def of_unstated(cls, entries: int) -> MixedCurrencyError:
        """Return the error for entries that state no currency."""
        return cls(
            f"{entries:,} of the entries state no currency, so that they cannot be added to any "
            "others; set their currency, or leave them out"
        )


class MoneyError(BillnbError, ValueError):
    """An amount that cannot be kept exactly, or that is not a number."""


class SecretError(BillnbError, TypeError):
    """A secret was about to leave the process, by pickling for instance."""


class StorageError(BillnbError):
    """The keyring, or a file of accounts or secrets, is missing or locked, or does not keep."""


class UnconfirmedHostError(BillnbError):
    """A key would go to a host that it was not connected for; nothing was sent.

    Attributes
    ----------
    host : str or None
        The host, as it can be confirmed: ``billnb.accounts.confirm(name, host)``.
    reason : str or None
        Why the host is not confirmed, without the command that confirms it.
    """

    host: str | None = None
    reason: str | None = None


class TransportError(BillnbError):
    """No usable answer: unreachable, cut off or failing, after the tries allowed."""


class DeadlineExceededError(TransportError):
    """The answer was not complete within the time allowed for one page."""


class RateLimitedError(TransportError):
    """The vendor limits the rate and asks for a longer wait than is allowed.

    Attributes
    ----------
    retry_after : float or None
        Seconds the vendor asked to wait, where it said so.
    """

    retry_after: float | None = None


class RedirectRefusedError(TransportError):
    """The vendor's host answered with a redirect; nothing was sent to its target."""


class ResponseTooLargeError(TransportError):
    """An answer, or all of a history, larger than its limit; reading stopped there."""


class RequestError(BillnbError):
    """The vendor answered and refused the request.

    Attributes
    ----------
    status : int or None
        The HTTP status, or the one stated in the body.
    """

    status: int | None = None


class AuthenticationError(RequestError):
    """A credential is missing, cannot be sent, or was not accepted."""


class AccessDeniedError(RequestError):
    """The credential is known but may not read this account."""


class AccountNotFoundError(RequestError):
    """The vendor knows no such account or organization."""


class ContractError(BillnbError):
    """The answer is not what the vendor documents, so it is not read any further.

    Attributes
    ----------
    field : str or None
        Path of the invalid field, such as ``billing_histories[7].total_cents``.
    """

    field: str | None = None

    def _where(self) -> Iterator[str]:
        yield from super()._where()
        if self.field is not None:
            yield f"field {self.field}"


class MalformedBodyError(ContractError):
    """The body is not complete, strict JSON."""


class UnstableHistoryError(BillnbError):
    """The history changed, or contradicted itself, each time it was read."""


class TruncatedHistoryError(BillnbError):
    """The vendor announces more entries than its paging can reach, or than there is room for."""


def contract_error(expected: str, field: str) -> ContractError:
    """Return the error for a field that breaks the contract."""
    error = ContractError(f"{expected}; the vendor's answer has changed, or it is not the vendor's")
    error.field = field
    return error


@contextmanager
def naming_account(account: str) -> Iterator[None]:
    """Note on errors of the block which account they are about."""
    try:
        yield
    except BillnbError as error:
        error.account = account
        raise


def clear_frames_on_error(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function` so that its errors keep their traceback, but no variables of its frames.

    A verbose traceback (IPython's ``%xmode Verbose``, a crash reporter) prints the
    variables of every frame: request headers and response bodies among them. Every public
    function that talks to a vendor is decorated with it. The errors it raises have no
    context either, because a context would carry the request.
    """

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failure = error
        del args, kwargs
        failure.__cause__ = failure.__context__ = None
        traceback.clear_frames(failure.__traceback__)
        raise failure

    return called


__all__ = [
    "AccessDeniedError",
    "AccountNotFoundError",
    "ArgumentError",
    "AuthenticationError",
    "BillnbError",
    "ConfigurationError",
    "ContractError",
    "DeadlineExceededError",
    "MalformedBodyError",
    "MissingRateError",
    "MixedCurrencyError",
    "MoneyError",
    "NameTakenError",
    "RateLimitedError",
    "RedirectRefusedError",
    "RequestError",
    "ResponseTooLargeError",
    "SecretError",
    "StorageError",
    "TransportError",
    "TruncatedHistoryError",
    "UnconfirmedHostError",
    "UnknownNameError",
    "UnstableHistoryError",
]
