"""golden.json: what the models say, computed in float32 with PyTorch from the shipped float16 weights.

The product's tests compare every runtime with it: prompt ids, the last position's eight best logits, the prompt's
log-probabilities and the greedy continuation with its smallest margin. Where a model has exits, `exitsLastLogitsTop8`
gives theirs at the same position.
"""
import argparse
import json
import pathlib

import torch

from tokenizer import STOPS, Tokenizer
from weights import load_exits, load_model

PROMPTS = [
    "I want to book a table for two in Oakland tonight.",
    "Can you find me a cheap flight from Seattle to New York next Monday?",
    "What's the weather like in San José?",
    "play some jazz by miles davis",
    "zzz 12345 !? unusual",
]
HOW = 'float32 PyTorch, weights rounded to float16 as shipped; promptIds = tokenizer("<|end|><|user|>" + prompt)'


def best(logits, count=8):
    top = logits.topk(count)
    return [[int(i), round(float(value), 4)] for value, i in zip(top.values, top.indices)]


def greedy(model, ids, limit=40):
    """-> (continuation, its smallest margin); recomputes the whole text for every token, as the plainest reference."""
    ids, start, margins = list(ids), len(ids), []
    for _ in range(limit):
        two = model.head(model(torch.tensor([ids]))[0, -1]).topk(2)
        margins.append(float(two.values[0] - two.values[1]))
        ids.append(int(two.indices[0]))
        if ids[-1] in STOPS:
            break
    return ids[start:], min(margins)


def row(model, exits, tokenizer, prompt):
    ids = tokenizer.encode(f"<|end|><|user|>{prompt}")
    hidden, tapped = model(torch.tensor([ids]), taps=tuple(exits) or (model.shape.blocks,))
    logits = model.head(hidden)[0]
    chances = logits.log_softmax(-1)
    continuation, margin = greedy(model, ids)
    result = {
        "prompt": prompt, "promptIds": ids, "lastLogitsTop8": best(logits[-1]),
        "logProbOfEachPromptToken": [round(float(chances[i - 1, ids[i]]), 5) for i in range(1, len(ids))],
        "greedy": continuation, "smallestGreedyMargin": round(margin, 5),
    }
    if exits:
        result["exitsLastLogitsTop8"] = {
            str(depth): best(model.head(exit_(tapped[depth]))[0, -1]) for depth, exit_ in exits.items()}
    return result


def main():
    arguments = argparse.ArgumentParser(description="Golden logits and greedy tokens.")
    arguments.add_argument("--models", nargs="+", required=True, help="model folders; their names are the keys")
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    torch.set_grad_enabled(False)
    models = {}
    for folder in map(pathlib.Path, options.models):
        model, exits, tokenizer = load_model(folder).eval(), load_exits(folder), Tokenizer.load(folder)
        models[folder.name] = [row(model, exits, tokenizer, prompt) for prompt in PROMPTS]
    text = json.dumps({"how": HOW, "models": models}, ensure_ascii=False, indent=1)
    pathlib.Path(options.out).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
