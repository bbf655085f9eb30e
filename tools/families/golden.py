"""Tiny random models of every family, and what transformers computes for them: golden logits for `npm test`.

    python -m venv /tmp/families && /tmp/families/bin/pip install torch transformers numpy
    /tmp/families/bin/python tools/families/golden.py src/runtime/node/model/families.golden.json

Weights are a formula of a tensor's name and shape, the same in src/engine/testing/tiny-model.ts, so that only
configs and logits are kept. Logits are those of all positions in one pass, in float32, as base64 of
little-endian numbers. CASES lists the shapes.
"""
import base64
import json
import sys

import numpy
import torch
import transformers

POSITIONS = 14
TINY = dict(
    vocab_size=53,
    hidden_size=48,
    intermediate_size=40,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=16,
    max_position_embeddings=64,
    pad_token_id=None,
    bos_token_id=1,
    eos_token_id=2,
)
MULTI_HEAD = dict(num_attention_heads=3, num_key_value_heads=3, vocab_size=41)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16, rope_theta=10000.0)
LLAMA3 = dict(
    rope_type="llama3",
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=16,
    rope_theta=500000.0,
)
CASES = {
    "llama": {
        "grouped, untied": dict(),
        "multi-head, tied, biases": dict(**MULTI_HEAD, tie_word_embeddings=True, attention_bias=True, mlp_bias=True),
        "linear": dict(rope_parameters=dict(rope_type="linear", factor=3.0, rope_theta=10000.0)),
        "llama3": dict(rope_parameters=LLAMA3),
        "dynamic": dict(rope_parameters=dict(rope_type="dynamic", factor=4.0, rope_theta=10000.0)),
        "yarn": dict(rope_parameters=YARN),
        "yarn, all parameters": dict(
            rope_parameters=dict(YARN, beta_fast=4.0, beta_slow=0.5, mscale=1.2, mscale_all_dim=0.8, truncate=False)
        ),
        "yarn, its own factor": dict(rope_parameters=dict(YARN, attention_factor=1.3)),
    },
    "qwen2": {
        "grouped, tied": dict(tie_word_embeddings=True),
        "multi-head, windows behind the first block": dict(
            **MULTI_HEAD, use_sliding_window=True, sliding_window=4, max_window_layers=1
        ),
        "a window that is off": dict(use_sliding_window=False, sliding_window=4),
    },
    "qwen3": {
        "grouped, tied": dict(tie_word_embeddings=True),
        "multi-head, biases, windows, yarn": dict(
            **MULTI_HEAD,
            attention_bias=True,
            rope_parameters=YARN,
            use_sliding_window=True,
            sliding_window=5,
            max_window_layers=2,
        ),
    },
    "mistral": {
        "a window shorter than the prompt": dict(sliding_window=4),
        "multi-head, tied, a window of one": dict(**MULTI_HEAD, tie_word_embeddings=True, sliding_window=1),
        "no window": dict(sliding_window=None),
    },
    "smollm3": {
        "every fourth block unturned": dict(num_hidden_layers=5),
        "blocks listed, untied, windows in the unturned": dict(
            **MULTI_HEAD,
            tie_word_embeddings=False,
            no_rope_layers=[0, 1, 0],
            use_sliding_window=True,
            sliding_window=3,
            attention_bias=True,
        ),
    },
}


CASES["gpt2"] = {
    "tied": dict(),
    "untied, another width": dict(tie_word_embeddings=False, n_inner=40, vocab_size=41, n_head=2, n_embd=32),
}


CASES["phi3"] = {
    "grouped, untied": dict(),
    "multi-head, tied, a window shorter than the prompt": dict(
        **MULTI_HEAD, tie_word_embeddings=True, sliding_window=5
    ),
}


GEMMA = dict(query_pre_attn_scalar=16)
CASES["gemma3_text"] = {
    "grouped, tied, every sixth block full": dict(GEMMA, num_hidden_layers=6, sliding_window=4),
    "multi-head, untied, scaled, layers listed, linear": dict(
        **MULTI_HEAD,
        query_pre_attn_scalar=24,
        tie_word_embeddings=False,
        sliding_window=3,
        layer_types=["full_attention", "sliding_attention", "full_attention"],
        rope_parameters=dict(
            full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1000000.0),
            sliding_attention=dict(rope_type="default", rope_theta=10000.0),
        ),
    ),
    "windows as wide as the context": dict(GEMMA, sliding_window=64, attention_bias=True),
}


def seed_of(name):
    """FNV-1a over the name's characters."""
    seed = 0x811C9DC5
    for character in name:
        seed = ((seed ^ ord(character)) * 0x01000193) & 0xFFFFFFFF
    return seed


def uniform(seed, size):
    """mulberry32's first `size` numbers in [0, 1)."""
    state = (seed + 0x6D2B79F5 * numpy.arange(1, size + 1, dtype=numpy.uint64)).astype(numpy.uint32)
    t = (state ^ (state >> 15)) * (state | 1)
    t ^= t + (t ^ (t >> 7)) * (t | 61)
    return (t ^ (t >> 14)) / 2.0**32


def tensor_of(name, shape):
    """Scales of norms around one, biases around zero, matrices by their fan-in."""
    centre = 1 if len(shape) == 1 and not name.endswith("bias") else 0
    scale = 0.2 if len(shape) == 1 else 1.7 / numpy.sqrt(shape[1])
    values = uniform(seed_of(name), int(numpy.prod(shape)))
    return torch.tensor((centre + scale * (2 * values - 1)).astype(numpy.float32)).reshape(shape)


def prompt(vocabulary):
    return [(7 * i * i + 3 * i + 5) % vocabulary for i in range(POSITIONS)]


def logits_of(model, ids):
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(tensor_of(name, tuple(weight.shape)))
        return model(torch.tensor([ids]), use_cache=False).logits[0].numpy().astype("<f4")


def case_of(family, name, changes):
    config_class = transformers.CONFIG_MAPPING[family]
    config = config_class(**{**shape_of(config_class), **changes})
    config._attn_implementation = "eager"
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    written = config.to_diff_dict()
    written.pop("transformers_version")
    ids = prompt(config.vocab_size)
    logits = base64.b64encode(logits_of(model, ids).tobytes()).decode()
    return dict(family=family, name=name, config=written, ids=ids, logits=logits)


def shape_of(config_class):
    if config_class is not transformers.GPT2Config:
        return TINY
    ids = dict(bos_token_id=1, eos_token_id=2)
    return dict(vocab_size=53, n_positions=64, n_embd=48, n_layer=3, n_head=3, **ids)


def main(path):
    cases = [case_of(family, name, changes) for family, named in CASES.items() for name, changes in named.items()]
    how = f"tools/families/golden.py, transformers {transformers.__version__}, PyTorch {torch.__version__}, float32"
    with open(path, "w") as file:
        file.write('{\n "how": ' + json.dumps(how) + ',\n "cases": [\n')
        file.write(",\n".join("  " + json.dumps(case) for case in cases) + "\n ]\n}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
