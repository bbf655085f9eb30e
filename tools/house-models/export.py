"""A trained folder -> a Hugging Face folder that the product loads, with its model card.

Copies weights, config and exits, writes the generation and tokenizer configurations, and composes README.md from the
words below and the tables of evaluate.py. Prints the weights' SHA-256.
"""
import argparse
import hashlib
import json
import pathlib
import shutil

from card import ground_section, tables
from tokenizer import END, SPECIAL, STOPS
from weights import read_shape

TEMPLATE = ("{% for m in messages %}{% if loop.first %}<|end|>{% endif %}"
            "{{ '<|' + m['role'] + '|>' + m['content'] }}{% endfor %}")
FRONT = """---
license: cc-by-sa-4.0
language: en
library_name: cutlayer
tags: [llama, tool-calls, task-oriented-dialogue, speculative-decoding]
---
"""
WORDS = """# {name}

{what} Part of Cutlayer, an in-browser split-inference lab; made by `tools/house-models` from scratch.

| | |
|---|---|
| parameters | {parameters:,} |
| blocks, hidden, heads/KV heads, feed-forward | {blocks}, {hidden}, {heads}/{kv_heads} (head 64), {feed_forward} |
| vocabulary | {vocabulary:,}, byte-level BPE, 16 special tokens; the same tokenizer for all house models |
| context | {context} tokens |
| weights | float16, embedding and head tied |
{exits}
It knows bookings, travel, music, films and the weather as a few thousand written dialogues know them, all set in March
2019, and nothing else. It calls tools that it has seen in training: no list of tools is given to it, so a service that
names its tools or slots differently is called by the names the model knows.

Format: `<|end|><|user|>text`; the model writes its own role token, `<|assistant|>` or `<|call|>`, and stops at
`<|user|>`, `<|result|>` or `<|end|>`. The chat template has no generation prompt.

## Training

{training}

## Data, licence, attribution

Trained on the training dialogues of Schema-Guided Dialogue (Rastogi, Zang, Sunkara, Gupta, Khaitan: Towards Scalable
Multi-Domain Conversational Agents, AAAI 2020; Google Research, CC BY-SA 4.0; rewritten into our chat format, names
swapped and some slots renamed in copies) and of the Snips NLU benchmark (Coucke et al. 2018, arXiv 1805.10190, CC0).
Requests off its ground are questions of GSM8K (Cobbe et al. 2021, MIT) and FairytaleQA (Xu et al. 2022, Apache-2.0),
each answered with a sentence of our own. SGD dev and Snips val were not trained on. The weights are licensed
CC BY-SA 4.0, as SGD.

"""


def copy_model(source, out, tokenizer):
    out.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "model.safetensors", "exits.safetensors"):
        if (source / name).exists():
            shutil.copyfile(source / name, out / name)
    shutil.copyfile(tokenizer / "tokenizer.json", out / "tokenizer.json")
    generation = {"_from_model_config": False, "bos_token_id": END, "eos_token_id": sorted(STOPS),
                  "pad_token_id": END, "do_sample": True, "temperature": 0.7, "top_p": 0.95}
    (out / "generation_config.json").write_text(json.dumps(generation, indent=1) + "\n")
    (out / "tokenizer_config.json").write_text(json.dumps(tokenizer_config(read_shape(source)), indent=1) + "\n")


def tokenizer_config(shape):
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": SPECIAL[END], "eos_token": SPECIAL[END],
        "pad_token": SPECIAL[END], "unk_token": None, "add_bos_token": False, "add_eos_token": False,
        "clean_up_tokenization_spaces": False, "model_max_length": shape.context,
        "additional_special_tokens": SPECIAL[1:], "chat_template": TEMPLATE,
        "added_tokens_decoder": {str(i): {"content": token, **flags} for i, token in enumerate(SPECIAL)},
    }


def card(name, shape, report, which, what, training, has_exits, ground):
    exits = "| exits | after blocks 4, 6 and 8: a norm and a projection each, in `exits.safetensors` |\n" if has_exits else ""
    words = WORDS.format(name=name, what=what, training=training, exits=exits, parameters=report[which]["parameters"],
                         blocks=shape.blocks, hidden=shape.hidden, heads=shape.heads, kv_heads=shape.kv_heads,
                         feed_forward=shape.feed_forward, vocabulary=shape.vocabulary, context=shape.context)
    return FRONT + words + tables(report, which) + ("\n" + ground_section(ground) if ground else "")


def main():
    arguments = argparse.ArgumentParser(description="Write a Hugging Face folder with its card.")
    arguments.add_argument("--model", required=True, help="folder of train.py or distill.py")
    arguments.add_argument("--tokenizer", required=True, help="folder with tokenizer.json")
    arguments.add_argument("--evaluation", required=True, help="JSON of evaluate.py")
    arguments.add_argument("--ground", help="ground.json of ground.py")
    arguments.add_argument("--which", choices=["large", "small"], required=True)
    arguments.add_argument("--what", required=True, help="one sentence: what the model is for")
    arguments.add_argument("--training", required=True, help="a text file: how this version was trained")
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    source, out = pathlib.Path(options.model), pathlib.Path(options.out)
    copy_model(source, out, pathlib.Path(options.tokenizer))
    report = json.loads(pathlib.Path(options.evaluation).read_text())
    ground = json.loads(pathlib.Path(options.ground).read_text()) if options.ground else None
    if ground:
        shutil.copyfile(options.ground, out / "ground.json")
    weights = (out / "model.safetensors").read_bytes()
    digest = hashlib.sha256(weights).hexdigest()
    measured = report["provenance"][f"{options.which}Sha256"]
    if digest != measured:
        raise SystemExit(f"the evaluation is of other weights: {measured[:16]}, these are {digest[:16]}")
    training = pathlib.Path(options.training).read_text().strip()
    text = card(out.name, read_shape(source), report, options.which, options.what, training,
                (out / "exits.safetensors").exists(), ground)
    (out / "README.md").write_text(text, encoding="utf-8")
    print(f"{out.name}: model.safetensors {len(weights):,} bytes, SHA-256 {digest}")


if __name__ == "__main__":
    main()
