"""Reads the weights of BERT and its kin into one shape, whatever each of them calls its parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.models._folder import GELUS, Plan

if TYPE_CHECKING:
    import numpy

    Linear = tuple[numpy.ndarray, numpy.ndarray]
    """Weight [out, in] and bias [out]; of a normalisation: scale and shift."""

_BERT = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "first": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "second": "output.LayerNorm",
}
_MPNET = _BERT | {
    "query": "attention.attn.q",
    "key": "attention.attn.k",
    "value": "attention.attn.v",
    "out": "attention.attn.o",
    "first": "attention.LayerNorm",
}
_DISTILBERT = {
    "query": "attention.q_lin",
    "key": "attention.k_lin",
    "value": "attention.v_lin",
    "out": "attention.out_lin",
    "first": "sa_layer_norm",
    "up": "ffn.lin1",
    "down": "ffn.lin2",
    "second": "output_layer_norm",
}
_NAMES = {
    "bert": ("encoder.layer.", _BERT),
    "roberta": ("encoder.layer.", _BERT),
    "mpnet": ("encoder.layer.", _MPNET),
    "distilbert": ("transformer.layer.", _DISTILBERT),
}


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One transformer layer."""

    query: Linear
    key: Linear
    value: Linear
    out: Linear
    first: Linear
    up: Linear
    down: Linear
    second: Linear


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A network: `places` holds place and kind of token together; `nearness` [bucket, head] is MPNet's
    relative attention bias. `pad` is None where places count from 0 (BERT), else the padding token's
    number, behind which they begin (RoBERTa)."""

    words: numpy.ndarray
    places: numpy.ndarray
    norm: Linear
    layers: tuple[Layer, ...]
    heads: int
    epsilon: float
    gelu: str
    pad: int | None
    nearness: numpy.ndarray | None

    @property
    def width(self) -> int:
        return int(self.words.shape[1])


def read(folder: Path, plan: Plan) -> Weights:
    """The network's weights, as float32. Raises KeyError or ValueError where they don't fit the plan."""
    config, found = plan.config, tensors(folder / plan.network / "model.safetensors")
    found = {name.removeprefix(f"{config.get('model_type', 'bert')}.").removeprefix("roberta."): value
             for name, value in found.items()}  # fmt: skip
    start, names = _NAMES[plan.family]
    count = int(config.get("num_hidden_layers") or config["n_layers"])
    places = found["embeddings.position_embeddings.weight"]
    if "embeddings.token_type_embeddings.weight" in found:
        places = places + found["embeddings.token_type_embeddings.weight"][0]  # a single text is all of kind 0
    layers = [
        Layer(**{part: _linear(found, f"{start}{number}.{name}.") for part, name in names.items()})
        for number in range(count)
    ]
    heads = int(config.get("num_attention_heads") or config["n_heads"])
    weights = Weights(
        found["embeddings.word_embeddings.weight"],
        places,
        _linear(found, "embeddings.LayerNorm."),
        tuple(layers),
        heads,
        float(config.get("layer_norm_eps", 1e-12)),
        GELUS[str(config.get("hidden_act") or config["activation"])],
        int(config.get("pad_token_id", 1)) if plan.family in ("roberta", "mpnet") else None,
        found["encoder.relative_attention_bias.weight"] if plan.family == "mpnet" else None,
    )
    _check(weights)
    return weights


def tensors(file: Path) -> dict[str, Any]:
    """All tensors of a safetensors file as float32; half and brain floats are widened. Raises ValueError."""
    import numpy as np
    from safetensors import SafetensorError, deserialize, safe_open

    try:
        with safe_open(file, "np") as opened:
            kinds = {name: str(opened.get_slice(name).get_dtype()) for name in opened.keys()}  # noqa: SIM118
            if "BF16" not in kinds.values():
                return {
                    name: np.asarray(opened.get_tensor(name), np.float32) for name in kinds if kinds[name][0] == "F"
                }
        parts = deserialize(file.read_bytes())  # type: ignore[no-untyped-call] # it ships types for its faces only
    except SafetensorError as error:
        raise ValueError(f"{file.name}: {error}") from error
    found = {}
    for name, part in parts:  # numpy has no brain float: it is the upper half of a float32
        if part["dtype"] == "BF16":
            wide = np.frombuffer(part["data"], np.uint16).astype(np.uint32) << 16
            found[name] = wide.view(np.float32).reshape(part["shape"])
        elif part["dtype"] in ("F16", "F32"):
            kind = np.float16 if part["dtype"] == "F16" else np.float32
            found[name] = np.frombuffer(part["data"], kind).reshape(part["shape"]).astype(np.float32)
    return found


def _linear(found: dict[str, Any], name: str) -> Linear:
    return found[name + "weight"], found[name + "bias"]


def _check(weights: Weights) -> None:
    """A file whose parts don't fit would fail deep inside a runtime, or not at all."""
    width = weights.width
    square, deep = [(width, width), (width,)], weights.layers[0].up[0].shape[0] if weights.layers else 0
    sound = weights.layers and weights.heads > 0 and width % weights.heads == 0 and weights.places.shape[1:] == (width,)
    for layer in weights.layers:
        for part in (layer.query, layer.key, layer.value, layer.out):
            sound = sound and [part[0].shape, part[1].shape] == square
        sound = sound and layer.up[0].shape == (deep, width) and layer.up[1].shape == (deep,)
        sound = sound and layer.down[0].shape == (width, deep) and layer.down[1].shape == (width,)
        for norm in (weights.norm, layer.first, layer.second):
            sound = sound and norm[0].shape == norm[1].shape == (width,)
    if not sound:
        raise ValueError("the shapes of its weights don't fit each other")
