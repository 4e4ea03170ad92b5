"""What every test gets: a home of its own, no network, no display, and no unexpected log line."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before the first QApplication; a person who wants to watch sets QT_QPA_PLATFORM.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Before numpy and torch: the test processes share the cores, and threads that wait for a core that another
# process has make small products many times slower.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")


SLOW = (
    "test_app_cli", "test_app_cli_knowledge", "test_app_cli_intents", "test_tuning_retriever", "test_tuning_intents",
    "test_intents_versions", "test_app_kill", "test_app_hijacked", "test_faults", "test_kill_reading", "test_airgap",
    "test_window",
)  # fmt: skip
"""Files of few tests that take long. They come first, or one process works at the last of them alone; the first of them
makes the worked sample desk that others wait for."""


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: some of the tests always wait for a process of theirs, or for a clock."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return cores + cores // 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    counts = Counter(item.path for item in items)
    place = {name: number for number, name in enumerate(SLOW)}
    items.sort(key=lambda item: (place.get(item.path.stem, len(SLOW)), -counts[item.path], str(item.path)))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """BATON_HOME of this test; children inherit it."""
    folder = tmp_path / "baton-home"
    monkeypatch.setenv("BATON_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "1")


class _Warnings(logging.Handler):
    """Remembers each line at WARNING or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_unexpected_log_line(request: pytest.FixtureRequest) -> Iterator[None]:
    handler = _Warnings()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    if handler.lines and request.node.get_closest_marker("expects_log") is None:
        pytest.fail("unexpected log lines:\n  " + "\n  ".join(handler.lines), pytrace=False)
