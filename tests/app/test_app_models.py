"""`baton models`: importing an encoder, choosing it, and what the list says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import cli
from engine.cards import Problem
from engine.fleet import catalogue, locate


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
