"""The cost of `import billnb` over the bare interpreter.

``python tests/benchmarks/importing.py`` starts both in turn, bytecode compiled, and prints medians.
"""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import billnb

RUNS = 40


def seconds(code: str) -> float:
    """Run a fresh interpreter."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environ)
    return time.perf_counter() - began


environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

if __name__ == "__main__":
    compileall.compile_dir(str(Path(billnb.__file__).parent), quiet=1)
    seconds("import billnb")
    pairs = [(seconds("pass"), seconds("import billnb")) for _ in range(RUNS)]
    bare, ours = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"bare {bare:.1f} ms, import billnb {ours:.1f} ms, {ours - bare:.1f} ms more")
