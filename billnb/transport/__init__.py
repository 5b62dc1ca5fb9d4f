"""One question over HTTP, whose answer is whole or an error.

``client`` holds the rules (tries, waits, refusals); ``sockets`` makes a time limit cover a whole
answer; ``body`` reads a bounded body and strict JSON; ``endpoint`` says where a request may go
and with which credential.
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
