"""Starting stays quick: what importing and help texts must not load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"torch", "llama_cpp", "faiss", "sentence_transformers", "transformers", "onnxruntime", "openvino"}
REPORT = "import sys, json; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
HELP = """
import runpy, sys
sys.argv = ["baton", "--help"]
try:
    runpy.run_module("app", run_name="__main__")
except SystemExit as ended:
    assert not ended.code, ended.code
"""


def loaded(code: str) -> set[str]:
    """The top names of all modules that a fresh Python holds after running the code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{REPORT}"],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("module", ["app.cli", "ui.window"])
def test_importing_the_faces_loads_no_model_library(module: str) -> None:
    assert not loaded(f"import {module}") & HEAVY


def test_the_help_text_loads_no_model_library_and_no_qt() -> None:
    assert not loaded(HELP) & (HEAVY | {"PySide6", "numpy"})


def test_importing_the_engine_loads_almost_nothing() -> None:
    assert not loaded("import engine") & (HEAVY | {"pydantic", "numpy", "sqlite_utils", "pypdfium2", "PySide6"})


def test_importing_has_no_effect_on_the_disk(home: Path) -> None:
    loaded("import engine, app.cli, ui.window")
    assert not home.exists()
