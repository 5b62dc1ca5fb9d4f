"""Accounts by REST, for JupyterLab: under ``billnb/``, behind Jupyter's own door.

No answer holds a secret. Those that come in are sealed as they are read, and go on to where they
are kept; vendors, keyrings and files are asked in threads, so that the server never waits for them.
"""

from __future__ import annotations

import asyncio
import functools
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado import web

from billnb import accounts
from billnb.accounts import confirming, fields, naming
from billnb.accounts.config.configuration import Store
from billnb.accounts.secrets import keeping
from billnb.errors import (
    ArgumentError,
    BillnbError,
    ConfigurationError,
    ContractError,
    NameTakenError,
    RequestError,
    StorageError,
    TransportError,
    UnconfirmedHostError,
    UnknownNameError,
)
from billnb.values.secret import Secret, redact

T = TypeVar("T")
Method = Callable[..., Awaitable[None]]

Cause = Literal[
    "invalid",
    "taken",
    "not_found",
    "refused",
    "unreachable",
    "storage",
    "configuration",
    "unconfirmed",
    "forbidden",
    "unexpected",
]

_LARGEST = 64 * 1024  # bytes of a body: a form with a few fields

# the first that fits, so the narrower before the wider
_CAUSES: tuple[tuple[type[BillnbError], HTTPStatus, Cause, str | None], ...] = (
    (NameTakenError, HTTPStatus.CONFLICT, "taken", None),
    (UnknownNameError, HTTPStatus.NOT_FOUND, "not_found", "Look at the list of accounts again."),
    (
        ConfigurationError,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "configuration",
        "Correct the file by hand, and try again; it is left as it is.",
    ),
    (UnconfirmedHostError, HTTPStatus.PRECONDITION_REQUIRED, "unconfirmed", None),
    (StorageError, HTTPStatus.SERVICE_UNAVAILABLE, "storage", None),
    (RequestError, HTTPStatus.UNPROCESSABLE_ENTITY, "refused", "Nothing was kept."),
    (TransportError, HTTPStatus.UNPROCESSABLE_ENTITY, "unreachable", "Nothing was kept."),
    (ContractError, HTTPStatus.UNPROCESSABLE_ENTITY, "unreachable", "Nothing was kept."),
    (ArgumentError, HTTPStatus.BAD_REQUEST, "invalid", None),
)
_ELSEWHERE: Mapping[int, tuple[Cause, str, str | None]] = {
    HTTPStatus.FORBIDDEN: (
        "forbidden",
        "The server does not let this in.",
        "Log in to Jupyter, or give its token.",
    ),
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing of this address.", None),
    HTTPStatus.METHOD_NOT_ALLOWED: ("invalid", "That cannot be done with this address.", None),
}
_REPORT = "The server's log says where; please report it."
_ECHOED = re.compile(r"(unknown field|enum value) [`'].*[`'](?= - at|$)", re.DOTALL)


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """An account to be added; its secrets are sealed."""

    name: str
    provider: str
    options: dict[str, str] = {}
    secrets: dict[str, Secret] = {}
    store: Store = "keyring"
    verify: bool = True
    confirmed_host: str | None = None


class Confirmation(msgspec.Struct, forbid_unknown_fields=True):
    """The host that the key of an account may be sent to, in words."""

    confirmed_host: str


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """An empty body."""


def _as_secret(wanted: type, value: object) -> Secret:
    if wanted is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError("expected a text")


_new_account = msgspec.json.Decoder(NewAccount, dec_hook=_as_secret)
_confirmation = msgspec.json.Decoder(Confirmation)
_nothing = msgspec.json.Decoder(Nothing)


class Threads(NamedTuple):
    """Those who wait, so that lists are answered while vendors and keyrings are slow."""

    reading: ThreadPoolExecutor
    asking: ThreadPoolExecutor


class _Handler(APIHandler):
    """A handler whose errors say what happened, and what to do next."""

    auth_resource = "billnb"
    _threads: Threads

    def initialize(self, threads: Threads) -> None:
        self._threads = threads

    async def run_fast(self, function: Callable[..., T], *given: Any, **named: Any) -> T:
        """Call a function in a thread, for it reads files."""
        return await self._called(self._threads.reading, function, *given, **named)

    async def run_slow(self, function: Callable[..., T], *given: Any, **named: Any) -> T:
        """Call a function in a thread, for it asks a vendor or a keyring, and may take long."""
        return await self._called(self._threads.asking, function, *given, **named)

    async def _called(
        self, pool: ThreadPoolExecutor, function: Callable[..., T], *given: Any, **named: Any
    ) -> T:
        call = functools.partial(function, *given, **named)
        return await asyncio.get_running_loop().run_in_executor(pool, call)

    def body(self, decoder: msgspec.json.Decoder[T]) -> T:
        """Return the body, if it is one; what is wrong with it is said without what it holds."""
        problem = f"it is larger than {_LARGEST // 1024} KiB"
        if len(self.request.body) <= _LARGEST:
            try:
                return decoder.decode(self.request.body or b"{}")
            except UnicodeDecodeError:
                problem = "it is no UTF-8"
            except (msgspec.DecodeError, RecursionError) as error:
                problem = redact(_ECHOED.sub(r"\1", str(error)))
        raise ArgumentError(f"the body of the request cannot be read: {problem}")

    def say(self, content: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answer in JSON."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(msgspec.json.encode(content))

    def fail(self, failure: Exception) -> None:
        """Answer that something went wrong."""
        for error, status, cause, hint in _CAUSES:
            if isinstance(failure, error):
                failure.account = None  # whose it is, who asks knows
                answer = _failure(str(failure), hint, cause)
                if isinstance(failure, UnconfirmedHostError):
                    answer |= _unconfirmed(failure)
                self.say(answer, status)
                return
        # neither the message nor the variables: nobody knows what they hold
        where = "".join(traceback.format_tb(failure.__traceback__))
        self.log.error("billnb: unexpected %s\n%s", type(failure).__name__, where)
        said = f"something unexpected happened: {type(failure).__name__}"
        self.say(_failure(said, _REPORT, "unexpected"), HTTPStatus.INTERNAL_SERVER_ERROR)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer what is refused before it comes to a method in the same form."""
        otherwise: tuple[Cause, str, str | None] = ("invalid", "That is no request.", None)
        if status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            otherwise = ("unexpected", "Something unexpected happened.", _REPORT)
        cause, message, hint = _ELSEWHERE.get(status_code, otherwise)
        self.say(_failure(message, hint, cause), HTTPStatus(status_code))


def _failure(message: str, hint: str | None, cause: Cause) -> dict[str, str | None]:
    """Return what is answered of a failure: a message that is a sentence."""
    return {"message": _sentence(message), "hint": hint, "cause": cause}


def _unconfirmed(refused: UnconfirmedHostError) -> dict[str, str | None]:
    """Return what a person is asked, who may confirm a host."""
    return {"host": refused.host, "message": _sentence(refused.reason or "")}


def _sentence(message: str) -> str:
    sentence = message[:1].upper() + message[1:]
    return sentence + ("" if sentence.endswith((".", "!", "?")) else ".")


def _answering(method: Method) -> Callable[..., Awaitable[None] | None]:
    """Have a method answer its errors; only those who may are let in."""

    @web.authenticated
    @authorized
    @functools.wraps(method)
    async def answered(self: _Handler, *words: str) -> None:
        try:
            await method(self, *words)
        except web.HTTPError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            failure = error
        else:
            return
        self.fail(failure)

    return answered


class ProvidersHandler(_Handler):
    """The providers, and what must be filled in for each."""

    @_answering
    async def get(self) -> None:
        """Answer with the providers."""
        known = await self.run_fast(fields.known_providers)
        providers = [
            {
                "name": name,
                "label": provider_class.__name__,
                "fields": fields.fields(provider_class),
                "documentation": provider_class.documentation,
            }
            for name, provider_class in known.items()
        ]
        self.say({"providers": providers})


class AccountsHandler(_Handler):
    """All accounts."""

    @_answering
    async def get(self) -> None:
        """Answer with the accounts, and where secrets can be kept."""
        found = await self.run_fast(accounts.list)
        self.say({"accounts": found, "storage": await self.run_fast(keeping.storage)})

    @_answering
    async def post(self) -> None:
        """Add an account."""
        wanted = self.body(_new_account)
        naming.checked(wanted.name)
        taken = _fields(wanted.provider, await self.run_fast(fields.known_providers))
        _check(wanted.options, [one for one in taken if not one.secret], "options")
        _check(wanted.secrets, [one for one in taken if one.secret], "secrets")
        added = await self.run_slow(
            accounts.add,
            wanted.name,
            wanted.provider,
            store=wanted.store,
            verify=wanted.verify,
            confirmed_host=wanted.confirmed_host,
            **wanted.options,
            **wanted.secrets,
        )
        self.say({"account": added}, HTTPStatus.CREATED)


class AccountHandler(_Handler):
    """One account."""

    @_answering
    async def delete(self, name: str) -> None:
        """Remove it."""
        force = self.get_query_argument("force", "false")
        if force not in ("true", "false"):
            raise ArgumentError("force is true or false")
        await self.run_slow(accounts.remove, naming.checked(name), force=force == "true")
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()


class TrialHandler(_Handler):
    """The test of one account."""

    @_answering
    async def post(self, name: str) -> None:
        """Test it."""
        self.body(_nothing)
        tested = await self.run_slow(accounts.test, naming.checked(name))
        self.say({"account": tested})


class HostHandler(_Handler):
    """The host of one account, where its key may not be sent before that is confirmed."""

    @_answering
    async def get(self, name: str) -> None:
        """Answer with the host that is to be confirmed, and why; with none, where none is."""
        refused = await self.run_slow(confirming.refusal, naming.checked(name))
        self.say({"host": None, "message": None} if refused is None else _unconfirmed(refused))

    @_answering
    async def post(self, name: str) -> None:
        """Confirm it."""
        wanted = self.body(_confirmation)
        confirmed = await self.run_slow(
            accounts.confirm, naming.checked(name), wanted.confirmed_host
        )
        self.say({"account": confirmed})


class NothingHandler(_Handler):
    """What is not there."""

    @_answering
    async def get(self) -> None:
        """Answer so."""
        raise web.HTTPError(HTTPStatus.NOT_FOUND)

    post = put = patch = delete = get


def _fields(provider: str, known: fields.KnownProviders) -> tuple[fields.Field, ...]:
    if provider in known:
        return fields.fields(known[provider])
    raise ArgumentError(f"there is no such provider; known: {', '.join(known)}")


def _check(given: dict[str, Any], taken: list[fields.Field], where: str) -> None:
    names = [one.name for one in taken]
    for key in given:
        if key not in names:
            # which is not repeated: nobody knows what it holds
            raise ArgumentError(f"{where} hold an unknown field; expected {', '.join(names)}")


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Put the handlers into a Jupyter server."""
    threads = Threads(
        ThreadPoolExecutor(4, thread_name_prefix="billnb-reading"),
        ThreadPoolExecutor(8, thread_name_prefix="billnb-asking"),
    )
    base = server.web_app.settings["base_url"]
    given = {"threads": threads}
    # a name takes in what is no name, slashes included: it is refused with a reason
    routes = {
        "providers": ProvidersHandler,
        "accounts": AccountsHandler,
        "accounts/(.+)/test": TrialHandler,
        "accounts/(.+)/host": HostHandler,
        "accounts/(.+)": AccountHandler,
        ".*": NothingHandler,
    }
    server.web_app.add_handlers(  # type: ignore[no-untyped-call] # tornado does not type it
        ".*$",
        [(url_path_join(base, "billnb", path), one, given) for path, one in routes.items()],
    )


__all__ = [
    "AccountHandler",
    "AccountsHandler",
    "HostHandler",
    "NewAccount",
    "ProvidersHandler",
    "TrialHandler",
]
