"""What two models say to a list of prompts, greedily: how the shipped prompt sets were chosen and are checked.

Reads demo.json ({"prompts": [{"prompt"}]}), a .jsonl of {"id", "prompt"}, or plain lines; prints both answers
and, at the end, how many calls differ in their tool's name.
"""
import argparse
import json
import pathlib

import numpy

from branches import continue_turns, gather
from calls import parse
from model import device
from tokenizer import CALL, STOPS, Tokenizer
from weights import load_model


def read_prompts(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    if path.endswith(".json"):
        return [entry["prompt"] for entry in json.loads(text)["prompts"]]
    lines = [line for line in text.splitlines() if line.strip()]
    return [json.loads(line)["prompt"] for line in lines] if path.endswith(".jsonl") else lines


def answers(model, tokenizer, prompts, steps=64, size=16):
    """-> [(text, tool name or None)], each the model's whole first turn."""
    results = []
    for at in range(0, len(prompts), size):
        rows = [numpy.array(tokenizer.encode(f"<|end|><|user|>{p}"), numpy.int64) for p in prompts[at:at + size]]
        batch = gather(rows, [[len(row)] for row in rows], device())
        tokens, live = continue_turns(model, batch, steps)
        for ids, alive in zip(tokens[:, 0].tolist(), live[:, 0].tolist()):
            kept = [token for token, on in zip(ids, alive) if on and token not in STOPS]
            call = parse(tokenizer.decode(kept[1:])) if kept[:1] == [CALL] else None
            results.append((tokenizer.decode(kept), call[0] if call else None))
    return results


def main():
    arguments = argparse.ArgumentParser(description="What two models say to prompts.")
    arguments.add_argument("--prompts", required=True)
    arguments.add_argument("--large", required=True)
    arguments.add_argument("--small", required=True)
    options = arguments.parse_args()
    prompts, tokenizer = read_prompts(options.prompts), Tokenizer.load(options.large)
    both = [answers(load_model(folder).to(device()).eval(), tokenizer, prompts)
            for folder in (options.large, options.small)]
    differ = 0
    for prompt, (large, tool), (small, other) in zip(prompts, *both):
        differ += tool is not None and tool != other
        print(f"{'!' if tool and other and tool != other else ' '} {prompt}\n    large {large}\n    small {small}")
    calls = [sum(tool is not None for _, tool in results) for results in both]
    print(f"{len(prompts)} prompts; calls: large {calls[0]}, small {calls[1]}; tool differs from the large one's: {differ}")


if __name__ == "__main__":
    main()
