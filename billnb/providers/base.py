"""The interface of a provider: what is declared of a vendor to read its billing history.

A provider is a subclass of :class:`Provider`: the address of the history, the credentials it needs,
how it pages, its contract as types, and pure functions from a body to a page of entries.
"""

from __future__ import annotations

import functools
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar

import msgspec
from requests.adapters import BaseAdapter

from billnb.entry import Entry, Page
from billnb.errors import (
    ArgumentError,
    AuthenticationError,
    ContractError,
    MoneyError,
    RequestError,
    SecretError,
    contract_error,
)
from billnb.transport import (
    Client,
    HeaderAuth,
    Limits,
    checked_base_url,
    checked_credential,
    strict_json,
)
from billnb.values.secret import Secret

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that an account needs.

    Attributes
    ----------
    argument : str
        Its name as an argument of the provider: ``api_key``.
    variable : str
        The environment variable it is taken from if it is not given: ``BYTIO_API_KEY``.
    label : str
        The name shown to people: ``API key``.
    is_secret : bool
        Whether it must never be pickled or shown; the name of an organization may be.
    """

    argument: str
    variable: str
    label: str
    is_secret: bool = True

    def missing(self, account: str) -> AuthenticationError:
        """Return the error that says how to supply it."""
        error = AuthenticationError(
            f"the {self.label} is missing; pass {self.argument}=… or set the environment "
            f"variable {self.variable}"
        )
        error.account = account
        return error


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of an account, which is not a credential and has a default.

    Attributes
    ----------
    argument : str
        Its name as an argument of the provider: ``currency``.
    variable : str
        The environment variable it is taken from if it is not given: ``BYTIO_CURRENCY``.
    label : str
        The name shown to people: ``currency``.
    default : str
        Its value if none is given.
    """

    argument: str
    variable: str
    label: str
    default: str

    def of(self, given: str | None) -> str:
        """Return what is given, else the value of the environment variable, else the default."""
        return given or os.environ.get(self.variable) or self.default


def as_secret(value: str | Secret | None) -> Secret | None:
    """Return a credential as a secret; a constructor calls it first, before anything can fail.

    What is not text becomes an empty secret, which is refused when it is checked.
    """
    if value is None or isinstance(value, Secret):
        return value
    return Secret(value if isinstance(value, str) else "")


class from_environment(Generic[P, R]):  # noqa: N801 - a decorator
    """A method that may be called on the class too, for an account made from the environment."""

    def __init__(self, method: Callable[Concatenate[Any, P], R]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, account: Provider | None, owner: Callable[[], Provider]) -> Callable[P, R]:
        @functools.wraps(self._method)
        def bound(*args: P.args, **kwargs: P.kwargs) -> R:
            return self._method(owner() if account is None else account, *args, **kwargs)

        return bound


class Provider(ABC):
    """An account at a vendor; one subclass a vendor.

    Attributes
    ----------
    provider : str
        The vendor's name, as in the history's column.
    url_variable, default_base_url, path : str
        The environment variable for scheme and host, their default, and the history's path.
    credentials : tuple of Credential
        What an account needs.
    settings : tuple of Setting
        Its other settings.
    max_page_size : int
        Entries a page, at most; an answer that holds more is refused.
    max_pages : int or None
        Pages that can be read with one filter, if the vendor limits them.
    filters : tuple of str
        The kinds the vendor can be asked for one by one.
    has_ids : bool
        Whether the vendor gives every entry an identifier of its own.
    statuses : mapping of int to type
        Errors for HTTP statuses that mean something special at this vendor.
    documentation : str or None
        Address of a page that says where to get the credentials.
    """

    provider: ClassVar[str]
    url_variable: ClassVar[str]
    default_base_url: ClassVar[str]
    path: ClassVar[str]
    credentials: ClassVar[tuple[Credential, ...]]
    settings: ClassVar[tuple[Setting, ...]] = ()
    max_page_size: ClassVar[int]
    max_pages: ClassVar[int | None] = None
    filters: ClassVar[tuple[str, ...]] = ()
    has_ids: ClassVar[bool] = False
    statuses: ClassVar[Mapping[int, type[RequestError]]] = {}
    documentation: ClassVar[str | None] = None

    def __init__(
        self,
        given: Mapping[str, Secret | None],
        *,
        name: str,
        base_url: str | None,
        limits: Limits | None,
        adapter: BaseAdapter | None,
        **options: Any,
    ) -> None:
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise ArgumentError("name must be a text of at least one printable character")
        if limits is not None and not isinstance(limits, Limits):
            raise ArgumentError("limits must be a billnb.Limits")
        self.name = name
        self.base_url = self._base_url(base_url)
        self.limits = limits or Limits()
        self._adapter = adapter
        self._given = dict(given)
        self._options = {
            "name": name,
            "base_url": base_url,
            "limits": limits,
            "adapter": adapter,
            **options,
        }
        self._secrets = {
            credential.argument: self._secret(credential) for credential in self.credentials
        }

    @classmethod
    def has_key_in_environment(cls) -> bool:
        """Return whether the environment holds a key of an account, even if not all it needs."""
        return any(os.environ.get(one.variable) for one in cls.credentials if one.is_secret)

    @abstractmethod
    def auth(self) -> HeaderAuth:
        """Return the credentials as headers.

        Raises
        ------
        AuthenticationError
            When one is missing; the message says how to supply it.
        """

    @abstractmethod
    def query(self, *, kind: str, page: int, size: int) -> dict[str, str | int]:
        """Return the query for one page of entries of one kind, or of ``all``."""

    @abstractmethod
    def decode(self, body: bytes) -> Any:
        """Return what a body says, as the types of the contract.

        Raises
        ------
        ContractError
            For a body that breaks the contract, naming the field.
        billnb.transport.Refusal
            For a body that states a failure.
        """

    @abstractmethod
    def page(self, answer: Any) -> Page[list[Entry]]:
        """Return the entries of an answer, with its total and page number.

        Raises
        ------
        ContractError
            For what types cannot check: invalid dates, and amounts that are not exact.
        """

    def answer(self, body: bytes) -> Any:
        """Return what a body says, unless it holds more rows than a page may have.

        Raises
        ------
        ContractError
            As for :meth:`decode`, and for too many rows, before they become entries.
        """
        answer = self.decode(body)
        where, rows = longest_list(answer)
        if rows > self.max_page_size:
            raise contract_error(
                f"{rows:,} rows, where {self.max_page_size:,} were asked for at most", where
            )
        return answer

    @property
    def identity(self) -> Hashable:
        """A value that two accounts share only if they are the same: name, host, credentials."""
        return self.name, self.access

    @property
    def access(self) -> Hashable:
        """A value that two accounts share only if they read the same history."""
        return type(self), self.base_url, *self._secrets.values()

    def client(
        self, *, connections: int, path: str | None = None, auth: HeaderAuth | None = None
    ) -> Client:
        """Return a client for this account's history, or for another path."""
        return Client(
            self.base_url + (path or self.path),
            auth or self.auth(),
            limits=self.limits.for_rows(self.max_page_size),
            connections=connections,
            adapter=self._adapter,
            explain=vendor_message,
            statuses=self.statuses,
        )

    def credential(self, argument: str) -> Secret:
        """Return a credential, or raise the error that says how to supply it."""
        secret = self._secrets[argument]
        if secret is None:
            wanted = next(one for one in self.credentials if one.argument == argument)
            raise wanted.missing(self.name)
        return secret

    def _base_url(self, given: str | None) -> str:
        found = os.environ.get(self.url_variable)
        if given is None and found:
            return checked_base_url(found, f"{self.name}: {self.url_variable}")
        chosen = self.default_base_url if given is None else given
        return checked_base_url(chosen, f"{self.name}: base_url")

    def _secret(self, credential: Credential) -> Secret | None:
        given = self._given.get(credential.argument)
        if given is not None:
            return checked_credential(given, f"{self.name}: the {credential.label}")
        found = Secret(os.environ.get(credential.variable, ""))
        if not found.reveal():
            return None
        return checked_credential(found, f"{self.name}: {credential.variable}")

    def __repr__(self) -> str:
        # an account whose constructor failed has no name yet
        return f"<{type(self).__name__} account {getattr(self, 'name', None)!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        given = {name: secret for name, secret in self._given.items() if secret is not None}
        if any(one.is_secret and one.argument in given for one in self.credentials):
            refusal = SecretError(
                "an account made with a credential is never pickled; leave the credential out "
                "and set its environment variable where the account is read"
            )
            refusal.account = self.name
            raise refusal
        names = {name: secret.reveal() for name, secret in given.items()}
        make: Any = type(self)  # each provider's constructor is its own
        return functools.partial(make, **names, **self._options), ()


class GatewayError(msgspec.Struct):
    """An error that a gateway answers in place of the vendor."""

    message: str | None = None


class _Failure(msgspec.Struct):
    message: str | None = None
    error: GatewayError | str | None = None


_failure = msgspec.json.Decoder(_Failure)


def error_message(error: GatewayError | str | None) -> str | None:
    """Return the text of a body's ``error``, in either of its forms."""
    return error.message if isinstance(error, GatewayError) else error


def vendor_message(body: bytes) -> str | None:
    """Return the message of an error's body, in the forms vendors give it; ``None`` if none.

    Examples
    --------
    >>> vendor_message(b'{"message": "Not found."}')
    'Not found.'
    >>> vendor_message(b"<html>")
    """
    try:
        failure = strict_json(body, _failure)
    except ContractError:
        return None
    return failure.message or error_message(failure.error)


def longest_list(answer: object) -> tuple[str, int]:
    """Return the path of the longest list of an answer's envelope, and its length.

    These are the rows, whatever the vendor calls them; lists inside of lists are ignored.

    Examples
    --------
    >>> longest_list({"count": 3, "data": {"results": [{"lines": [1, 2, 3, 4]}, {}, {}]}})
    ('data.results', 3)
    >>> longest_list([{}, {}])
    ('(the whole body)', 2)
    """
    longest: tuple[tuple[str, ...], int] = (), 0
    inside: list[tuple[tuple[str, ...], Any]] = [((), answer)]
    while inside:
        path, value = inside.pop()
        if isinstance(value, list):
            if len(value) > longest[1]:
                longest = path, len(value)
        elif isinstance(value, msgspec.Struct):
            inside += [((*path, name), getattr(value, name)) for name in value.__struct_fields__]
        elif isinstance(value, dict):
            inside += [((*path, name), one) for name, one in value.items()]
    return ".".join(longest[0]) or "(the whole body)", longest[1]


def amount_error(
    record: object, fields: Iterable[str], exact: Callable[[Decimal], Decimal]
) -> ContractError:
    """Return the error for a record with an amount that is not exact; it names the field."""
    for field in fields:
        amount = getattr(record, field)
        try:
            if amount is not None:
                exact(amount)
        except MoneyError as error:
            return contract_error(str(error), field)
    raise AssertionError("every amount is exact")


def parsed(records: Iterable[T], parse: Callable[[T], Entry], where: str) -> list[Entry]:
    """Return the entries of records; an error names the record by its position in `where`."""
    entries: list[Entry] = []
    try:
        for record in records:
            entries.append(parse(record))
    except ContractError as error:
        error.field = f"{where}[{len(entries)}].{error.field}"
        raise
    return entries


# what providers of other packages import by the names that these had before 0.2
Trouble, said, sealed = GatewayError, error_message, as_secret

__all__ = [
    "Credential",
    "GatewayError",
    "Provider",
    "Setting",
    "amount_error",
    "as_secret",
    "error_message",
    "from_environment",
    "longest_list",
    "parsed",
    "vendor_message",
]
