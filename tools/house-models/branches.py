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


def gumbel(shape, generator, device):
    uniform = torch.rand(shape, generator=generator).clamp_min(1e-12)
    return -torch.log(-torch.log(uniform)).to(device)


def step_mask(starts, n, steps):
    """[b, 1, r, n + steps * r]: what the newest of `steps` tokens of every branch may see."""
    r, device = starts.shape[1], starts.device
    trunk = torch.arange(n, device=device) < starts[..., None]  # [b, r, n]
    own = torch.eye(r, dtype=torch.bool, device=device).repeat(1, steps).expand(len(starts), -1, -1)
    seen = torch.cat([trunk, own], -1)
    return torch.zeros_like(seen, dtype=torch.float).masked_fill_(~seen, HIDDEN)[:, None]


def drop_finished(cache, kept, alive, n, steps, limit):
    """Leave out branches that have stopped, where that makes the batch narrower by a third."""
    r = kept.shape[1]
    living = alive.gather(1, kept)
    most = int(living.sum(1).max())
    if most == 0 or most > r * 2 / 3:
        return cache, kept
    order = (~living).int().argsort(dim=1, stable=True)[:, :most]  # [b, most], the living first
    branch = n + torch.arange(steps, device=kept.device)[:, None] * r + order[:, None]  # [b, steps, most]
    trunk = torch.arange(n, device=kept.device).expand(len(kept), n)
    columns = torch.cat([trunk, branch.flatten(1)], 1)
    return cache.keep(columns, n + most * limit), kept.gather(1, order)


@torch.no_grad()
def continue_turns(model, batch, steps, temperature=0.0, generator=None, see=None, see_trunk=None):
    """-> tokens [b, r, steps], live [b, r, steps] (False from the step after a stop on).

    see(step, logits [b, r, vocabulary]) is called with what chose each step's tokens; zeros for a finished branch.
    see_trunk(hidden [b, n, d]) is called once with the states of the dialogue as it was.
    """
    b, n = batch.trunk.shape
    r, device = batch.starts.shape[1], batch.trunk.device
    cache, kept = Cache(n + r * steps), torch.arange(r, device=device).expand(b, r)
    everywhere = torch.arange(n, device=device)[None]
    hidden = model(batch.trunk, everywhere, trunk_mask(n, device), cache)
    if see_trunk:
        see_trunk(hidden)
    before = (batch.starts - 1).clamp_min(0)
    hidden = hidden.gather(1, before[..., None].expand(-1, -1, hidden.shape[-1]))  # [b, r, d]
    alive = batch.starts > 0
    tokens, lives = [], []
    for step in range(steps):
        some = model.head(hidden).float()
        logits = some.new_zeros(b, r, some.shape[-1]).scatter_(1, kept[..., None].expand_as(some), some)
        if see:
            see(step, logits)
        scores = logits if temperature == 0 else logits / temperature + gumbel(logits.shape, generator, device)
        token = scores.argmax(-1)
        if step == 0:
            token = torch.where(batch.forced >= 0, batch.forced, token)
        tokens.append(token)
        lives.append(alive)
        alive = alive & ~sum(token == stop for stop in STOPS).bool()
        if not alive.any() or step == steps - 1:
            break
        if step % 8 == 7:
            cache, kept = drop_finished(cache, kept, alive, n, step, steps)
        starts = batch.starts.gather(1, kept)
        hidden = model(token.gather(1, kept), starts + step, step_mask(starts, n, step + 1), cache)
    return torch.stack(tokens, -1), torch.stack(lives, -1)


def _packed(batch, live):
    """The living tokens of each dialogue, side by side: (index into r * s, branch, step, which are real), each [b, m]."""
    flat = live.flatten(1)
    most = int(flat.sum(1).max())
    index = (~flat).int().argsort(dim=1, stable=True)[:, :most]  # a branch's tokens stay together and in order
    return index, index // live.shape[2], index % live.shape[2], flat.gather(1, index)


def _packed_mask(starts, branch, step, n):
    """[b, 1, n + m, n + m]: the trunk is causal; a branch token sees the trunk before its start and its own past."""
    b, m = branch.shape
    seen = torch.zeros(b, n + m, n + m, dtype=torch.bool, device=branch.device)
    seen[:, :n, :n] = torch.ones(n, n, dtype=torch.bool, device=branch.device).tril()
    seen[:, n:, :n] = torch.arange(n, device=branch.device) < starts[..., None]
    seen[:, n:, n:] = (branch[..., None] == branch[:, None]) & (step[..., None] >= step[:, None])
    return torch.zeros(seen.shape, device=branch.device).masked_fill_(~seen, HIDDEN)[:, None]


def reread(model, batch, tokens, live, taps=(), marked=None):
    """What `model` thinks at every living token of branches that are already written.

    tokens, live [b, r, s] -> hidden [count, d], the states from which tokens[live] are chosen, in that order; and
    the same of the raw states after each tapped block, {depth: [count, d]}. With marked [b, n] the states at the
    marked trunk positions follow.
    """
    n, device = batch.trunk.shape[1], batch.trunk.device
    index, branch, step, real = _packed(batch, live)
    starts = batch.starts.gather(1, branch)  # [b, m]
    ids = torch.cat([batch.trunk, tokens.flatten(1).gather(1, index)], 1)
    trunk_positions = torch.arange(n, device=device).expand(len(ids), n)
    positions = torch.cat([trunk_positions, starts + step], 1)
    result = model(ids, positions, _packed_mask(starts, branch, step, n), taps=taps)
    hidden, tapped = result if taps else (result, {})
    before = torch.where(step == 0, (starts - 1).clamp_min(0), n - 1 + torch.arange(index.shape[1], device=device))

    def choosing(states):
        chosen = states.gather(1, before[..., None].expand(-1, -1, states.shape[-1]))[real]
        return chosen if marked is None else torch.cat([chosen, states[:, :n][marked]])

    return choosing(hidden), {depth: choosing(states) for depth, states in tapped.items()}
