"""The providers: those built in, and those that other packages register.

Providers are found by entry point, the built-in ones like any other: a package that declares

.. code-block:: toml

    [project.entry-points."billnb.providers"]
    acme = "billnb_acme:Acme"

with a subclass of :class:`billnb.providers.base.Provider` adds one.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from billnb.errors import ArgumentError, UnknownNameError
from billnb.providers.base import Provider

GROUP = "billnb.providers"


def names() -> list[str]:
    """Return the names of the providers installed, sorted.

    Returns
    -------
    list of str
        What :func:`find` takes.

    Examples
    --------
    >>> names()
    ['bytio', 'unpod']
    """
    return sorted(points())


def find(name: str) -> type[Provider]:
    """Return the provider called `name`.

    Returns
    -------
    type
        A subclass of :class:`billnb.providers.base.Provider`.

    Raises
    ------
    UnknownNameError
        When there is none; the message lists the known ones.
    ArgumentError
        When what is installed under the name is not a provider.
    """
    found = points()
    if name not in found:
        known = ", ".join(sorted(found)) or "none; install billnb with pip, which registers them"
        raise UnknownNameError(f"no provider is called {name!r}; known: {known}")
    return loaded(found[name])


def points() -> dict[str, EntryPoint]:
    """Return the entry points of the providers installed, by name."""
    return {point.name: point for point in entry_points(group=GROUP)}


def loaded(point: EntryPoint) -> type[Provider]:
    """Return the provider of an entry point.

    Raises
    ------
    ArgumentError
        When it is not a provider.
    """
    provider = point.load()
    if isinstance(provider, type) and issubclass(provider, Provider):
        return provider
    raise ArgumentError(
        f"{point.value}, installed as provider {point.name!r}, is not a subclass of "
        "billnb.providers.base.Provider"
    )


__all__ = ["GROUP", "find", "loaded", "names", "points"]
