"""Let the teacher write every turn of many dialogues, and keep what it thought of each token.

A draft is judged by how often it says what the target would say after the target's own words, so it should learn on
those (on-policy data of the teacher: Zhou et al., DistillSpec, arXiv 2310.08461). Each file of OUT holds one batch of
dialogues with branches (branches.py): ids, branch starts, tokens, which of them count, and the teacher's K best tokens
with their log-probabilities. Two batches of three are greedy, the rest sampled. The teacher reads the true dialogues
anyway to write from them, so what it thinks of the next token there is kept as well, free of charge: at all of the
model's own tokens and a tenth of the others (`marked`). Files that exist are left alone, so a stopped run goes on.
"""
import argparse
import os
import pathlib

import numpy
import torch

from branches import Batch, continue_turns, gather, turn_starts
from model import device, half_precision
from rows import dialogues, roles
from tokenizer import ASSISTANT, CALL
from weights import load_model

K = 16
TEMPERATURES = (0.0, 0.7, 0.0, 0.0, 1.0, 0.0)
OTHERS = 0.1  # share of the marked among the trunk positions whose next token is not the model's own


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


def marks(rows, seed):
    """Which trunk positions [b, n] to learn from: the next token is the model's own, or one in ten of the others."""
    rng = numpy.random.default_rng(seed)
    marked = numpy.zeros((len(rows), max(map(len, rows))), bool)
    for i, row in enumerate(rows):
        own = numpy.isin(roles(row)[1:], (ASSISTANT, CALL))
        marked[i, :len(own)] = own | (rng.random(len(own)) < OTHERS)
    return torch.from_numpy(marked)


def sample(model, part, temperature, steps, seed):
    rows = [row for row, _ in part]
    batch, marked = gather(rows, [starts for _, starts in part], device()), marks(rows, seed)
    best, chances = [], []

    def see(_, logits):
        top = logits.log_softmax(-1).topk(K)
        best.append(top.indices.cpu().to(torch.int16))
        chances.append(top.values.cpu())

    def see_trunk(hidden):
        see(None, model.head(hidden[marked.to(hidden.device)]).float())

    generator = torch.Generator().manual_seed(seed)
    tokens, live = continue_turns(model, batch, steps, temperature, generator, see, see_trunk)
    return {
        "trunk": batch.trunk.cpu().to(torch.int16), "starts": batch.starts.cpu().to(torch.int16),
        "tokens": tokens.cpu().to(torch.int16), "live": live.cpu(), "marked": marked,
        "trunk_best": best[0], "trunk_chances": chances[0].half(),
        "best": torch.stack(best[1:], 2), "chances": torch.stack(chances[1:], 2).half(),
    }


def read(path, where):
    """-> Batch, tokens [b, r, s], live [b, r, s], marked [b, n]; and the teacher's best [count, K] and their
    log-probabilities [count, K] at the living tokens, in order, and then at the marked trunk positions."""
    file = {name: torch.from_numpy(array).to(where) for name, array in numpy.load(path).items()}
    trunk, starts, live = file["trunk"].long(), file["starts"].long(), file["live"]
    batch = Batch(trunk, starts, torch.full_like(starts, -1))
    best = torch.cat([file["best"][live], file["trunk_best"]]).long()
    chances = torch.cat([file["chances"][live], file["trunk_chances"]]).float()
    return batch, file["tokens"].long(), live, file["marked"], best, chances


def main():
    arguments = argparse.ArgumentParser(description="The teacher's own turns, for distillation.")
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--data", required=True, nargs="+", help="pass files of prepare.py")
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--dialogues", type=int, default=4000, help="from each pass file")
    arguments.add_argument("--size", type=int, default=3072, help="trunk tokens a batch")
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
            arrays = sample(model, parts[index], TEMPERATURES[index % len(TEMPERATURES)], options.steps, options.seed + int(index))
        part_file = out / f"part-{index:05d}.npz"
        numpy.savez(part_file, **{name: tensor.numpy() for name, tensor in arrays.items()})
        os.replace(part_file, file)
        if count % 20 == 0:
            print(f"{count + 1} of {len(order)} batches", flush=True)


if __name__ == "__main__":
    main()
