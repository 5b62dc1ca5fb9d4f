"""One request to a vendor over HTTP, whose answer is whole or an error.

``client`` holds the rules (tries, waits, refusals), and ``failures`` the messages about them;
``sockets`` and ``budget`` make a time limit cover a whole answer, with ``connector`` (names and
addresses, in ``daemon_threads``), ``certificates`` (TLS) and ``socks_proxy``; ``body`` reads a
bounded body and strict JSON; ``endpoint`` says where a request may go and with which credential.
"""

from billnb.transport.body import strict_json
from billnb.transport.client import Client, Refusal
from billnb.transport.endpoint import HeaderAuth, checked_base_url, checked_credential
from billnb.transport.limits import Limits

__all__ = [
    "Client",
    "HeaderAuth",
    "Limits",
    "Refusal",
    "checked_base_url",
    "checked_credential",
    "strict_json",
]
