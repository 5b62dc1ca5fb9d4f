"""The base of all commands: errors in one line, and ``--debug``."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click

from billnb.errors import ArgumentError, BillnbError
from billnb.files.atomic import advice

# errors of a full stream; files are written elsewhere, with errors of their own
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

F = TypeVar("F", bound=Callable[..., Any])


class Commands(click.Group):
    """A group of commands whose errors are one line, unless ``--debug`` is given."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BillnbError as error:
            failure = error
        except OSError as error:
            if error.errno not in _FULL:
                raise
            failure = ArgumentError(f"cannot write to standard output: {advice(error)}")
        return _fail(failure, debug=ctx.ensure_object(dict).get("debug", False))


def _fail(failure: BillnbError, *, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exception(failure)
    else:
        for line in (f"Error: {failure}", *getattr(failure, "__notes__", ())):
            click.echo(line, err=True)
    if failure.loaded is not None:
        read = ", ".join(failure.loaded.attrs["billnb"])
        click.echo(
            f"{read}: loaded, but not written; to load these without the others, name only them",
            err=True,
        )
    raise SystemExit(1)


def _debug(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.find_root().ensure_object(dict)["debug"] = True


def with_debug(command: F) -> F:
    """Return a command with the option ``--debug``."""
    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=_debug,
        help="Show where an error comes from. Secrets stay out of it.",
    )(command)


__all__ = ["Commands", "with_debug"]
