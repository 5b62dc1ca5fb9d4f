"""The commands that connect, confirm, test and remove accounts.

A secret is asked for without an echo, or read from standard input. It is never an argument, because
others can read arguments in lists of processes and in the histories of shells.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread

import click

import billnb
from billnb import providers
from billnb.accounts import Account, confirming, connecting
from billnb.accounts.config.configuration import ConfiguredAccount, Store
from billnb.accounts.credentials import in_environment
from billnb.accounts.fields import Field, fields, known_providers
from billnb.accounts.listing import find
from billnb.accounts.naming import checked
from billnb.accounts.secrets import keeping
from billnb.cli.command import with_debug
from billnb.errors import ArgumentError, BillnbError, UnconfirmedHostError
from billnb.values.secret import Secret
from billnb.values.table import aligned

_TESTS_AT_A_TIME = 8


@click.group()
@with_debug
def accounts() -> None:
    """Connect accounts once, and use their names from then on.

    The file of accounts is in your configuration folder, or where BILLNB_CONFIG says; it holds no
    secret. Those are in the system's keyring, or in a file that only you can read; what environment
    variables such as BILLNB_PRODUCTION_API_KEY hold comes first.
    """


@accounts.command(name="list")
@with_debug
def list_() -> None:
    """List the accounts, with the state of each."""
    listed = billnb.accounts.list()
    if not listed:
        click.echo("No account is connected yet: billnb accounts add", err=True)
        return
    head = ["account", "provider", "state", "tested (UTC)", "last loaded (UTC)", "key in"]
    rows = [
        [
            one.name,
            one.provider,
            one.state,
            _moment(one.tested_at),
            _moment(one.last_sync),
            one.kept or "",
        ]
        for one in listed
    ]
    click.echo(aligned(head, rows, numbers=0))
    for one in listed:
        if one.message is not None:
            click.echo(f"{one.name}: {one.message}")


@accounts.command()
@click.argument("name", required=False)
@click.option(
    "--provider", metavar="NAME", help="The provider: bytio, unpod, or another that is installed."
)
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another option of the provider, such as org_handle=example.com. No secrets.",
)
@click.option("--base-url", metavar="URL", help="Another address than the vendor's own.")
@click.option(
    "--store",
    default="keyring",
    show_default=True,
    type=click.Choice(["keyring", "file"]),
    help="Where to keep the secret: the system's keyring, or a file that only you can read.",
)
@click.option("--no-test", is_flag=True, help="Keep it without a test.")
@click.option("--host", metavar="HOST", help="Confirm the host that the key may be sent to.")
@with_debug
def add(
    name: str | None,
    provider: str | None,
    options: tuple[str, ...],
    base_url: str | None,
    store: Store,
    no_test: bool,
    host: str | None,
) -> None:
    """Connect an account under a NAME: test it, and keep its secret.

    What is missing is asked for. Secrets are asked for without an echo; if standard input is not a
    terminal, they are read from it, one a line. They are never arguments, which others can read.

    If only one of key and host is in the environment, nothing is sent until the host is confirmed:
    it is asked for, or given as --host.
    """
    name = checked(_answered(name, "Name of the account", "its name, as the first argument"))
    known = ", ".join(providers.names())
    provider = _answered(provider, f"Provider ({known})", f"--provider, one of {known}")
    provider_class = providers.find(provider)
    wanted = fields(provider_class)
    details: dict[str, str | Secret] = dict(_split(options, wanted))
    if base_url is not None:
        details["base_url"] = base_url
    # before anything is asked for
    connecting.check_free(ConfiguredAccount(name, provider), known_providers())
    held = in_environment(ConfiguredAccount(name, provider), provider_class)
    if any(field.secret and field.name not in held for field in wanted):
        keeping.check(store)
    for field in wanted:
        if field.required and field.name not in details:
            if field.name in held:
                click.echo(f"{field.label}: from {held[field.name]}", err=True)
            else:
                details[field.name] = _filled_in(field)

    def connect(confirmed_host: str | None) -> Account:
        return billnb.accounts.add(
            name,
            provider,
            store=store,
            verify=not no_test,
            confirmed_host=confirmed_host,
            **details,
        )

    try:
        added = connect(host)
    except UnconfirmedHostError as error:
        if host is not None or not sys.stdin.isatty():
            raise
        refused = error
        added = connect(_confirmed(refused))
    tested = "not tested" if no_test else "tested"
    click.echo(f"{added.name}: {tested}, and connected. Try: billnb load {added.name}", err=True)


@accounts.command()
@click.argument("name")
@click.option("--host", metavar="HOST", help="The host, to confirm it without a question.")
@with_debug
def confirm(name: str, host: str | None) -> None:
    """Confirm the host of an account, so that its key may be sent there.

    A key may be sent to the host that it was connected for. Where the file of accounts, or a
    variable, names another, nothing is sent until you have written that host.
    """
    if host is None:
        refused = confirming.refusal(name)
        if refused is None:
            click.echo(
                f"{name}: its key may be sent to its host; there is nothing to confirm", err=True
            )
            return
        if not sys.stdin.isatty():
            raise refused
        host = _confirmed(refused)
    billnb.accounts.confirm(name, host)
    click.echo(f"{name}: confirmed. Try: billnb accounts test {name}", err=True)


@accounts.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@with_debug
def test(names: tuple[str, ...]) -> None:
    """Ask the vendors of accounts for one entry each; without a NAME, of all accounts.

    Exits with 1 if any fails.
    """
    names = names or tuple(one.name for one in billnb.accounts.list())
    if not names:
        raise ArgumentError("no account is connected yet: billnb accounts add")
    rows = _tested_at_once(names)
    for row in rows:
        click.echo(": ".join(part for part in row if part))
    if any(state != "ok" for _, state, _ in rows):
        raise SystemExit(1)


@accounts.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option(
    "--force",
    is_flag=True,
    help="Remove it even if its secret cannot be removed, which is then kept.",
)
@with_debug
def remove(name: str, yes: bool, force: bool) -> None:
    """Remove an account, with its secret."""
    find(name, {one.name: one for one in billnb.accounts.list()})
    if not yes:
        click.confirm(f"Remove the account {name} and its secret?", abort=True, err=True)
    billnb.accounts.remove(name, force=force)
    click.echo(f"{name}: removed", err=True)


def _tested_at_once(names: Sequence[str]) -> list[tuple[str, str, str | None]]:
    """Return the results of tests made several at a time; Ctrl-C waits for none of them."""
    left: SimpleQueue[str] = SimpleQueue()
    for name in names:
        left.put(name)
    found: dict[str, tuple[str, str, str | None]] = {}

    def work() -> None:
        with suppress(Empty):
            while True:
                name = left.get_nowait()
                found[name] = _tested(name)

    workers = [Thread(target=work, daemon=True) for _ in range(min(_TESTS_AT_A_TIME, len(names)))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return [found[name] for name in names]


def _tested(name: str) -> tuple[str, str, str | None]:
    try:
        account: Account = billnb.accounts.test(name)
    except BillnbError as error:
        failure = error
    else:
        return name, account.state, account.message
    failure.account = None
    return name, "failed", str(failure)


def _split(options: tuple[str, ...], wanted: Iterable[Field]) -> dict[str, str]:
    secrets = {field.name for field in wanted if field.secret}
    found = {}
    for option in options:
        key, equals, value = option.partition("=")
        if key in secrets:
            raise ArgumentError(
                f"{key} is a secret, and others can read arguments; leave it out, and it is asked "
                "for, or read from standard input"
            )
        if not equals:
            raise ArgumentError("--option takes NAME=VALUE, such as org_handle=example.com")
        found[key] = value
    return found


def _answered(given: str | None, question: str, option: str) -> str:
    """Return what was given, else what a person answers."""
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise ArgumentError(f"give {option}; there is no terminal to ask for it")
    answer: str = click.prompt(question, err=True)
    return answer


def _confirmed(refused: UnconfirmedHostError) -> str:
    """Return the host that a person writes after seeing where a key would be sent."""
    click.echo(f"{refused}", err=True)
    answer: str = click.prompt(f"Write {refused.host} to send the key there", err=True)
    return answer


def _filled_in(field: Field) -> str | Secret:
    if not field.secret:
        return _answered(None, field.label, f"--option {field.name}=…")
    if sys.stdin.isatty():
        return Secret(click.prompt(field.label, hide_input=True, err=True).strip())
    line = Secret(sys.stdin.readline().strip())
    if not line.reveal():
        raise ArgumentError(f"the {field.label} is missing on standard input, one secret a line")
    return line


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


__all__ = ["accounts"]
