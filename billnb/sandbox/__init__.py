"""The vendors, in small: one WSGI application that answers like Bytio and Unpod.

It stands apart. Nothing in the product imports it but :func:`billnb.demo` and the commands, and
they reach it as they would reach a real vendor.
"""

from billnb.sandbox.app import Faults, Sandbox

__all__ = ["Faults", "Sandbox"]
