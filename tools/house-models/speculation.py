"""How often a draft, or an exit of the target itself, says what the target says; and what that is worth.

The target writes every turn of held-out dialogues at a temperature. A candidate rereads those turns; where it would
have drafted the same token under the same noise (the product couples both by Gumbel noise from one hash), the token
counts as accepted. Block efficiency is simulated turn by turn: a pass of the target verifies up to gamma drafted
tokens and adds one of its own; a turn's end cuts its last block short, as in the product. `overlap` is the mean of
sum(min(p, q)), the acceptance rate of rejection sampling (Leviathan et al. 2023, arXiv 2211.17192, section 3.2).
"""
import torch

from branches import continue_turns, gather, gumbel, reread, turn_starts
from weights import load_exits

STEPS = 80


def block_tokens(agreed, gamma):
    """Flags of one turn's tokens -> (tokens, target passes)."""
    at, passes = 0, 0
    while at < len(agreed):
        run = 0
        while run < gamma and at + run < len(agreed) and agreed[at + run]:
            run += 1
        at, passes = at + run + 1, passes + 1
    return len(agreed), passes


class Tally:
    def __init__(self, gamma):
        self.gamma, self.tokens, self.accepted, self.passes, self.overlap = gamma, 0, 0, 0, 0.0

    def add(self, same, live, overlap):
        """same, overlap [count] of the tokens that live [b, r, s] marks."""
        self.accepted += int(same.sum())
        self.overlap += float(overlap.sum())
        agreed = torch.zeros_like(live).masked_scatter_(live, same)
        for flags, on in zip(agreed.flatten(0, 1), live.flatten(0, 1)):
            tokens, passes = block_tokens(flags[on].tolist(), self.gamma)
            self.tokens += tokens
            self.passes += passes

    def result(self, temperature):
        return {
            "temperature": temperature, "tokens": self.tokens, "acceptance": self.accepted / self.tokens,
            "overlap": None if temperature == 0 else self.overlap / self.tokens,
            "gamma": self.gamma, "blockEfficiency": self.tokens / self.passes,
        }


def compare(logits, target_logits, tokens, temperature, noise):
    """A candidate's logits, [count, vocabulary] -> (says the same [count], overlap [count])."""
    if temperature == 0:
        same = logits.argmax(-1) == tokens
        return same, same.float()
    same = (logits / temperature + noise).argmax(-1) == tokens
    p, q = (target_logits / temperature).softmax(-1), (logits / temperature).softmax(-1)
    return same, torch.minimum(p, q).sum(-1)


@torch.no_grad()
def measure(target, folder, draft, rows, temperature, device, gamma=4, size=6, seed=7):
    """-> {"draft" or "exit <block>": figures} over all of the model's turns in `rows`."""
    exits = {depth: exit_.to(device) for depth, exit_ in load_exits(folder).items()}
    tallies = {name: Tally(gamma) for name in ["draft", *(f"exit {depth}" for depth in exits)]}
    rows = sorted((row[:target.shape.context] for row in rows), key=len)
    for at in range(0, len(rows), size):
        part = rows[at:at + size]
        batch = gather(part, [turn_starts(row) for row in part], device)
        said, seeds = [], seed + at
        tokens, live = continue_turns(target, batch, STEPS, temperature, torch.Generator().manual_seed(seeds),
                                      lambda step, logits: said.append(logits))
        generator = torch.Generator().manual_seed(seeds)  # the same noise again
        noise = [gumbel(logits.shape, generator, device) for logits in said] if temperature else said
        said, noise = (torch.stack(steps, 2)[live] for steps in (said, noise))  # [count, vocabulary]
        _, tapped = reread(target, batch, tokens, live, tuple(exits) or (target.shape.blocks,))
        states = {"draft": (draft, reread(draft, batch, tokens, live)[0])}
        states |= {f"exit {depth}": (target, exit_(tapped[depth])) for depth, exit_ in exits.items()}
        for name, (model, hidden) in states.items():
            same, overlap = compare(model.head(hidden).float(), said, tokens[live], temperature, noise)
            tallies[name].add(same, live, overlap)
    return {name: tally.result(temperature) for name, tally in tallies.items() if tally.tokens}
