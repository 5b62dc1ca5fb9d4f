"""A process that loads many accounts at once and says what came in."""

from __future__ import annotations

import json
import resource
import sys

from support import vendors

import billnb

if __name__ == "__main__":
    order = json.loads(sys.stdin.readline())
    accounts = [
        billnb.Unpod(vendors.KEY, handle, name=handle, base_url=order["url"])
        for handle in order["organizations"]
    ]
    history = billnb.load(*accounts)
    said = {
        "limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "accounts": history["account"].nunique(),
        "entries": len(history),
    }
    print(json.dumps(said))
