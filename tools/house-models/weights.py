"""Hugging Face folders: config.json and safetensors, read and written without a library.

A safetensors file is a length (uint64, little endian), a JSON header and the tensors' bytes; weights are stored
as float16. Names are Llama's, so that every loader of the ecosystem finds its way.
"""
import json
import os
import pathlib
import struct

import numpy
import torch

from model import EPSILON, HEAD, Decoder, Exit, Shape

PARTS = {
    "input_layernorm": "norm1", "post_attention_layernorm": "norm2", "self_attn.q_proj": "q",
    "self_attn.k_proj": "k", "self_attn.v_proj": "v", "self_attn.o_proj": "o", "mlp.gate_proj": "gate",
    "mlp.up_proj": "up", "mlp.down_proj": "down",
}


def named(model):
    """Llama's name -> parameter, in file order."""
    tensors = {"model.embed_tokens.weight": model.embedding.weight}
    for i, block in enumerate(model.blocks):
        for name, attribute in PARTS.items():
            tensors[f"model.layers.{i}.{name}.weight"] = getattr(block, attribute).weight
    return {**tensors, "model.norm.weight": model.norm.weight}


def config(shape):
    """The value of config.json."""
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden, "intermediate_size": shape.feed_forward, "num_hidden_layers": shape.blocks,
        "num_attention_heads": shape.heads, "num_key_value_heads": shape.kv_heads, "head_dim": HEAD,
        "hidden_act": "silu", "max_position_embeddings": shape.context, "rms_norm_eps": EPSILON,
        "rope_theta": 10000.0, "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False,
        "bos_token_id": 0, "eos_token_id": 0, "torch_dtype": "float16",
    }


def read_shape(folder):
    c = json.loads((pathlib.Path(folder) / "config.json").read_text())
    return Shape(
        hidden=c["hidden_size"], blocks=c["num_hidden_layers"], heads=c["num_attention_heads"],
        kv_heads=c["num_key_value_heads"], feed_forward=c["intermediate_size"], vocabulary=c["vocab_size"],
        context=c["max_position_embeddings"],
    )


def write_safetensors(path, tensors):
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        blob = tensor.detach().cpu().half().numpy().tobytes()
        header[name] = {"dtype": "F16", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    part = pathlib.Path(f"{path}.part")
    part.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))
    os.replace(part, path)


def read_safetensors(path):
    """-> {name: float32 tensor}; float16 files only."""
    data = pathlib.Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            assert entry["dtype"] == "F16", f"{name} in {path} is {entry['dtype']}, expected F16"
            begin, end = entry["data_offsets"]
            array = numpy.frombuffer(data, numpy.float16, (end - begin) // 2, start + begin)
            tensors[name] = torch.from_numpy(array.astype(numpy.float32)).view(entry["shape"])
    return tensors


def save_model(model, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_safetensors(folder / "model.safetensors", named(model))
    (folder / "config.json").write_text(json.dumps(config(model.shape), indent=1) + "\n")


def load_model(folder):
    model = Decoder(read_shape(folder))
    tensors = read_safetensors(pathlib.Path(folder) / "model.safetensors")
    with torch.no_grad():
        for name, parameter in named(model).items():
            parameter.copy_(tensors[name])
    return model


def save_exits(exits, folder):
    tensors = {}
    for depth, exit_ in sorted(exits.items()):
        tensors[f"exits.{depth}.norm.weight"] = exit_.norm.weight
        tensors[f"exits.{depth}.projection.weight"] = exit_.projection.weight
    write_safetensors(pathlib.Path(folder) / "exits.safetensors", tensors)


def load_exits(folder):
    """-> {depth: Exit}; empty if the folder has none."""
    path, exits = pathlib.Path(folder) / "exits.safetensors", {}
    for name, tensor in (read_safetensors(path) if path.exists() else {}).items():
        _, depth, part, _ = name.split(".")
        exit_ = exits.setdefault(int(depth), Exit(tensor.shape[-1]))
        with torch.no_grad():
            getattr(exit_, part).weight.copy_(tensor)
    return exits
