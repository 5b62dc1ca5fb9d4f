"""The dashboard: a widget whose filters and charts filter each other."""

from __future__ import annotations

from billnb.dashboard.choice import PRESETS as PRESETS
from billnb.dashboard.explore import explore as explore
from billnb.dashboard.explorer import Explorer as Explorer

__all__ = ["PRESETS", "Explorer", "explore"]
