"""The commands of ``billnb``."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

import billnb
from billnb import formats
from billnb.cli.accounts import accounts
from billnb.cli.command import Commands, with_debug
from billnb.entry import KINDS
from billnb.errors import ArgumentError
from billnb.files.atomic import replace
from billnb.formats import FORMATS
from billnb.values.moments import instant

TOUR = "explore.ipynb"
"""The notebook that `billnb lab` opens."""

_COUNT = click.IntRange(0)


_since = click.option(
    "--since", metavar="DATE", help="First date: 2025, 2025-Q3, 2025-06 or 2025-06-30."
)
_until = click.option("--until", metavar="DATE", help="Last date, included, in the same forms.")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(billnb.__version__, prog_name="billnb")
@with_debug
def main() -> None:
    """The billing histories of the services a team pays for, as one exact ledger.

    Connect an account once, with billnb accounts add, and use its name from then on. Or set
    credentials in the environment: BYTIO_API_KEY for Bytio, UNPOD_API_TOKEN and UNPOD_ORG_HANDLE
    for Unpod.

    Try it without any account: billnb demo
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a narrow terminal shows ? instead of failing


@main.command()
@_since
@_until
@click.option(
    "--months",
    default=12,
    show_default=True,
    type=click.IntRange(1),
    help="Months shown one by one.",
)
@with_debug
def demo(since: str | None, until: str | None, months: int) -> None:
    """Load two made-up accounts and sum them up.

    Three years of Bytio and Unpod, served in this process and loaded like real accounts: no key,
    no network.
    """
    from billnb.summary.terminal import summary

    click.echo(summary(billnb.demo(since=since, until=until), months=months))


@main.command()
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT]...")
@_since
@_until
@click.option("--kind", default="all", show_default=True, type=click.Choice(["all", *KINDS]))
@click.option(
    "--verify",
    default="counts",
    show_default=True,
    type=click.Choice(["counts", "snapshot"]),
    help="How to verify that nothing is lost: pages add up, or two readings agree as well.",
)
@click.option(
    "--workers", default=8, show_default=True, type=int, help="Requests under way at a time."
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*FORMATS]),
    help="The format to write. [default: by the ending of --output; without one, table]",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; standard output by default. An existing file is replaced whole.",
)
@with_debug
def load(
    accounts: tuple[str, ...],
    form: str | None,
    output: Path | None,
    **options: Any,
) -> None:
    """Load accounts and print or save their history.

    ACCOUNT is one of billnb accounts list, or bytio or unpod with its credentials in the
    environment; without one, every account is loaded. csv, json and parquet hold every column,
    also those about people and cards, and text as the vendor wrote it; table shows the essentials.
    """
    if form is None:
        form = "table" if output is None else formats.of_file(output)
    if output is None and not FORMATS[form].is_text:
        raise ArgumentError(f"{form} is not text; name a file with --output")
    history = billnb.load(*accounts, **options)
    if output is not None:
        formats.write(history, output, form)
        click.echo(f"{len(history):,} entries written to {output}", err=True)
    else:
        # files are bytes in UTF-8, whatever the terminal uses; a table is for the terminal
        content = FORMATS[form].encoded(history)
        click.echo(content.decode() if form == "table" else content, nl=False)


@main.command()
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT]...")
@click.option(
    "--output",
    "-o",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The HTML file. An existing one is replaced whole.",
)
@_since
@_until
@click.option(
    "--as-of", metavar="DATE", help="The date to answer for; by default, when accounts were read."
)
@click.option("--title", help="The title of the report.")
@click.option("--demo", is_flag=True, help="Report on the two made-up accounts.")
@click.option(
    "--no-redact", is_flag=True, help="Show account names, ids, cards and links as they are."
)
@click.option("--scale", is_flag=True, help="Show index numbers instead of amounts.")
@with_debug
def report(
    accounts: tuple[str, ...],
    output: Path,
    since: str | None,
    until: str | None,
    as_of: str | None,
    title: str | None,
    demo: bool,
    no_redact: bool,
    scale: bool,
) -> None:
    """Load accounts and write a report: one HTML file that opens anywhere.

    ACCOUNT is one of billnb accounts list, or bytio or unpod with its credentials in the
    environment; without one, every account is loaded. Account names and ids become
    pseudonyms, and e-mail addresses, card details and links are left out. Pseudonyms differ from
    report to report, unless BILLNB_REDACTION_KEY holds a secret of yours.
    """
    if demo and accounts:
        raise ArgumentError("--demo is about made-up accounts; leave out the names of yours")
    instant(as_of)  # an invalid date is an error before anything is sent
    load = billnb.demo if demo else partial(billnb.load, *accounts)
    history = load(since=since, until=until)
    billnb.report(history, output, title=title, redact=not no_redact, scale=scale, as_of=as_of)
    click.echo(f"{len(history):,} entries reported in {output}", err=True)


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@click.option("--no-browser", is_flag=True, help="Start only the server.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port; a free one by default.")
@with_debug
def lab(options: tuple[str, ...], no_browser: bool, port: int | None) -> None:
    """Start JupyterLab with a tour of billnb, in this folder.

    The tour is a notebook, explore.ipynb; an existing one is replaced only if you confirm it.
    Other OPTIONS are JupyterLab's own.
    """
    target = Path(TOUR)
    if not target.exists() or click.confirm(f"{TOUR} is there already. Replace it?", err=True):
        replace(target, tour())
    words = [sys.executable, "-m", "jupyterlab", TOUR]
    words += ["--no-browser"] if no_browser else []
    words += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port else []
    sys.exit(_run([*words, *options]))


def _run(words: list[str]) -> int:
    """Return the exit code of a program, which gets the signals that end this one."""
    process = subprocess.Popen(words)  # noqa: S603 - our own words
    asked: dict[int, Any] = {
        signal.SIGINT: signal.SIG_IGN,  # the program gets the signal too, and asks for confirmation
        signal.SIGTERM: lambda *_: process.terminate(),
    }
    before = {number: signal.signal(number, handler) for number, handler in asked.items()}
    try:
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tour() -> bytes:
    """Return the tour, as the bytes of a notebook."""
    inside = files("billnb") / "tour" / TOUR
    here = Path(__file__).parents[2] / "notebooks" / TOUR  # in a checkout
    return (inside if inside.is_file() else here).read_bytes()


@main.command()
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--latency",
    default=0.0,
    metavar="MS",
    type=click.FloatRange(0),
    help="Wait before each answer.",
)
@click.option(
    "--fail-every", default=0, metavar="N", type=_COUNT, help="Every Nth request fails (HTTP 503)."
)
@click.option(
    "--limit-every", default=0, metavar="N", type=_COUNT, help="Every Nth is refused (HTTP 429)."
)
@click.option(
    "--drift-every", default=0, metavar="N", type=_COUNT, help="A new entry before every Nth."
)
@click.option(
    "--page-limit", default=100, metavar="ROWS", type=click.IntRange(1, 100), help="Rows a page."
)
@with_debug
def sandbox(
    port: int,
    latency: float,
    fail_every: int,
    limit_every: int,
    drift_every: int,
    page_limit: int,
) -> None:
    """Serve both vendors' APIs on loopback, with made-up accounts.

    For curl, and to try what happens when a vendor fails. Port 0 takes any free one.
    """
    from billnb.sandbox import Faults, Sandbox, bytio, unpod
    from billnb.sandbox.serve import HOST, server

    faults = Faults(
        latency=latency / 1000,
        fail_every=fail_every,
        limit_every=limit_every,
        drift_every=drift_every,
        page_limit=page_limit,
    )
    try:
        serving = server(Sandbox(faults=faults), port)
    except OSError as error:
        problem = error.strerror
    else:
        problem = None
    if problem is not None:
        raise ArgumentError(f"cannot serve on port {port}: {problem}; try --port 0")
    url = f"http://{HOST}:{serving.server_port}"
    click.echo(
        f"export BYTIO_BASE_URL={url} BYTIO_API_KEY={bytio.KEY}\n"
        f"export UNPOD_BASE_URL={url} UNPOD_API_TOKEN={unpod.TOKEN} "
        f"UNPOD_ORG_HANDLE={unpod.ORGANIZATIONS[0]}\n"
        f"# Serving Bytio and Unpod on {url}; Ctrl-C ends it. In another shell, after the lines\n"
        f"# above: billnb load, or\n"
        f"# curl -H 'X-API-KEY: {bytio.KEY}' '{url}{bytio.PATH}?filter=all&page=1&count=5'"
    )
    sys.stdout.flush()
    with serving:
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            click.echo("", err=True)


main.add_command(accounts)
