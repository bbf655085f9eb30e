"""Token files -> batches of whole dialogues with a weight for every token.

The idea: a row starts where a conversation starts, as in the product, so nothing has to be guessed about a cut-off
past; and what the model itself must write (its turns, above all its calls) counts more than what users and tools
write. A dialogue longer than the context is cut at its end or, half of the time, at a turn near its beginning.
"""
import numpy
import torch

from tokenizer import ASSISTANT, CALL, END, RESULT, SPECIAL, USER

CONTENT = {END: 0.2, USER: 0.2, ASSISTANT: 1.0, CALL: 3.0, RESULT: 0.1}
ROLE_TOKEN = {END: 1.0, USER: 1.0, ASSISTANT: 2.0, CALL: 2.0, RESULT: 1.0}
KEPT = 0.25  # share of the lightly weighted positions that a step computes, at 1/KEPT their weight


def roles(ids):
    """The special token that governs each position (itself, where it is special)."""
    index = numpy.where(ids < len(SPECIAL), numpy.arange(len(ids)), 0)
    return ids[numpy.maximum.accumulate(index)]


def token_weights(ids):
    """What each token weighs as a target."""
    table = numpy.zeros((2, len(SPECIAL)), numpy.float32)
    for role in CONTENT:
        table[0, role], table[1, role] = CONTENT[role], ROLE_TOKEN[role]
    return table[(ids < len(SPECIAL)).astype(int), roles(ids)]


def dialogues(path):
    """-> list of uint16 arrays, one a dialogue."""
    file = numpy.load(path)
    ids, starts = file["ids"], file["starts"]
    return [ids[a:b] for a, b in zip(starts, starts[1:])]


def crop(ids, context, from_start):
    if len(ids) <= context + 1:
        return ids
    if from_start:
        return ids[:context + 1]
    turns = numpy.flatnonzero(ids == USER)
    turns = turns[len(ids) - turns <= context]
    return numpy.concatenate([ids[:1], ids[turns[0]:]]) if len(turns) else ids[:context + 1]


def batches(path, context, tokens, rng):
    """Shuffled list of batches; a batch is a list of rows of like length, about `tokens` tokens with padding."""
    rows = [crop(ids, context, rng.random() < 0.5) for ids in dialogues(path)]
    rows.sort(key=lambda row: len(row) * (0.9 + 0.2 * rng.random()))
    result, batch, longest = [], [], 0
    for row in rows:
        longest = max(longest, len(row))
        if batch and longest * (len(batch) + 1) > tokens:
            result.append(batch)
            batch, longest = [], len(row)
        batch.append(row)
    result.append(batch)
    rng.shuffle(result)
    return result


def tensors(batch, rng, device):
    """-> inputs [b, t], targets [b, t], weights [b, t] (0 where padded or left out this time)."""
    width = max(len(row) for row in batch)
    ids = numpy.zeros((len(batch), width), numpy.int64)
    weights = numpy.zeros((len(batch), width), numpy.float32)
    for i, row in enumerate(batch):
        ids[i, :len(row)] = row
        weights[i, :len(row)] = token_weights(row)
    light = (weights > 0) & (weights < 0.5)
    weights[light] *= (rng.random(int(light.sum())) < KEPT) / KEPT
    ids, weights = torch.from_numpy(ids).to(device), torch.from_numpy(weights).to(device)
    return ids[:, :-1], ids[:, 1:], weights[:, 1:]
