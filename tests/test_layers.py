"""The architecture as tests: which way imports point, and what must not stand in the code at all."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = {"engine": {"engine"}, "app": {"app", "engine"}, "ui": {"ui", "app", "engine"}}
OURS = {*LAYERS, "tests", "assets", "packaging"}
HEAVY = {"torch", "llama_cpp", "faiss", "onnxruntime", "openvino", "sentence_transformers", "transformers"}
QT = {"PySide6", "shiboken6", "pytestqt"}
PICKLES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
RICH = {
    "setHtml", "insertHtml", "appendHtml", "setMarkdown", "insertMarkdown", "fromHtml", "fromMarkdown",
    "RichText", "AutoText", "MarkdownText", "QTextBrowser", "setOpenExternalLinks", "WhatsThis", "setWhatsThis",
}  # fmt: skip

LABELS_ARE_MADE_IN = "ui/words.py"
GUESSING = {"QLabel", "QMessageBox", "QTextEdit"}

# The engine's outer edge, the only place where any error is caught: what broke is a bug, and the run must still get
# its last word.
# The engine's edge; and the desk, where a listener's bug goes to the excepthook but must not end the relay.
BROAD_EXCEPTS = {"app/journal.py": 1, "engine/__main__.py": 1}


class Import(NamedTuple):
    """One imported module; `deferred` when it is inside a function, `typing` when only checkers see it."""

    module: str
    line: int
    deferred: bool
    typing: bool

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


def imports(node: ast.AST, deferred: bool = False, typing: bool = False) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, deferred, typing) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and not child.level:
            yield Import(child.module or "", child.lineno, deferred, typing)
        elif isinstance(child, ast.Call) and (named := _imported_by_name(child)):
            yield Import(named, child.lineno, deferred, typing)
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        checkers = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        yield from imports(child, deferred or function, typing or checkers)


def _imported_by_name(call: ast.Call) -> str:
    """The module of `import_module("name")` and `__import__("name")`, or nothing."""
    if ast.unparse(call.func).rpartition(".")[2] not in ("import_module", "__import__") or not call.args:
        return ""
    first = call.args[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def sources(root: Path, *folders: str) -> Iterator[tuple[str, Path, ast.Module]]:
    """Layer, path below the root, and syntax tree of every Python file."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield folder, path.relative_to(root), ast.parse(path.read_text("utf-8"))


def arrows_that_turn_back(root: Path) -> list[str]:
    return [
        f"{path}:{found.line} {layer} imports {found.module}"
        for layer, path, tree in sources(root, *LAYERS)
        for found in imports(tree)
        if found.top in OURS - LAYERS[layer]
    ]


def qt_below_the_window(root: Path) -> list[str]:
    return [
        f"{path}:{found.line} imports {found.module}"
        for _, path, tree in sources(root, "engine", "app")
        for found in imports(tree)
        if found.top in QT
    ]


def heavy_imports(root: Path) -> list[str]:
    return [
        f"{path}:{found.line} imports {found.module}"
        for layer, path, tree in sources(root, *LAYERS)
        for found in imports(tree)
        if found.top in HEAVY and not found.typing and not (layer == "engine" and found.deferred)
    ]


def pickles(root: Path) -> list[str]:
    found_imports = [
        f"{path}:{found.line} imports {found.module}"
        for _, path, tree in sources(root, *LAYERS)
        for found in imports(tree)
        if found.top in PICKLES
    ]
    found_calls = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for _, path, tree in sources(root, *LAYERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _unpickles(node)
    ]
    return found_imports + found_calls


def _unpickles(call: ast.Call) -> bool:
    """Calls that unpickle without saying so."""
    given = {word.arg: ast.unparse(word.value) for word in call.keywords}
    name = ast.unparse(call.func)
    return (
        given.get("allow_pickle", "False") != "False"
        or (name == "torch.load" and given.get("weights_only") != "True")
        or name.endswith("LlamaDiskCache")
    )


def rich_text(root: Path) -> list[str]:
    return [
        f"{path}:{node.lineno} uses {name}"
        for _, path, tree in sources(root, "ui")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name)
        and (name := node.attr if isinstance(node, ast.Attribute) else node.id) in RICH
    ]


def labels_that_guess(root: Path) -> list[str]:
    """Widgets that take text for markup when it looks like it, made elsewhere than where they are told not to."""
    return [
        f"{path}:{node.lineno} makes a {ast.unparse(node.func)}"
        for _, path, tree in sources(root, "ui")
        for node in ast.walk(tree)
        if path.as_posix() != LABELS_ARE_MADE_IN
        and isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in GUESSING
    ]


def broad_excepts(root: Path) -> dict[str, int]:
    """How often each file catches everything."""
    return dict(
        Counter(
            path.as_posix()
            for _, path, tree in sources(root, *LAYERS)
            for node in ast.walk(tree)
            if isinstance(node, ast.ExceptHandler) and _catches_everything(node.type)
        )
    )


def _catches_everything(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(map(_catches_everything, kind.elts))
    return kind is None or ast.unparse(kind).rpartition(".")[2] in ("Exception", "BaseException")


def test_arrows_never_turn_back() -> None:
    assert arrows_that_turn_back(ROOT) == []


def test_qt_stays_in_the_window() -> None:
    assert qt_below_the_window(ROOT) == []


def test_heavy_libraries_are_imported_only_inside_functions_of_the_engine() -> None:
    assert heavy_imports(ROOT) == []


def test_nothing_is_pickled() -> None:
    assert pickles(ROOT) == []


def test_the_window_shows_plain_text_only() -> None:
    assert rich_text(ROOT) == []
    assert labels_that_guess(ROOT) == []


def test_everything_is_caught_at_the_engines_edge_only() -> None:
    assert broad_excepts(ROOT) == BROAD_EXCEPTS


@pytest.mark.parametrize(
    ("file", "code", "check"),
    [
        ("engine/relay.py", "import app.desk", arrows_that_turn_back),
        ("engine/relay.py", "def f():\n    from ui import window", arrows_that_turn_back),
        ("app/desk.py", "import importlib\nimportlib.import_module('ui.window')", arrows_that_turn_back),
        ("app/desk.py", "import tests.conftest", arrows_that_turn_back),
        ("app/desk.py", "def f():\n    import PySide6.QtCore", qt_below_the_window),
        ("engine/fleet.py", "import torch.nn", heavy_imports),
        ("engine/fleet.py", "class A:\n    import faiss", heavy_imports),
        ("app/desk.py", "def f():\n    import llama_cpp", heavy_imports),
        ("app/log.py", "import pickle", pickles),
        ("engine/gist.py", "numpy.load(path, allow_pickle=True)", pickles),
        ("engine/gist.py", "torch.load(path)", pickles),
        ("ui/page.py", "label.setTextFormat(Qt.TextFormat.RichText)", rich_text),
        ("ui/page.py", "view.setHtml(text)", rich_text),
        ("ui/page.py", "self.name = QLabel(untrusted_name)", labels_that_guess),
        ("ui/page.py", "try:\n    f()\nexcept (OSError, Exception):\n    pass", broad_excepts),
        ("ui/page.py", "try:\n    f()\nexcept:\n    pass", broad_excepts),
    ],
)
def test_the_checks_bite(tmp_path: Path, file: str, code: str, check: object) -> None:
    path = tmp_path / file
    path.parent.mkdir()
    path.write_text(code)
    assert callable(check)
    assert check(tmp_path), f"{code!r} in {file} was not found"


def test_the_checks_let_good_code_pass(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "fleet.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "import engine.cards\n"
        "if TYPE_CHECKING:\n    import torch\n"
        "def f():\n    import torch\n    return torch.load('x', weights_only=True)\n"
        "try:\n    f()\nexcept OSError:\n    pass\n"
    )
    for check in (arrows_that_turn_back, qt_below_the_window, heavy_imports, pickles, rich_text, broad_excepts):
        assert not check(tmp_path)


def test_the_top_level_is_the_one_our_user_asked_for() -> None:
    folders = {"app", "engine", "ui", "assets", "packaging", "tests"}
    assert {path.name for path in ROOT.iterdir()} >= {"pyproject.toml", *folders}
    # The name would shadow the `packaging` library.
    assert not (ROOT / "packaging" / "__init__.py").exists()
    # What is installed is what lies here: no layer may be left out of the wheel.
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]["find"]
    assert set(packages["include"]) == {*(f"{layer}*" for layer in LAYERS), "assets"}
