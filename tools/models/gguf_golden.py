"""Golden values for GGUF: blocks as gguf-py decodes them, tiny models as transformers reads them, and tokens of texts.

    python -m venv /tmp/gguf && /tmp/gguf/bin/pip install torch transformers accelerate gguf numpy sentencepiece protobuf
    /tmp/gguf/bin/python tools/models/gguf_golden.py src/runtime/node/model/gguf-golden

Writes one .gguf for each architecture and one in parts, with gguf-py's own writer, and golden.json: blocks of every type with the
numbers they decode to, logits of every model for IDS, and ids of TEXTS by SentencePiece and tokenizers themselves
(transformers passes over the pre-tokenizer that a file names). Numbers are base64 of little-endian float32.
"""
import base64
import json
import os
import sys

import gguf
import numpy
import torch
import transformers
from gguf import GGMLQuantizationType as Type
import sentencepiece
import tokenizers
from gguf.quants import dequantize, quantize
from sentencepiece import sentencepiece_model_pb2
from tokenizers import pre_tokenizers

IDS = [1, 7, 260, 33, 8, 291, 14, 262, 5, 300]
HIDDEN, HEADS, KV_HEADS, HEAD, INNER, BLOCKS, VOCABULARY, CONTEXT = 32, 2, 1, 16, 256, 2, 320, 64
TEXTS = ["hello low world", "  low\nlowest HELLO, don't 1234!", "caf\u00e9 \u6771 \U0001f600", ""]
SIMPLE = [Type.Q8_0, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.F16, Type.BF16]
K_TYPES = {Type.Q4_K: (144, [0, 2]), Type.Q5_K: (176, [0, 2]), Type.Q6_K: (210, [208])}
random = numpy.random.default_rng(7)


def text_of(numbers):
    return base64.b64encode(numpy.ascontiguousarray(numbers, dtype="<f4").tobytes()).decode()


def k_blocks(kind, count):
    """Random codes behind scales of a sensible size: gguf-py decodes these types, and does not make them."""
    size, scales = K_TYPES[kind]
    data = random.integers(0, 256, (count, size), dtype=numpy.uint8)
    for at in scales:
        halves = (random.uniform(0.2, 1, count) * 1e-3 / (8 if kind == Type.Q6_K else 1)).astype("<f2")
        data[:, at : at + 2] = halves.view(numpy.uint8).reshape(count, 2)
    return data


def block_cases():
    cases = []
    for kind in [*SIMPLE, *K_TYPES]:
        values = random.normal(size=(4, 256)).astype(numpy.float32)
        data = k_blocks(kind, 4) if kind in K_TYPES else quantize(values, kind)
        stored = numpy.ascontiguousarray(data).view(numpy.uint8).tobytes()
        decoded = dequantize(numpy.frombuffer(stored, dtype=numpy.uint8).reshape(4, -1), kind)
        cases.append(dict(type=kind.name, data=base64.b64encode(stored).decode(), values=text_of(decoded)))
    return cases


class Writer:
    def __init__(self, path, name):
        self.file = gguf.GGUFWriter(path, name)
        self.count = 0

    def matrix(self, name, rows, columns, kind=None):
        kind = kind or SIMPLE[self.count % len(SIMPLE)]
        self.count += 1
        if kind in K_TYPES:
            data = k_blocks(kind, rows * columns // 256).reshape(rows, -1)
        else:
            data = quantize((random.normal(size=(rows, columns)) / numpy.sqrt(columns)).astype(numpy.float32), kind)
        self.file.add_tensor(name, data, raw_dtype=kind)

    def vector(self, name, size, centre=0.0):
        self.file.add_tensor(name, (centre + 0.2 * random.normal(size=size)).astype(numpy.float32))

    def close(self):
        self.file.write_header_to_file()
        self.file.write_kv_data_to_file()
        self.file.write_tensors_to_file()
        self.file.close()


def shape(file, kv_heads, epsilon="rms"):
    file.add_block_count(BLOCKS)
    file.add_context_length(CONTEXT)
    file.add_embedding_length(HIDDEN)
    file.add_feed_forward_length(INNER)
    file.add_head_count(HEADS)
    file.add_head_count_kv(kv_heads)
    file.add_layer_norm_rms_eps(1e-5) if epsilon == "rms" else file.add_layer_norm_eps(1e-5)


BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def pieces_and_scores():
    """Three control tokens, the bytes, and pieces that SentencePiece joins by their scores."""
    joined = "\u2581h \u2581he ll \u2581hell \u2581hello lo low \u2581low \u2581lowest es est \u2581w wo wor worl world \u2581world o."
    letters = [*"abcdehilnorstw\u2581.,'1234!\u00e9"]
    pieces = letters + joined.split()
    pieces += [f"piece{i}" for i in range(VOCABULARY - 259 - len(pieces))]
    scores = [0.0] * 259 + [-100.0 - i if len(piece) == 1 else -float(i) for i, piece in enumerate(pieces)]
    return ["<unk>", "<s>", "</s>", *BYTES, *pieces], scores, [2, 3, 3] + [6] * 256 + [1] * len(pieces)


def sentence_piece(space_before):
    def write(file):
        tokens, scores, types = pieces_and_scores()
        file.add_tokenizer_model("llama")
        file.add_token_list(tokens)
        file.add_token_scores(scores)
        file.add_token_types(types)
        file.add_bos_token_id(1)
        file.add_eos_token_id(2)
        file.add_unk_token_id(0)
        file.add_add_bos_token(True)
        file.add_add_space_prefix(space_before)
        file.add_chat_template("{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}")

    return write, lambda: by_sentence_piece(space_before)


def tokens_and_merges():
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = "h e|l l|he ll|hell o|l o|lo w|\u0120 lo|\u0120lo w|e s|es t|1 2|12 3|3 4|\u0120 w|o r|\u0120w or".split("|")
    tokens = letters + [merge.replace(" ", "") for merge in merges]
    tokens += [f"token{i}" for i in range(VOCABULARY - 2 - len(tokens))]
    return [*tokens, "<|endoftext|>", "<|im_end|>"], merges


def byte_level(pre):
    def write(file):
        tokens, merges = tokens_and_merges()
        file.add_tokenizer_model("gpt2")
        file.add_tokenizer_pre(pre)
        file.add_token_list(tokens)
        file.add_token_types([1] * (VOCABULARY - 2) + [3, 3])
        file.add_token_merges(merges)
        file.add_bos_token_id(VOCABULARY - 2)
        file.add_eos_token_id(VOCABULARY - 1)

    return write, lambda: by_tokenizers(pre)


def llama_like(writer, fused=False, head_norms=False, biases=False, norm=1.0, sandwich=False, tied=False, kv_heads=KV_HEADS):
    writer.matrix("token_embd.weight", VOCABULARY, HIDDEN)
    writer.vector("output_norm.weight", HIDDEN, norm)
    if not tied:
        writer.matrix("output.weight", VOCABULARY, HIDDEN)
    queries, keys = HEADS * HEAD, kv_heads * HEAD
    for index in range(BLOCKS):
        at = lambda name: f"blk.{index}.{name}"
        names = ["attn_norm", "ffn_norm"] + (["post_attention_norm", "post_ffw_norm"] if sandwich else [])
        for name in names:
            writer.vector(at(name + ".weight"), HIDDEN, norm)
        if head_norms:
            for name in ["attn_q_norm", "attn_k_norm"]:
                writer.vector(at(name + ".weight"), HEAD, norm)
        if fused:
            writer.matrix(at("attn_qkv.weight"), queries + 2 * keys, HIDDEN)
            writer.matrix(at("ffn_up.weight"), 2 * INNER, HIDDEN)
        else:
            for name, rows in [("attn_q", queries), ("attn_k", keys), ("attn_v", keys)]:
                writer.matrix(at(name + ".weight"), rows, HIDDEN)
                if biases:
                    writer.vector(at(name + ".bias"), rows)
            writer.matrix(at("ffn_gate.weight"), INNER, HIDDEN)
            writer.matrix(at("ffn_up.weight"), INNER, HIDDEN)
        writer.matrix(at("attn_output.weight"), HIDDEN, queries)
        writer.matrix(at("ffn_down.weight"), HIDDEN, INNER, [Type.Q4_K, Type.Q6_K][index])


def gpt2(writer):
    writer.matrix("token_embd.weight", VOCABULARY, HIDDEN)
    writer.matrix("position_embd.weight", CONTEXT, HIDDEN)
    for name, size in [("output_norm", HIDDEN)] + [
        (f"blk.{index}.{name}", HIDDEN) for index in range(BLOCKS) for name in ["attn_norm", "ffn_norm"]
    ]:
        writer.vector(name + ".weight", size, 1.0)
        writer.vector(name + ".bias", size)
    for index in range(BLOCKS):
        shapes = dict(attn_qkv=(3 * HIDDEN, HIDDEN), attn_output=(HIDDEN, HIDDEN), ffn_up=(INNER, HIDDEN), ffn_down=(HIDDEN, INNER))
        for name, (rows, columns) in shapes.items():
            writer.matrix(f"blk.{index}.{name}.weight", rows, columns)
            writer.vector(f"blk.{index}.{name}.bias", rows)


def rope(file, base=10000.0):
    file.add_rope_freq_base(base)
    file.add_rope_dimension_count(HEAD)
    file.add_key_length(HEAD)
    file.add_value_length(HEAD)


def case(kind, write, tokenizer, kv_heads=KV_HEADS, more=lambda file: None, config=None):
    return dict(kind=kind, write=write, tokenizer=tokenizer, kv_heads=kv_heads, more=more, config=config or {})


def gemma(file):
    rope(file, 1000000.0)
    file.add_sliding_window(5)


CASES = {
    "llama": case("llama", llama_like, sentence_piece(True), more=rope),
    "llama-tied-multi-head": case(
        "llama", lambda w: llama_like(w, tied=True, kv_heads=2), byte_level("smollm"), 2, lambda f: rope(f, 100000.0)
    ),
    "qwen2": case("qwen2", lambda w: llama_like(w, biases=True), byte_level("llama-bpe"), more=rope),
    "qwen3": case(
        "qwen3",
        lambda w: llama_like(w, head_norms=True, tied=True),
        byte_level("qwen2"),
        more=rope,
        config=dict(head_dim=HEAD),
    ),
    "phi3": case(
        "phi3", lambda w: llama_like(w, fused=True), sentence_piece(True), more=rope, config=dict(pad_token_id=None)
    ),
    "gemma3": case(
        "gemma3",
        lambda w: llama_like(w, head_norms=True, sandwich=True, tied=True, norm=2.0),
        sentence_piece(False),
        more=gemma,
        config=dict(query_pre_attn_scalar=HEAD, head_dim=HEAD),
    ),
    "gpt2": case("gpt2", gpt2, byte_level("gpt-2"), HEADS, config=dict(n_inner=INNER, n_positions=CONTEXT)),
}


def logits_of(folder, name, changes):
    config = transformers.AutoConfig.from_pretrained(folder, gguf_file=name)
    for key, value in changes.items():
        setattr(config, key, value)
    config._attn_implementation = "eager"
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, config=config, dtype=torch.float32)
    with torch.no_grad():
        return model.eval()(torch.tensor([IDS]), use_cache=False).logits[0].numpy()


def by_sentence_piece(space_before):
    """SentencePiece itself, over the same pieces and scores."""
    proto = sentencepiece_model_pb2.ModelProto()
    kinds = proto.SentencePiece
    tokens, scores, types = pieces_and_scores()
    for token, score, kind in zip(tokens, scores, types):
        piece = proto.pieces.add()
        piece.piece, piece.score = token, score
        piece.type = {1: kinds.NORMAL, 2: kinds.UNKNOWN, 3: kinds.CONTROL, 6: kinds.BYTE}[kind]
    proto.trainer_spec.model_type = proto.trainer_spec.BPE
    proto.trainer_spec.byte_fallback = True
    proto.trainer_spec.vocab_size = VOCABULARY
    proto.normalizer_spec.name = "identity"
    proto.normalizer_spec.add_dummy_prefix = space_before
    proto.normalizer_spec.remove_extra_whitespaces = False
    proto.normalizer_spec.escape_whitespaces = True
    processor = sentencepiece.SentencePieceProcessor(model_proto=proto.SerializeToString())
    return [processor.encode(text) for text in TEXTS]


def by_tokenizers(pre):
    """Hugging Face's tokenizers, set up as the models of these names have it in their tokenizer.json."""
    tokens, merges = tokens_and_merges()
    vocabulary = {token: id for id, token in enumerate(tokens)}
    pairs = [tuple(merge.split(" ")) for merge in merges]
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, pairs, ignore_merges=pre == "llama-bpe"))
    words = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    split = lambda digits: pre_tokenizers.Split(tokenizers.Regex(words.replace("DIGITS", digits)), "isolated")
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    whole = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    steps = {
        "gpt-2": [whole],
        "smollm": [pre_tokenizers.Digits(individual_digits=True), whole],
        "qwen2": [split(r"\p{N}"), plain],
        "llama-bpe": [split(r"\p{N}{1,3}"), plain],
    }
    made.pre_tokenizer = pre_tokenizers.Sequence(steps[pre])
    if pre == "qwen2":
        made.normalizer = tokenizers.normalizers.NFC()
    return [made.encode(text).ids for text in TEXTS]


def split(folder, name):
    """The same model in several files, as llama.cpp splits large ones."""
    reader = gguf.GGUFReader(os.path.join(folder, name + ".gguf"))
    writer = gguf.GGUFWriter(os.path.join(folder, name + "-split.gguf"), "llama", split_max_tensors=8)
    for field in reader.fields.values():
        if not field.name.startswith("GGUF.") and field.name != "general.architecture":
            kind = field.types[0]
            of = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), kind, of)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(folder):
    os.makedirs(folder, exist_ok=True)
    models = []
    for name, made in CASES.items():
        path = os.path.join(folder, name + ".gguf")
        writer = Writer(path, made["kind"])
        shape(writer.file, made["kv_heads"], "layer" if made["kind"] == "gpt2" else "rms")
        made["more"](writer.file)
        write_tokenizer, tokenize = made["tokenizer"]
        write_tokenizer(writer.file)
        made["write"](writer)
        writer.close()
        logits = logits_of(folder, name + ".gguf", made["config"])
        models.append(dict(name=name, logits=text_of(logits), texts=tokenize()))
    split(folder, "llama")
    how = f"tools/models/gguf_golden.py, transformers {transformers.__version__}, PyTorch {torch.__version__}"
    golden = dict(how=how, ids=IDS, texts=TEXTS, blocks=block_cases(), models=models)
    with open(os.path.join(folder, "golden.json"), "w") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
