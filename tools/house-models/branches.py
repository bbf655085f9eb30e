"""A dialogue as a trunk with branches: continue every turn of many dialogues in one go.

The idea: the trunk (the dialogue as it was) runs through the model once; at each place where the model would have
to write a turn, a branch starts that sees the trunk up to there and itself, and nothing else. All branches of a
batch grow by one token a step over one shared cache, told apart by the attention mask alone (as in tree attention,
SpecInfer, arXiv 2305.09781). Sampling for distillation, acceptance rates and tool calls all come from this.
Shapes: b dialogues, n trunk tokens, r branches a dialogue, s steps.
"""
import dataclasses

import numpy
import torch

from model import HIDDEN, Cache
from tokenizer import ASSISTANT, CALL, STOPS


@dataclasses.dataclass
class Batch:
    trunk: torch.Tensor   # [b, n] ids, padded with 0
    starts: torch.Tensor  # [b, r] the trunk position a branch stands in for, 0 where there is no branch
    forced: torch.Tensor  # [b, r] a branch's first token if it is given, -1 where the model chooses


def turn_starts(ids):
    """Where the model has to write: the positions of its own role tokens."""
    return [int(i) for i in numpy.flatnonzero((ids == ASSISTANT) | (ids == CALL)) if i > 0]


def gather(rows, starts, device, forced=None):
    """Lists of ids and of branch starts -> Batch. `forced` gives each row's branches their first token."""
    width, most = max(map(len, rows)), max(1, max(map(len, starts)))
    trunk = torch.zeros(len(rows), width, dtype=torch.long)
    where = torch.zeros(len(rows), most, dtype=torch.long)
    first = torch.full((len(rows), most), -1)
    for i, (row, begins) in enumerate(zip(rows, starts)):
        trunk[i, :len(row)] = torch.from_numpy(row.astype(numpy.int64))
        where[i, :len(begins)] = torch.tensor(begins, dtype=torch.long)
        if forced is not None:
            first[i, :len(begins)] = forced
    return Batch(trunk.to(device), where.to(device), first.to(device))


def trunk_mask(n, device):
    return torch.full((1, 1, n, n), HIDDEN, device=device).triu(1)


def branch_mask(batch, steps):
    """[b, 1, r * steps, n + r * steps]: what the branch tokens of `steps` steps may see. Step-major order."""
    b, n = batch.trunk.shape
    r, device = batch.starts.shape[1], batch.trunk.device
    trunk = torch.arange(n, device=device) < batch.starts[..., None]  # [b, r, n]
    trunk = trunk[:, None].expand(b, steps, r, n).reshape(b, steps * r, n)
    branch = torch.arange(r, device=device).repeat(steps)
    step = torch.arange(steps, device=device).repeat_interleave(r)
    own = (branch[:, None] == branch) & (step[:, None] >= step)
    seen = torch.cat([trunk, own.expand(b, -1, -1)], -1)
    return torch.zeros_like(seen, dtype=torch.float).masked_fill_(~seen, HIDDEN)[:, None]


def gumbel(shape, generator, device):
    uniform = torch.rand(shape, generator=generator).clamp_min(1e-12)
    return -torch.log(-torch.log(uniform)).to(device)


@torch.no_grad()
def continue_turns(model, batch, steps, temperature=0.0, generator=None, see=None):
    """-> tokens [b, r, steps], live [b, r, steps] (False from the step after a stop on).

    see(step, logits, hidden, live) is called for every step with the [b, r, ...] values that chose its tokens.
    """
    b, n = batch.trunk.shape
    r, device = batch.starts.shape[1], batch.trunk.device
    cache = Cache(n + r * steps)
    everywhere = torch.arange(n, device=device)[None]
    hidden = model(batch.trunk, everywhere, trunk_mask(n, device), cache)
    before = (batch.starts - 1).clamp_min(0)
    hidden = hidden.gather(1, before[..., None].expand(-1, -1, hidden.shape[-1]))  # [b, r, d]
    mask = branch_mask(batch, steps)
    alive = batch.starts > 0
    tokens, lives = [], []
    for step in range(steps):
        logits = model.head(hidden).float()
        if see:
            see(step, logits, hidden, alive)
        scores = logits if temperature == 0 else logits / temperature + gumbel(logits.shape, generator, device)
        token = scores.argmax(-1)
        if step == 0:
            token = torch.where(batch.forced >= 0, batch.forced, token)
        tokens.append(token)
        lives.append(alive)
        alive = alive & ~sum(token == stop for stop in STOPS).bool()
        if not alive.any() or step == steps - 1:
            break
        sight = mask[:, :, step * r:(step + 1) * r, :n + (step + 1) * r]
        hidden = model(token, batch.starts + step, sight, cache)
    return torch.stack(tokens, -1), torch.stack(lives, -1)


def reread(model, batch, tokens, taps=()):
    """Run branches that are already written: what `model` would have said at every one of their tokens.

    tokens [b, r, s] -> hidden [b, r, s, d], the state from which token s is chosen (with taps: raw ones, a dict).
    """
    b, n = batch.trunk.shape
    r, steps, device = batch.starts.shape[1], tokens.shape[-1], batch.trunk.device
    flat = tokens.transpose(1, 2).reshape(b, steps * r)
    ids = torch.cat([batch.trunk, flat], 1)
    positions = batch.starts[:, None] + torch.arange(steps, device=device)[:, None]  # [b, s, r]
    trunk_positions = torch.arange(n, device=device).expand(b, n)
    positions = torch.cat([trunk_positions, positions.reshape(b, -1)], 1)
    above = torch.full((1, 1, n, steps * r), HIDDEN, device=device)
    top = torch.cat([trunk_mask(n, device), above], -1).expand(b, -1, -1, -1)
    mask = torch.cat([top, branch_mask(batch, steps)], 2)
    result = model(ids, positions, mask, taps=taps)
    hidden, tapped = result if taps else (result, {})

    def choosing(states):
        d = states.shape[-1]
        before = (batch.starts - 1).clamp_min(0)
        first = states.gather(1, before[..., None].expand(-1, -1, d))[:, :, None]
        later = states[:, n:].view(b, steps, r, d).transpose(1, 2)[:, :, :-1]
        return torch.cat([first, later], 2)  # [b, r, s, d]

    return choosing(hidden), {depth: choosing(states) for depth, states in tapped.items()}
