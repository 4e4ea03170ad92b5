"""Puts the stub runtime on the shelf of runtimes, in every Python that has this folder on its path."""

from __future__ import annotations

from pathlib import Path

try:
    from engine import models
except ImportError:
    pass  # a Python that is no engine of ours
else:
    models.__path__.append(str(Path(__file__).parent / "runtimes"))
