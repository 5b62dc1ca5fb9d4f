"""How is a history explored, by people who would rather click than type?"""

from __future__ import annotations

from billnb.dashboard.choice import PRESETS as PRESETS
from billnb.dashboard.explorer import Explorer as Explorer
from billnb.dashboard.explorer import explore as explore

__all__ = ["PRESETS", "Explorer", "explore"]
