"""Train early exits: a norm and a projection each, in front of the target's own head; the target stays as it is.

An exit learns the last block's distribution from the hidden state after its block, on the target's own turns
(sample.py). Writes MODEL/exits.safetensors with `exits.<block>.norm.weight` [d] and
`exits.<block>.projection.weight` [d, d]: logits = embedding . (projection . rmsNorm(hidden)). Source: the tuned lens,
Belrose et al. 2023 (arXiv 2303.08112), here with a norm in place of the bias and no residual.
"""
import pathlib

import torch
from torch import nn

import loop
from branches import reread
from distill import Samples, against_teacher
from model import Exit, device, half_precision
from train import common_arguments, plan_of, set_up
from weights import load_model, save_exits

DEPTHS = (4, 6, 8)


class Exits(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.at = nn.ModuleDict({str(depth): Exit(model.shape.hidden) for depth in DEPTHS})
        for exit_ in self.at.values():
            exit_.norm.weight.data.copy_(model.norm.weight)


def main():
    arguments = common_arguments("Train the target's exits.")
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--samples", required=True, help="folder of sample.py")
    arguments.add_argument("--hard", type=float, default=0.5, help="share of the greedy token's own cross-entropy")
    options = arguments.parse_args()
    set_up(options)
    model = load_model(options.model).to(device()).eval().requires_grad_(False)
    model.blocks = model.blocks[:max(DEPTHS)]  # the teacher's opinion is in the samples
    exits, samples = Exits(model).to(device()), Samples(options.samples, options.seed)
    agreement = {depth: [] for depth in DEPTHS}

    def next_losses():
        batch, tokens, live, _, best, chances = samples.next()
        best, chances = best[:live.sum()], chances[:live.sum()]  # an exit is judged on the target's own turns alone
        with torch.no_grad(), half_precision():
            _, tapped = reread(model, batch, tokens, live, DEPTHS)
        for depth in DEPTHS:
            with half_precision():
                logits = model.head(exits.at[str(depth)](tapped[depth])).float()
            agreement[depth].append((logits.argmax(-1) == best[:, 0]).float().mean().item())
            yield against_teacher(logits, best, chances, options.hard).mean() / len(DEPTHS)

    def finished(_, note):
        save_exits({int(depth): exit_ for depth, exit_ in exits.at.items()}, options.model)
        recent = {depth: round(sum(values[-25:]) / max(1, len(values[-25:])), 3) for depth, values in agreement.items()}
        print(f"step {note['step']} agreement with the target's greedy token {recent}", flush=True)

    loop.fit(exits, plan_of(options), next_losses, samples.position, finished)


if __name__ == "__main__":
    main()
