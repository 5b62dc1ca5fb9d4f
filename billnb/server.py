"""How are accounts reached from JupyterLab? By REST, under ``billnb/``, behind Jupyter's own door.

No answer holds a secret. Those that come in are sealed as they are read, and go on to where they
are kept; vendors, keyrings and files are asked in threads, so that the server never waits for them.
"""

from __future__ import annotations

import asyncio
import functools
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Literal, TypeVar

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado import web

from billnb import accounts
from billnb.accounts import fields, keeping, naming
from billnb.accounts.configuration import Store
from billnb.errors import (
    ArgumentError,
    BillnbError,
    ConfigurationError,
    ContractError,
    NameTakenError,
    RequestError,
    StorageError,
    TransportError,
    UnknownNameError,
)
from billnb.secret import Secret, redact

T = TypeVar("T")
Method = Callable[..., Awaitable[None]]

Kind = Literal[
    "invalid",
    "taken",
    "not_found",
    "refused",
    "unreachable",
    "storage",
    "configuration",
    "unexpected",
]

_LARGEST = 64 * 1024  # bytes of a body: a form with a few fields

# the first that fits, so the narrower before the wider
_KINDS: tuple[tuple[type[BillnbError], HTTPStatus, Kind, str], ...] = (
    (NameTakenError, HTTPStatus.CONFLICT, "taken", "Choose another name."),
    (UnknownNameError, HTTPStatus.NOT_FOUND, "not_found", "Look at the list of accounts again."),
    (
        ConfigurationError,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "configuration",
        "Correct the file by hand, and try again; it is left as it is.",
    ),
    (
        StorageError,
        HTTPStatus.SERVICE_UNAVAILABLE,
        "storage",
        "Unlock the keyring and try again, or keep the secret in a file that only you can read.",
    ),
    (
        RequestError,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "refused",
        "Check the credentials; nothing was kept.",
    ),
    (
        TransportError,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "unreachable",
        "Check the address and the network, and try again; nothing was kept.",
    ),
    (
        ContractError,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "unreachable",
        "Check that the address is the vendor's; nothing was kept.",
    ),
    (ArgumentError, HTTPStatus.BAD_REQUEST, "invalid", "Correct it, and try again."),
)


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """An account to be added; its secrets are sealed."""

    name: str
    provider: str
    options: dict[str, str] = {}
    secrets: dict[str, Secret] = {}
    store: Store = "keyring"
    verify: bool = True


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """An empty body."""


def _sealed(kind: type, value: object) -> Secret:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError("expected a text")


_new_account = msgspec.json.Decoder(NewAccount, dec_hook=_sealed)
_nothing = msgspec.json.Decoder(Nothing)


class _Handler(APIHandler):
    """A handler whose errors say what happened, and what to do next."""

    auth_resource = "billnb"
    _threads: ThreadPoolExecutor

    def initialize(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads

    async def apart(self, function: Callable[..., T], *given: Any, **named: Any) -> T:
        """Call a function in a thread, for it may take long."""
        call = functools.partial(function, *given, **named)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def body(self, decoder: msgspec.json.Decoder[T]) -> T:
        """Return the body, if it is one; what is wrong with it is said without what it holds."""
        problem = f"it is larger than {_LARGEST // 1024} KiB"
        if len(self.request.body) <= _LARGEST:
            try:
                return decoder.decode(self.request.body or b"{}")
            except UnicodeDecodeError:
                problem = "it is no UTF-8"
            except (msgspec.DecodeError, RecursionError) as error:
                problem = redact(str(error))
        raise ArgumentError(f"the body of the request cannot be read: {problem}")

    def say(self, content: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answer in JSON."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(msgspec.json.encode(content))

    def fail(self, failure: Exception) -> None:
        """Answer that something went wrong."""
        for error, status, kind, hint in _KINDS:
            if isinstance(failure, error):
                failure.account = None  # whose it is, who asks knows
                self.say({"message": str(failure), "hint": hint, "kind": kind}, status)
                return
        # neither the message nor the variables: nobody knows what they hold
        where = "".join(traceback.format_tb(failure.__traceback__))
        self.log.error("billnb: unexpected %s\n%s", type(failure).__name__, where)
        content = {
            "message": f"something unexpected happened: {type(failure).__name__}",
            "hint": "The server's log says where; please report it.",
            "kind": "unexpected",
        }
        self.say(content, HTTPStatus.INTERNAL_SERVER_ERROR)


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
        known = await self.apart(fields.kinds)
        providers = [
            {
                "name": name,
                "label": kind.__name__,
                "fields": fields.fields(kind),
                "documentation": kind.documentation,
            }
            for name, kind in known.items()
        ]
        self.say({"providers": providers})


class AccountsHandler(_Handler):
    """All accounts."""

    @_answering
    async def get(self) -> None:
        """Answer with the accounts, and where secrets can be kept."""
        found = await self.apart(accounts.list)
        self.say({"accounts": found, "storage": await self.apart(keeping.storage)})

    @_answering
    async def post(self) -> None:
        """Add an account."""
        wanted = self.body(_new_account)
        naming.checked(wanted.name)
        taken = _fields(wanted.provider, await self.apart(fields.kinds))
        _check(wanted.options, [one for one in taken if not one.secret], "options")
        _check(wanted.secrets, [one for one in taken if one.secret], "secrets")
        added = await self.apart(
            accounts.add,
            wanted.name,
            wanted.provider,
            store=wanted.store,
            verify=wanted.verify,
            **wanted.options,
            **wanted.secrets,
        )
        self.say({"account": added}, HTTPStatus.CREATED)


class AccountHandler(_Handler):
    """One account."""

    @_answering
    async def delete(self, name: str) -> None:
        """Remove it."""
        await self.apart(accounts.remove, naming.checked(name))
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()


class TrialHandler(_Handler):
    """The test of one account."""

    @_answering
    async def post(self, name: str) -> None:
        """Test it."""
        self.body(_nothing)
        tested = await self.apart(accounts.test, naming.checked(name))
        self.say({"account": tested})


def _fields(provider: str, known: fields.Kinds) -> tuple[fields.Field, ...]:
    if provider in known:
        return fields.fields(known[provider])
    raise ArgumentError(
        f"no provider is called {redact(provider, limit=60)!r}; known: {', '.join(known)}"
    )


def _check(given: dict[str, Any], taken: list[fields.Field], where: str) -> None:
    names = [one.name for one in taken]
    for key in given:
        if key not in names:
            raise ArgumentError(
                f"{where} hold an unknown field, {redact(key, limit=60)!r}; expected "
                f"{', '.join(names)}"
            )


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Put the handlers into a Jupyter server."""
    threads = ThreadPoolExecutor(8, thread_name_prefix="billnb-accounts")
    base = server.web_app.settings["base_url"]
    given = {"threads": threads}
    # a name takes in what is no name, slashes included: it is refused with a reason
    routes = {
        "providers": ProvidersHandler,
        "accounts": AccountsHandler,
        "accounts/(.+)/test": TrialHandler,
        "accounts/(.+)": AccountHandler,
    }
    server.web_app.add_handlers(  # type: ignore[no-untyped-call] # tornado does not type it
        ".*$",
        [(url_path_join(base, "billnb", path), one, given) for path, one in routes.items()],
    )


__all__ = ["AccountHandler", "AccountsHandler", "NewAccount", "ProvidersHandler", "TrialHandler"]
