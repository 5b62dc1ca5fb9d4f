"""The sandbox: one WSGI application that answers like Bytio and Unpod.

Only :func:`billnb.demo` and the commands use it, and they reach it as they would reach a real
vendor.
"""

from billnb.sandbox.app import Faults, Sandbox

__all__ = ["Faults", "Sandbox"]
