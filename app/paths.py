"""Says where everything of one Baton lies. `BATON_HOME` moves it all."""

from __future__ import annotations

import os
from pathlib import Path

SAMPLE_INBOX = Path(__file__).resolve().parents[1] / "assets" / "samples" / "front-desk" / "inbox"


def home() -> Path:
    """The folder that holds log, library, store and settings."""
    if moved := os.environ.get("BATON_HOME"):
        return Path(moved).expanduser().resolve()
    import platformdirs

    return Path(platformdirs.user_data_dir("baton", appauthor=False))
