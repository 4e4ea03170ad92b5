"""Writes with any GGUF file through llama-cpp-python, under a grammar, with our own chat template."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.models import SEED, Brief, Model, Piece

if TYPE_CHECKING:
    import llama_cpp

# What opens a turn of each speaker, and what closes one. Ours, by name: a template inside a model
# file is code from a stranger and is never rendered.
TEMPLATES = {
    "chatml": {
        "system": "<|im_start|>system\n",
        "user": "<|im_start|>user\n",
        "assistant": "<|im_start|>assistant\n",
        "end": "<|im_end|>\n",
    },
    "llama3": {
        "system": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n",
        "user": "<|start_header_id|>user<|end_header_id|>\n\n",
        "assistant": "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "end": "<|eot_id|>",
    },
    "gemma": {  # it has no system turn: what to do is a turn of the user's
        "system": "<bos><start_of_turn>user\n",
        "user": "<start_of_turn>user\n",
        "assistant": "<start_of_turn>model\n",
        "end": "<end_of_turn>\n",
    },
    "phi3": {"system": "<|system|>\n", "user": "<|user|>\n", "assistant": "<|assistant|>\n", "end": "<|end|>\n"},
    "plain": {"system": "", "user": "\n", "assistant": "\n", "end": "\n"},
}


class LlamaWriter:
    """A GGUF model in memory. Greedy and repeatable: same prefix and prompt, same text."""

    def __init__(self, model: llama_cpp.Llama, template: str, context: int) -> None:
        self._model = model
        self._context = context  # n_ctx() is rounded up to 256s, the memory behind it is not
        self._marks = {name: self._special(mark) for name, mark in TEMPLATES[template].items()}
        self._brief: Brief | None = None
        self._brief_length = 0

    def stream(self, brief: Brief, request: str, grammar: str, tokens: int) -> Iterator[Piece]:
        """See `models.Writer`. Raises Problem("too_long") when the request leaves no room to write."""
        from llama_cpp import LlamaGrammar

        self._read(brief)
        tokens_in = self._read_approved(brief)
        rest = [*self._turn("user", request), *self._marks["assistant"]]
        tokens_in += len(rest)
        if self._brief_length + tokens_in + tokens > self._context:
            raise Problem("too_long", f"The request of {tokens_in} tokens is too long for this model's memory.")
        bounded = LlamaGrammar.from_string(grammar, verbose=False)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        ends = {self._model.token_eos(), *self._marks["end"][:1]}
        writing = self._model.generate(rest, reset=False, temp=0.0, repeat_penalty=1.0, grammar=bounded)
        for written, token in enumerate(_sound(writing), 1):
            if token in ends or written > tokens:
                return
            yield Piece(decoder.decode(self._model.detokenize([token])), tokens_in, written)

    @property
    def brief_tokens(self) -> int:
        """The tokens of the fixed part that was read last."""
        return self._brief_length

    def _read(self, brief: Brief) -> None:
        """Leave the model's state exactly at the end of the brief's fixed part.

        It is always read by itself, also when nothing is cached, so that the arithmetic, and with
        it every later token, is the same in a fresh engine and in a warm one.
        """
        fixed = Brief(brief.instruction, brief.examples)
        if fixed != self._brief:
            turns = [*self._turn("system", brief.instruction), *self._worked(brief.examples)]
            self._brief = None  # until it is read whole
            self._model.reset()
            if len(turns) >= self._context:
                raise Problem("too_long", "This model's memory is too small for the instructions.")
            self._model.eval(turns)
            self._brief, self._brief_length = fixed, self._model.n_tokens
        self._model.n_tokens = self._brief_length

    def _read_approved(self, brief: Brief) -> int:
        """Read what changes behind it, by itself as well; returns its tokens."""
        turns = self._worked(brief.approved)
        if self._brief_length + len(turns) >= self._context:
            raise Problem("too_long", "This model's memory is too small for the approved examples.")
        if turns:
            self._model.eval(turns)
        return len(turns)

    def _worked(self, examples: tuple[tuple[str, str], ...]) -> list[int]:
        """Worked examples as turns."""
        turns = [[*self._turn("user", request), *self._turn("assistant", answer)] for request, answer in examples]
        return [token for turn in turns for token in turn]

    def _turn(self, speaker: str, text: str) -> list[int]:
        """Content is tokenised without special tokens: a document can't close its own turn."""
        words = self._model.tokenize(text.encode(), add_bos=False, special=False)
        return [*self._marks[speaker], *words, *self._marks["end"]]

    def _special(self, text: str) -> list[int]:
        return self._model.tokenize(text.encode(), add_bos=False, special=True) if text else []


def _sound(writing: Iterator[int]) -> Iterator[int]:
    """The tokens; what llama.cpp reports while it writes becomes a Problem."""
    try:
        yield from writing
    except (RuntimeError, ValueError, MemoryError) as error:
        raise Problem("model_failed", f"The model stopped while it wrote: {error}.") from error


def load(row: Model, path: Path) -> LlamaWriter:
    """The model at `path`. Raises Problem("model_failed") when llama.cpp refuses it."""
    import llama_cpp

    if row.template not in TEMPLATES:
        raise Problem("bad_catalogue", f"Model {row.id} names the template {row.template!r}, which does not exist.")
    threads = max(1, (os.cpu_count() or 2) - 1)
    try:
        model = llama_cpp.Llama(
            str(path), n_ctx=row.context, n_threads=threads, n_threads_batch=threads, seed=SEED, verbose=False
        )
    except (ValueError, OSError, RuntimeError, MemoryError) as error:
        raise Problem("model_failed", f"llama.cpp can't load {row.id}: {error}.") from error
    return LlamaWriter(model, row.template, row.context)
