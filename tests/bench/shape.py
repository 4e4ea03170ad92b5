"""Makes a GGUF file of the shape of a 7B model (Mistral's: 32 layers of 4096) with random weights in Q4_0.

    pip install gguf    (in an environment of its own: it is no dependency of Baton)
    python tests/bench/shape.py SMALL.gguf OUT.gguf [--layers 32]

It shows what such a model costs, in memory, in tokens read and written a second, and nothing else: what it writes is
noise. The vocabulary is that of SMALL.gguf, such as the shipped drafter. A file of 32 layers has 4.2 GB.
"""

from __future__ import annotations

import argparse

import gguf
import numpy as np

WIDTH, HIDDEN, HEADS, KV_HEADS = 4096, 14336, 32, 8
BLOCK = 18
"""Bytes of a block of 32 weights in Q4_0: a scale in half precision, and four bits a weight."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("small")
    parser.add_argument("out")
    parser.add_argument("--layers", type=int, default=32)
    options = parser.parse_args()
    small = gguf.GGUFReader(options.small)
    writer = gguf.GGUFWriter(options.out, "llama")
    vocabulary = _about(writer, small, options.layers)
    chance = np.random.default_rng(1)
    _add(writer, "token_embd.weight", vocabulary, WIDTH, chance)
    for layer in range(options.layers):
        of = f"blk.{layer}"
        for name, rows, columns in (
            ("attn_q", WIDTH, WIDTH), ("attn_k", WIDTH // HEADS * KV_HEADS, WIDTH),
            ("attn_v", WIDTH // HEADS * KV_HEADS, WIDTH), ("attn_output", WIDTH, WIDTH),
            ("ffn_gate", HIDDEN, WIDTH), ("ffn_up", HIDDEN, WIDTH), ("ffn_down", WIDTH, HIDDEN),
        ):  # fmt: skip
            _add(writer, f"{of}.{name}.weight", rows, columns, chance)
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{of}.{name}.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    _add(writer, "output.weight", vocabulary, WIDTH, chance)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _about(writer: gguf.GGUFWriter, small: gguf.GGUFReader, layers: int) -> int:
    """The shape, and the small file's vocabulary, whose size it returns."""
    writer.add_context_length(8192)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
    for name, field in small.fields.items():
        if name.startswith("tokenizer.") and not name.endswith("chat_template"):
            kind = field.types[0]
            inner = field.types[1] if kind == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(name, field.contents(), kind, inner)
    return len(small.fields["tokenizer.ggml.tokens"].data)


def _add(writer: gguf.GGUFWriter, name: str, rows: int, columns: int, chance: np.random.Generator) -> None:
    blocks = chance.integers(0, 256, (rows, columns // 32, BLOCK), np.uint8)
    blocks[:, :, :2] = np.frombuffer(np.float16(0.002).tobytes(), np.uint8)
    writer.add_tensor(name, blocks.reshape(rows, -1), raw_dtype=gguf.GGMLQuantizationType.Q4_0)


if __name__ == "__main__":
    main()
