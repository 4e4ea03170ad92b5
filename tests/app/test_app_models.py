"""`baton models`: importing an encoder, choosing it, and what the list says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import cli
from engine.cards import Problem
from engine.fleet import catalogue, locate
from tests.engine.ggufs import written


def baton(*words: str) -> str:
    done = CliRunner().invoke(cli, ["models", *words])
    if done.exception:
        raise done.exception
    return done.output


def listed() -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in map(json.loads, baton("list", "--json").splitlines())}


@pytest.fixture
def folder() -> str:
    """A sentence-transformers folder: that of the shipped encoder."""
    shipped = next(row for row in catalogue(Path("no-home")) if row.role == "encoder")
    return str(locate(shipped).parent)


def test_an_imported_encoder_is_listed_and_can_be_chosen_and_left_again(home: Path, folder: str) -> None:
    said = json.loads(baton("import", folder, "--name", "mine", "--query-prompt", "query: ", "--json"))
    assert (said["dimension"], said["pooling"], said["tokens"]) == (384, ["mean"], 256)
    assert said["prompts"] == {"query": "query: ", "document": ""}
    assert (listed()["mine"]["state"], listed()["mine"]["default"]) == ("ready", False)
    assert "mine is the encoder" in baton("use", "mine")
    assert listed()["mine"]["default"]
    assert not listed()["all-minilm-l6-v2"]["default"]
    baton("use")
    assert listed()["all-minilm-l6-v2"]["default"]


def test_the_operators_own_catalogue_is_not_overruled(home: Path, folder: str) -> None:
    baton("import", folder, "--name", "mine")
    (home / "models.toml").write_text(
        '[[models]]\nid = "by-hand"\nrole = "encoder"\nruntime = "bert"\nfile = "x"\nsha256 = ""\n'
    )
    with pytest.raises(Problem, match="by-hand"):
        baton("use", "mine")
    assert not listed()["mine"]["default"]


def test_an_encoder_that_is_not_there_can_not_be_chosen() -> None:
    with pytest.raises(Problem) as caught:
        baton("use", "nobody")
    assert caught.value.code == "no_encoder"


def test_a_model_that_writes_is_imported_used_left_and_removed(home: Path, tmp_path: Path) -> None:
    file = written(tmp_path, "Small.gguf")
    said = json.loads(baton("import", str(file), "--json"))
    assert (said["id"], said["context"], said["licence"]) == ("small", 4096, "mit")
    assert not listed()["small"]["default"]
    assert "small is the drafter" in baton("use", "small")
    row = listed()["small"]
    assert (row["default"], row["state"], row["quantisation"], row["imported"]) == (True, "ready", "Q4_K_M", True)
    assert str(row["arithmetic"]).startswith("44 MB: weights 0 MB + cache 1 MB (2 layers")
    with pytest.raises(Problem, match="in use"):
        baton("remove", "small")
    baton("use", "--role", "drafter")
    assert "small is removed" in baton("remove", "small")
    assert "small" not in listed()
    assert not list((home / "models").glob("*/*"))


def test_a_larger_model_serves_as_soon_as_it_is_imported_for_that(home: Path, tmp_path: Path) -> None:
    assert "big is the fallback" in baton("import", str(written(tmp_path)), "--name", "big", "--role", "fallback")
    assert [row.id for row in catalogue(home) if row.role == "fallback"] == ["big"]
    baton("use", "big", "--role", "drafter")
    assert next(row.id for row in catalogue(home) if row.role == "drafter") == "big"
    assert "has no fallback" in baton("use", "--role", "fallback")


def test_what_the_set_needs_is_said_with_its_arithmetic(home: Path, tmp_path: Path) -> None:
    baton("import", str(written(tmp_path)), "--name", "spare")
    said = json.loads(baton("fit", "--json"))
    assert said["fit"] in ("Fits", "May be slow", "Won't fit", "Not known")
    assert {model["id"] for model in said["models"]} == {"all-minilm-l6-v2", "smollm2-135m-instruct-q4_1", "spare"}
    assert "With it as drafter, all together" in baton("fit")
    assert "All in use together" in baton("list")


def test_two_models_never_have_one_name(home: Path, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="is a model all-minilm-l6-v2 already"):
        baton("import", str(written(tmp_path)), "--name", "all-minilm-l6-v2")
    baton("import", str(written(tmp_path)))
    with pytest.raises(Problem, match="is a model tiny already"):
        baton("import", str(written(tmp_path)))


def test_what_came_with_baton_stays(home: Path) -> None:
    with pytest.raises(Problem, match="came with Baton"):
        baton("remove", "smollm2-135m-instruct-q4_1")


def test_options_of_the_other_kind_are_refused(tmp_path: Path, folder: str) -> None:
    for words in ((str(written(tmp_path)), "--query-prompt", "q"), (folder, "--role", "drafter")):
        done = CliRunner().invoke(cli, ["models", "import", *words])
        assert done.exit_code == 2


def test_a_missing_file_is_listed_as_missing(home: Path, tmp_path: Path) -> None:
    baton("import", str(written(tmp_path)), "--name", "gone", "--role", "fallback")
    (home / "models" / "gone" / "model.gguf").unlink()
    assert (listed()["gone"]["state"], listed()["gone"]["fit"]) == ("missing", "Not known")
