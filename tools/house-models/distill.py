"""Train the draft on what the target thinks: at every token of its own turns, and along the true dialogues (sample.py).

The loss at a token: cross-entropy with the target's distribution over its K best tokens, and with the best one alone,
which is what greedy verification asks for. Tokens of the true dialogues count half: the draft will not be judged there,
but they come at no price and say more than the dialogues' own next tokens do. Sources: Hinton et al. 2015
(arXiv 1503.02531); DistillSpec (arXiv 2310.08461).
"""
import json
import pathlib

import numpy
import torch

import loop
import sample
from branches import reread
from model import SHAPES, Decoder, device, half_precision
from train import common_arguments, plan_of, set_up
from weights import load_model, save_model

TRUNK_WEIGHT = 0.5


def against_teacher(logits, best, chances, hard):
    """logits [m, vocabulary] -> loss [m]; best, chances [m, K] are the teacher's tokens and log-probabilities."""
    own = logits.float().log_softmax(-1).gather(-1, best)
    teacher = chances.softmax(-1)
    soft = -(teacher * own).sum(-1)
    return hard * -own[:, 0] + (1 - hard) * soft


def sample_loss(draft, sample_, hard):
    """-> (sum of the weighted losses, sum of the weights) of one sample file."""
    batch, tokens, live, marked, best, chances = sample_
    with half_precision():
        hidden, _ = reread(draft, batch, tokens, live, marked=marked)
        logits = draft.head(hidden)
    losses = against_teacher(logits, best, chances, hard)
    weights = torch.full_like(losses, TRUNK_WEIGHT)
    weights[:int(live.sum())] = 1
    return (losses * weights).sum(), weights.sum()


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
    arguments.add_argument("--shape", choices=SHAPES, default="1m")
    arguments.add_argument("--init", help="folder of an earlier draft to go on from")
    arguments.add_argument("--hard", type=float, default=0.5, help="share of the greedy token's own cross-entropy")
    arguments.add_argument("--files", type=int, default=2, help="sample files a step")
    options = arguments.parse_args()
    set_up(options)
    draft = (load_model(options.init) if options.init else Decoder(SHAPES[options.shape])).to(device())
    samples = Samples(options.samples, options.seed)

    def next_losses():
        for _ in range(options.files):
            loss, mass = sample_loss(draft, samples.next(), options.hard)
            yield loss / (options.files * mass)

    def finished(_, note):
        save_model(draft, options.out)
        (pathlib.Path(options.out) / "training.json").write_text(json.dumps({**note, **vars(options)}))

    loop.fit(draft, plan_of(options), next_losses, samples.position, finished)


if __name__ == "__main__":
    main()
