"""Which prompts are off the models' ground: a table of words for the page, and how well it tells them apart.

The idea: a prompt is a bag of words; each word that users of the training dialogues said has a weight, words they
never said have one for all, and the mean weight is the score. The weights are a logistic regression between what those
users said and text of other kinds (word problems, questions about tales, stories). The threshold is not chosen by
hand: it is where FALSE_ALARMS of the held-out users' own turns would be called off the ground. How many foreign prompts
lie above it is measured on files that neither the weights nor the threshold have seen. The page reads the file beside
the model, in the tab: nothing of the prompt leaves it (src/core/model/ground.ts computes the same score).
"""
import argparse
import collections
import json
import os
import pathlib
import re

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy
import torch
import torch.nn.functional as F

from prepare import OPENERS, THINGS, read_dialogues, read_lines, tale_questions, word_problems
from prompts import read_prompts

FALSE_ALARMS = 0.01
WORDS = 40  # of a prompt, from its start: one page of foreign text is judged like its first lines
SEEN = 2    # a word that training has less often is unknown
FEWEST = 3  # fewer words are too little to judge
PIECE = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+")
TURN = re.compile(r"<\|user\|>(.*?)(?=<\||$)")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
NUMBER, WORD, NAME = "#number", "#word", "#name"  # classes: any number, an unknown word, an unknown capitalised word


def words(text):
    """-> list of (word in lower case or NUMBER, could it be a name: capitalised and not at the start)."""
    pieces = PIECE.findall(text.replace("\u2019", "'"))[:WORDS]
    return [(NUMBER, False) if piece[0].isdigit() else (piece.lower(), piece[0].isupper() and place > 0)
            for place, piece in enumerate(pieces)]


def features(text, known):
    return [word if word in known or word == NUMBER else NAME if name else WORD for word, name in words(text)]


def user_turns(paths):
    """-> (every user turn, the first of each dialogue)."""
    dialogues = [TURN.findall(line) for path in paths for line in read_dialogues(path)]
    return [turn for turns in dialogues for turn in turns], [turns[0] for turns in dialogues if turns]


def foreign_text(options):
    """Questions and sentences that no user of the dialogues said."""
    questions = word_problems(options.problems) + tale_questions(options.tales)
    stories = [s for line in read_lines(options.stories) for s in SENTENCE_END.split(line) if len(s) > 10]
    starts = [SENTENCE_END.split(question)[0] for question in questions]
    return questions + starts + stories[::max(1, len(stories) // 8000)] + [o.format(t) for o in OPENERS for t in THINGS]


def bags(texts, known, index):
    """Features as indices, side by side, and where each text begins."""
    rows = [[index[feature] for feature in features(text, known)] for text in texts]
    starts = numpy.cumsum([0] + [len(row) for row in rows])[:-1]
    return torch.tensor([i for row in rows for i in row], dtype=torch.long), torch.from_numpy(starts)


def fit(own, foreign, known, index, seed, passes=4):
    """-> weight of each feature: the mean over a text's features, plus a constant, is its log-odds of being foreign."""
    rng, texts = numpy.random.default_rng(seed), own + foreign
    labels = torch.cat([torch.zeros(len(own)), torch.ones(len(foreign))])
    balance = torch.where(labels > 0, len(own) / len(foreign), 1.0)
    weights, constant = torch.nn.EmbeddingBag(len(index), 1, mode="mean"), torch.zeros(1, requires_grad=True)
    torch.nn.init.zeros_(weights.weight)
    optimiser = torch.optim.Adam([{"params": weights.parameters(), "weight_decay": 1e-6}, {"params": [constant]}], lr=0.5)
    for epoch in range(passes):
        optimiser.param_groups[0]["lr"] = optimiser.param_groups[1]["lr"] = 0.5 * (1 - epoch / passes)
        for picked in numpy.array_split(rng.permutation(len(texts)), len(texts) // 512):
            logits = weights(*bags([texts[i] for i in picked], known, index))[:, 0] + constant
            losses = F.binary_cross_entropy_with_logits(logits, labels[picked], reduction="none")
            optimiser.zero_grad()
            (losses * balance[picked]).mean().backward()
            optimiser.step()
    return weights.weight.detach()[:, 0].tolist()


def score(text, table):
    """Mean weight of the words of a text, None where there are too few of them to judge."""
    found = [table[feature] for feature in features(text, table)]
    return sum(found) / len(found) if len(found) >= FEWEST else None


def scores(texts, table):
    """As numbers: what cannot be judged is not foreign."""
    found = [score(text, table) for text in texts]
    return numpy.array([-numpy.inf if each is None else each for each in found])


def first_turns(path):
    """A .jsonl whose lines hold `turns` or `prompt`."""
    rows = [json.loads(line) for line in read_lines(path)]
    return [row["turns"][0] if "turns" in row else row["prompt"] for row in rows]


def grouped(table):
    """Words by weight, so that the file is small and can be read."""
    by_weight = collections.defaultdict(list)
    for word, weight in sorted(table.items()):
        by_weight[f"{weight:g}"].append(word)
    return {weight: " ".join(by_weight[weight]) for weight in sorted(by_weight, key=float)}


def main():
    arguments = argparse.ArgumentParser(description="A table that tells which prompts are off the models' ground.")
    arguments.add_argument("--train", nargs="+", required=True, help="dialogues")
    arguments.add_argument("--heldout", nargs="+", required=True, help="dialogues: the threshold")
    arguments.add_argument("--problems", required=True)
    arguments.add_argument("--tales", required=True)
    arguments.add_argument("--stories", required=True, help="one a line")
    arguments.add_argument("--off", nargs="+", required=True, help=".jsonl of foreign prompts: only judged")
    arguments.add_argument("--prompts", required=True, help="the demo prompts: examples with their scores")
    arguments.add_argument("--knows", default="bookings, travel, music, films and the weather")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)

    turns, openings = user_turns(options.train)
    own = turns + openings  # openings twice: most prompts are one
    counts = collections.Counter(word for text in own for word in {word for word, _ in words(text)})
    known = {word for word, count in counts.items() if count > SEEN and word != NUMBER}
    index = {feature: i for i, feature in enumerate([NUMBER, WORD, NAME, *sorted(known)])}
    weights = fit(own, foreign_text(options), known, index, options.seed)
    table = {feature: round(weights[i], 1) for feature, i in index.items()}

    held_turns, held_openings = user_turns(options.heldout)
    threshold = max(float(numpy.quantile(scores(texts, table), 1 - FALSE_ALARMS)) for texts in (held_turns, held_openings))
    threshold = round(threshold + 0.005, 2)

    def flagged(texts):
        return round(float((scores(texts, table) > threshold).mean()), 4)

    off = {pathlib.Path(path).name.split(".")[0]: first_turns(path) for path in options.off}
    measured = {
        "heldOut": {"turns": len(held_turns), "flagged": flagged(held_turns),
                    "openings": len(held_openings), "openingsFlagged": flagged(held_openings)},
        "offGround": [{"set": name, "prompts": len(texts), "flagged": flagged(texts)}
                      for name, texts in off.items()],
    }
    examples = [{"prompt": prompt, "score": round(score(prompt, table), 4)} for prompt in read_prompts(options.prompts)]
    content = {"schema": 1, "knows": options.knows, "threshold": threshold, "measured": measured, "examples": examples,
               "words": grouped(table)}
    pathlib.Path(options.out).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps({"words": len(table), "threshold": threshold, **measured}))


if __name__ == "__main__":
    main()
