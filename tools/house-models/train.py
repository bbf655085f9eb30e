"""Train a model on token files: `--shape 10m` from scratch, or from an earlier version's folder with `--init`.

Writes OUT/config.json, OUT/model.safetensors and OUT/checkpoint.pt; run it again with the same arguments to go on
after a stop. The data's order is a function of the seed and the pass. Held-out loss is printed at the end.
"""
import argparse
import json
import os
import pathlib

import numpy
import torch
import torch.nn.functional as F

import loop
from model import SHAPES, Decoder, device, half_precision
from rows import batches, dialogues, tensors
from weights import load_model, save_model

BATCH = 4096  # tokens a forward pass


def common_arguments(description):
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--steps", type=int, required=True)
    arguments.add_argument("--rate", type=float, default=1e-3, help="peak learning rate")
    arguments.add_argument("--decay", type=float, default=0.4, help="share of the steps in which the rate falls to 0")
    arguments.add_argument("--step-tokens", type=int, default=2 * BATCH)
    arguments.add_argument("--muon", action="store_true", help="Muon for the matrices of the blocks")
    arguments.add_argument("--minutes", type=float, default=float("inf"), help="stop (resumably) after this long")
    arguments.add_argument("--checkpoint", type=int, default=100, help="steps between checkpoints")
    arguments.add_argument("--threads", type=int, default=os.cpu_count())
    arguments.add_argument("--seed", type=int, default=0)
    return arguments


def plan_of(options):
    return loop.Plan(out=options.out, steps=options.steps, rate=options.rate, decay=options.decay,
                     muon=options.muon, checkpoint=options.checkpoint, stop_after=options.minutes)


def set_up(options):
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)


class Passes:
    """An endless walk over the pass files; `position` is where it stands."""

    def __init__(self, data, context, seed):
        self.files = sorted(pathlib.Path(data).glob("pass-*.npz"))
        self.context, self.seed, self.position = context, seed, {"pass": 0, "batch": 0}
        self.loaded, self.list = None, []

    def next(self):
        index = self.position["pass"]
        if self.loaded != index:
            rng = numpy.random.default_rng([self.seed, index])
            self.list = batches(self.files[index % len(self.files)], self.context, BATCH, rng)
            self.loaded = index
        batch = self.list[self.position["batch"]]
        self.position["batch"] += 1
        if self.position["batch"] == len(self.list):
            self.position.update({"pass": index + 1, "batch": 0})
        return batch


def cross_entropy(model, inputs, targets, weights):
    """Sum of weight times cross-entropy; the head is computed only where a target weighs something."""
    with half_precision():
        hidden = model(inputs)
        logits = model.head(hidden[weights > 0])
    losses = F.cross_entropy(logits.float(), targets[weights > 0], reduction="none")
    return (losses * weights[weights > 0]).sum()


@torch.no_grad()
def heldout_loss(model, path, context, rows=96):
    """Weighted nats a token over a few held-out dialogues, for the log only."""
    rng, total, mass = numpy.random.default_rng(0), 0.0, 0.0
    all_rows = dialogues(path)
    for row in all_rows[::max(1, len(all_rows) // rows)]:
        inputs, targets, weights = tensors([row[:context + 1]], rng, device())
        total += cross_entropy(model, inputs, targets, weights).item()
        mass += weights.sum().item()
    return total / mass


def main():
    arguments = common_arguments("Train a model on token files.")
    arguments.add_argument("--data", required=True, help="folder of prepare.py")
    arguments.add_argument("--shape", choices=SHAPES, default="10m")
    arguments.add_argument("--init", help="folder of an earlier version to go on from")
    options = arguments.parse_args()
    set_up(options)
    model = (load_model(options.init) if options.init else Decoder(SHAPES[options.shape])).to(device())
    passes = Passes(options.data, model.shape.context, options.seed)

    def next_losses():
        rng = numpy.random.default_rng([options.seed, passes.position["pass"], passes.position["batch"]])
        parts = [tensors(passes.next(), rng, device()) for _ in range(options.step_tokens // BATCH)]
        mass = sum(part[2].sum() for part in parts)
        for part in parts:
            yield cross_entropy(model, *part) / mass

    def finished(_, note):
        save_model(model, options.out)
        loss = heldout_loss(model, pathlib.Path(options.data) / "heldout.npz", model.shape.context)
        print(f"step {note['step']} held-out {loss:.4f} nats a weighted token", flush=True)
        (pathlib.Path(options.out) / "training.json").write_text(json.dumps({**note, **vars(options), "held_out": loss}))

    loop.fit(model, plan_of(options), next_losses, passes.position, finished)


if __name__ == "__main__":
    main()
