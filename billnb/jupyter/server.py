"""Accounts by REST, for JupyterLab: under ``billnb/``, for users whom Jupyter lets in.

No answer holds a secret. Those that come in become :class:`~billnb.values.secret.Secret` as they
are read, and go on to where they are kept. Vendors, keyrings and files are asked in threads, so
that the server never waits for them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import msgspec
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado import web

from billnb import accounts
from billnb.accounts import confirming, fields, naming
from billnb.accounts.config.configuration import Store
from billnb.accounts.secrets import keeping
from billnb.errors import ArgumentError
from billnb.jupyter.handler import Handler, Threads, answering, unconfirmed
from billnb.values.secret import Secret


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """An account to be added."""

    name: str
    provider: str
    options: dict[str, str] = {}
    secrets: dict[str, Secret] = {}
    store: Store = "keyring"
    verify: bool = True
    confirmed_host: str | None = None


class Confirmation(msgspec.Struct, forbid_unknown_fields=True):
    """The host that a person confirmed for the key of an account."""

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


class ProvidersHandler(Handler):
    """The providers, and what must be filled in for each."""

    @answering
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
        self.respond({"providers": providers})


class AccountsHandler(Handler):
    """All accounts."""

    @answering
    async def get(self) -> None:
        """Answer with the accounts, and where secrets can be kept."""
        found = await self.run_fast(accounts.list)
        self.respond({"accounts": found, "storage": await self.run_fast(keeping.storage)})

    @answering
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
        self.respond({"account": added}, HTTPStatus.CREATED)


class AccountHandler(Handler):
    """One account."""

    @answering
    async def delete(self, name: str) -> None:
        """Remove it."""
        force = self.get_query_argument("force", "false")
        if force not in ("true", "false"):
            raise ArgumentError("force is true or false")
        await self.run_slow(accounts.remove, naming.checked(name), force=force == "true")
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()


class TrialHandler(Handler):
    """The test of one account."""

    @answering
    async def post(self, name: str) -> None:
        """Test it."""
        self.body(_nothing)
        tested = await self.run_slow(accounts.test, naming.checked(name))
        self.respond({"account": tested})


class HostHandler(Handler):
    """The host of one account, where its key may not be sent before that is confirmed."""

    @answering
    async def get(self, name: str) -> None:
        """Answer with the host to be confirmed, and why; with ``null`` if there is none."""
        refused = await self.run_slow(confirming.refusal, naming.checked(name))
        self.respond({"host": None, "message": None} if refused is None else unconfirmed(refused))

    @answering
    async def post(self, name: str) -> None:
        """Confirm it."""
        wanted = self.body(_confirmation)
        confirmed = await self.run_slow(
            accounts.confirm, naming.checked(name), wanted.confirmed_host
        )
        self.respond({"account": confirmed})


class NothingHandler(Handler):
    """Every other address."""

    @answering
    async def get(self) -> None:
        """Answer that there is nothing."""
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
            # it is not repeated: it may hold a secret
            raise ArgumentError(f"{where} hold an unknown field; expected {', '.join(names)}")


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Add the handlers to a Jupyter server."""
    threads = Threads(
        ThreadPoolExecutor(4, thread_name_prefix="billnb-reading"),
        ThreadPoolExecutor(8, thread_name_prefix="billnb-asking"),
    )
    base = server.web_app.settings["base_url"]
    given = {"threads": threads}
    # an invalid name, which may contain slashes, is refused with a reason
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
