"""Turn dialogues into token files: OUT/pass-0.npz ... and OUT/heldout.npz.

A pass is the whole training text once, in its own order; all but the last have their names swapped (augment.py).
A pass holds `ids` (uint16) and `starts`, where each dialogue begins. Requests that are off the models' ground
(GSM8K problems, questions about tales) are answered with a sentence that says so, because a visitor's first
prompt is often one. Nothing of the held-out files is read for training.
"""
import argparse
import csv
import io
import json
import pathlib
import random
import tarfile

import numpy

from augment import rename, slot_names, slot_values, swap
from tokenizer import Tokenizer, open_text

OFF_GROUND = [
    "I'm sorry, I only know bookings, travel, music, films and the weather. Is there something like that I can do?",
    "That is off my ground. I can look for restaurants, hotels, flights, events and the like. What would you like?",
]
OPENERS = [
    "Tell me a story about a {}.", "Write a poem about a {}.", "What is a {}?", "Explain the {} to me.",
    "Who invented the {}?", "Write a function that sorts a {}.", "Why is the {} so important?", "hi, what do you think of a {}?",
    "Translate {} into French.", "Summarise the history of the {}.",
]
THINGS = (
    "dragon river moon list castle robot planet ocean galaxy proof king sentence forest machine theorem bird "
    "volcano database neuron bridge wizard war cat mountain computer clock battery electron sonnet compiler"
).split()


def read_lines(path):
    with open_text(path) as file:
        return [line.rstrip("\n") for line in file if line.strip()]


def read_dialogues(path):
    """One a line; a few requests hold a line break of their own, which becomes a space."""
    found = []
    for line in read_lines(path):
        if line.startswith("<|end|>"):
            found.append(line)
        else:
            found[-1] += " " + line
    return found


def word_problems(path):
    return [json.loads(line)["question"] for line in read_lines(path)]


def tale_questions(path):
    """The question columns of every table in FairytaleQA's archive."""
    questions = []
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            if member.isfile() and member.name.endswith(".csv"):
                text = io.TextIOWrapper(archive.extractfile(member), encoding="utf-8", errors="replace")
                questions += [row["question"] for row in csv.DictReader(text) if row.get("question")]
    return questions


def off_ground(questions, count, rng):
    asked = rng.sample(questions, min(count, len(questions)))
    asked += [rng.choice(OPENERS).format(rng.choice(THINGS)) for _ in range(count // 3)]
    return [f"<|end|><|user|>{' '.join(q.split())}<|assistant|>{rng.choice(OFF_GROUND)}" for q in asked]


def augmented(line, slots, names, rng):
    """Names swapped in four dialogues of five; slots renamed in one of seven that have several turns."""
    line = swap(line, slots, rng) if rng.random() < 0.8 else line
    return rename(line, names, rng) if "<|result|>" in line and rng.random() < 0.15 else line


def write(path, lines, tokenizer):
    rows = [tokenizer.encode(line if line.endswith("<|end|>") else line + "<|end|>") for line in lines]
    starts = numpy.cumsum([0] + [len(row) for row in rows])
    numpy.savez(path, ids=numpy.concatenate([numpy.array(row, numpy.uint16) for row in rows]), starts=starts)
    print(f"{path}: {len(rows)} dialogues, {starts[-1]} tokens", flush=True)


def main():
    arguments = argparse.ArgumentParser(description="Dialogues -> token files.")
    arguments.add_argument("--train", nargs="+", required=True, help="dialogues, one a line")
    arguments.add_argument("--heldout", nargs="+", required=True)
    arguments.add_argument("--problems", help="gsm8k_train.jsonl(.gz)")
    arguments.add_argument("--tales", help="fairytaleqa.tar.gz")
    arguments.add_argument("--tokenizer", required=True, help="folder with tokenizer.json")
    arguments.add_argument("--passes", type=int, default=4)
    arguments.add_argument("--off-ground", type=int, default=1200, help="off-ground requests a pass")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()

    out, tokenizer = pathlib.Path(options.out), Tokenizer.load(options.tokenizer)
    out.mkdir(parents=True, exist_ok=True)
    lines = [line for path in options.train for line in read_dialogues(path)]
    questions = word_problems(options.problems) if options.problems else []
    questions += tale_questions(options.tales) if options.tales else []
    slots, names = slot_values(lines), slot_names(lines)
    for index in range(options.passes):
        rng = random.Random(options.seed * 1000 + index)
        own = lines if index == options.passes - 1 else [augmented(line, slots, names, rng) for line in lines]
        own = own + off_ground(questions, options.off_ground, rng)
        rng.shuffle(own)
        write(out / f"pass-{index}.npz", own, tokenizer)
    write(out / "heldout.npz", [line for path in options.heldout for line in read_dialogues(path)], tokenizer)


if __name__ == "__main__":
    main()
