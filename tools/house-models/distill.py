"""Train the draft on the target's own turns (sample.py), and on the data itself for the rest of the text.

The loss at a token that the target wrote: cross-entropy with the target's distribution over its K best tokens, and
with the best one alone, which is what greedy verification asks for. Every second step adds a batch of dialogues with
their own next tokens, so that the draft stays a language model of what users say. Sources: Hinton et al. 2015
(arXiv 1503.02531); DistillSpec (arXiv 2310.08461).
"""
import json
import pathlib

import numpy
import torch
import torch.nn.functional as F

import loop
import sample
from branches import reread
from model import SHAPES, Decoder, device, half_precision
from rows import tensors
from train import Passes, common_arguments, cross_entropy, plan_of, set_up
from weights import load_model, save_model

DATA_EVERY, DATA_WEIGHT = 2, 0.5


def against_teacher(logits, best, chances, hard):
    """logits [m, vocabulary] -> mean loss; best, chances [m, K] are the teacher's tokens and log-probabilities."""
    own = logits.float().log_softmax(-1).gather(-1, best)
    teacher = chances.softmax(-1)
    soft = -(teacher * own).sum(-1)
    return (hard * -own[:, 0] + (1 - hard) * soft).mean()


class Samples:
    """An endless walk over sample files in an order that is a function of the seed and the round."""

    def __init__(self, folder, seed):
        self.files, self.seed = sorted(pathlib.Path(folder).glob("batch-*.npz")), seed
        self.position = {"round": 0, "file": 0}

    def next(self):
        order = numpy.random.default_rng([self.seed, self.position["round"]]).permutation(len(self.files))
        file = self.files[order[self.position["file"]]]
        self.position["file"] += 1
        if self.position["file"] == len(self.files):
            self.position.update({"round": self.position["round"] + 1, "file": 0})
        return sample.read(file, device())


def main():
    arguments = common_arguments("Distil a draft from the target's samples.")
    arguments.add_argument("--samples", required=True, help="folder of sample.py")
    arguments.add_argument("--data", required=True, help="folder of prepare.py")
    arguments.add_argument("--shape", choices=SHAPES, default="1m")
    arguments.add_argument("--init", help="folder of an earlier draft to go on from")
    arguments.add_argument("--hard", type=float, default=0.5, help="share of the greedy token's own cross-entropy")
    options = arguments.parse_args()
    set_up(options)
    draft = (load_model(options.init) if options.init else Decoder(SHAPES[options.shape])).to(device())
    samples, passes = Samples(options.samples, options.seed), Passes(options.data, draft.shape.context, options.seed)
    position = {"step": 0, "samples": samples.position, "data": passes.position}

    def next_losses():
        samples.position, passes.position = position["samples"], position["data"]
        batch, tokens, live, best, chances = samples.next()
        with half_precision():
            hidden, _ = reread(draft, batch, tokens, live)
            logits = draft.head(hidden)
        yield against_teacher(logits, best[live], chances[live], options.hard)
        if position["step"] % DATA_EVERY == 0:
            rng = numpy.random.default_rng([options.seed, position["step"]])
            parts = tensors(passes.next(), rng, device())
            yield DATA_WEIGHT * cross_entropy(draft, *parts) / parts[2].sum()
        position["step"] += 1

    def finished(_, note):
        save_model(draft, options.out)
        (pathlib.Path(options.out) / "training.json").write_text(json.dumps({**note, **vars(options)}))

    loop.fit(draft, plan_of(options), next_losses, position, finished)


if __name__ == "__main__":
    main()
