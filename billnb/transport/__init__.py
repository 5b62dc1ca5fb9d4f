"""One vendor asked one question over HTTP, so that the answer is whole or an error.

``client`` holds the rules (tries, waits, refusals), and ``stories`` what is said of failures;
``sockets`` and ``budget`` make a time limit cover a whole answer, with ``connecting`` (names,
addresses, in threads of ``apart``), ``trust`` (TLS) and ``socks_proxy``; ``body`` reads a bounded
body and strict JSON; ``endpoint`` says where a request may go and with which credential.
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
