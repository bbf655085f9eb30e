"""Let the teacher write every turn of many dialogues, and keep what it thought of each token.

A draft is judged by how often it says what the target would say after the target's own words, so it should learn on
those (on-policy data of the teacher: Zhou et al., DistillSpec, arXiv 2310.08461). Each file of OUT holds one batch of
dialogues with branches (branches.py): ids, branch starts, tokens, which of them count, and the teacher's K best tokens
with their log-probabilities. Half of the batches are greedy, the rest sampled. Files that exist are left alone, so a
stopped run goes on where it was.
"""
import argparse
import os
import pathlib

import numpy
import torch

from branches import Batch, continue_turns, gather, turn_starts
from model import device, half_precision
from rows import dialogues
from weights import load_model

K = 16
TEMPERATURES = (0.0, 0.7, 0.0, 1.0)


def jobs(path, context, count, size, seed):
    """-> list of batches of (row, starts); dialogues of like length together, about `size` tokens with padding."""
    rows = dialogues(path)
    order = numpy.random.default_rng(seed).permutation(len(rows))[:count]
    result, batch = [], []
    for row in sorted((rows[i][:context] for i in order), key=len):
        if batch and len(row) * (len(batch) + 1) > size:
            result.append(batch)
            batch = []
        batch.append((row, turn_starts(row)))
    return [*result, batch]


def sample(model, part, temperature, steps, seed):
    batch = gather([row for row, _ in part], [starts for _, starts in part], device())
    best, chances = [], []

    def see(step, logits):
        top = logits.log_softmax(-1).topk(K)
        best.append(top.indices.cpu().to(torch.int16))
        chances.append(top.values.cpu())

    generator = torch.Generator().manual_seed(seed)
    tokens, live = continue_turns(model, batch, steps, temperature, generator, see)
    return {
        "trunk": batch.trunk.cpu().to(torch.int16), "starts": batch.starts.cpu().to(torch.int16),
        "tokens": tokens.cpu().to(torch.int16), "live": live.cpu(),
        "best": torch.stack(best, 2), "chances": torch.stack(chances, 2).half(),
    }


def read(path, where):
    """-> Batch, tokens [b, r, s], live [b, r, s], best [b, r, s, K], log-probabilities [b, r, s, K]."""
    file = {name: torch.from_numpy(array).to(where) for name, array in numpy.load(path).items()}
    trunk, starts = file["trunk"].long(), file["starts"].long()
    batch = Batch(trunk, starts, torch.full_like(starts, -1))
    return batch, file["tokens"].long(), file["live"], file["best"].long(), file["chances"].float()


def main():
    arguments = argparse.ArgumentParser(description="The teacher's own turns, for distillation.")
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--data", required=True, nargs="+", help="pass files of prepare.py")
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--dialogues", type=int, default=4000, help="from each pass file")
    arguments.add_argument("--size", type=int, default=6144, help="trunk tokens a batch")
    arguments.add_argument("--steps", type=int, default=72, help="tokens a turn at most")
    arguments.add_argument("--threads", type=int, default=os.cpu_count())
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    model = load_model(options.model).to(device()).eval()
    parts = [part for path in options.data
             for part in jobs(path, model.shape.context, options.dialogues, options.size, options.seed)]
    order = numpy.random.default_rng(options.seed).permutation(len(parts))
    for count, index in enumerate(order):
        file = out / f"batch-{index:05d}.npz"
        if file.exists() or not any(starts for _, starts in parts[index]):
            continue
        with half_precision():
            arrays = sample(model, parts[index], TEMPERATURES[index % 4], options.steps, options.seed + int(index))
        part_file = out / f"part-{index:05d}.npz"
        numpy.savez(part_file, **{name: tensor.numpy() for name, tensor in arrays.items()})
        os.replace(part_file, file)
        if count % 20 == 0:
            print(f"{count + 1} of {len(order)} batches", flush=True)


if __name__ == "__main__":
    main()
