"""Tool calls on held-out dialogues: is the name right, are the arguments exact, is it JSON, and how sure was it?

Every call of the dialogue is asked for with the true dialogue before it. `given`: the text ends in the call token,
so only the call itself is judged. `free`: the model also has to decide that it is time to call. Confidence is the
product of the probabilities of the tokens the model wrote, up to the name's end and over the whole call; expected
calibration error as in Guo et al. 2017 (arXiv 1706.04599), ten equal bins.
"""
import json
import math
import re

import torch

from branches import continue_turns, gather
from tokenizer import CALL, STOPS

NAME_END = re.compile(r'"name"\s*:\s*"[^"]*"')
LONGEST = 112  # tokens a call may take; the longest in SGD dev has fewer


def find_calls(ids, context):
    """Yields (start, end) of the calls that fit the context; end is where the true call stops."""
    for start in (ids == CALL).nonzero()[0]:
        end = start + 1
        while end < len(ids) and ids[end] not in STOPS:
            end += 1
        if end < context:
            yield int(start), int(end)


def parse(text):
    """-> (name, arguments) or None."""
    try:
        value = json.loads(text)
        return value["name"], value["arguments"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return None


def read_branch(tokens, chances, tokenizer):
    """One written call -> (text, confidence in the name, confidence in the whole)."""
    pieces, product, name, seen = [], 1.0, None, ""
    for token, chance in zip(tokens, chances):
        product *= chance
        if token in STOPS:
            break
        pieces.append(token)
        if name is None:
            seen = tokenizer.decode(pieces)
            name = product if NAME_END.search(seen) else None
    return tokenizer.decode(pieces), product if name is None else name, product


def ask(model, tokenizer, rows, given, device, size=8):
    """-> one dict a call: wanted, got, valid, name, exact, name_confidence, call_confidence."""
    jobs = [(row, list(find_calls(row, model.shape.context))) for row in rows]
    jobs = sorted((job for job in jobs if job[1]), key=lambda job: len(job[0]))
    results = []
    for at in range(0, len(jobs), size):
        part = jobs[at:at + size]
        trunks = [row[:model.shape.context] for row, _ in part]
        starts = [[start for start, _ in calls] for _, calls in part]
        batch = gather(trunks, starts, device, forced=CALL if given else None)
        longest = max(end - start for _, calls in part for start, end in calls)
        chances = []

        def see(step, logits):
            chances.append(logits.softmax(-1))

        tokens, _ = continue_turns(model, batch, min(LONGEST, longest + 24), see=see)
        chance = torch.stack(chances, 2).gather(-1, tokens[..., None])[..., 0].tolist()  # [b, r, s]
        tokens = tokens.tolist()
        for i, (row, calls) in enumerate(part):
            for j, (start, end) in enumerate(calls):
                wanted = tokenizer.decode(row[start + 1:end].tolist())
                called = tokens[i][j][0] == CALL
                skip = 1 if called else 0
                written = chance[i][j][skip:] if given else chance[i][j]
                text, name_sure, sure = read_branch(tokens[i][j][skip:], written, tokenizer)
                results.append(judge(wanted, text, called, name_sure, sure))
    return results


def judge(wanted, text, called, name_confidence, call_confidence):
    truth, got = parse(wanted), parse(text) if called else None
    return {
        "wanted": wanted, "got": text, "called": called, "valid": got is not None,
        "name": bool(got and truth and got[0] == truth[0]), "exact": bool(got and got == truth),
        "nameConfidence": name_confidence, "callConfidence": call_confidence,
    }


def share(results, key):
    return sum(bool(result[key]) for result in results) / max(1, len(results))


def summary(results):
    return {"calls": len(results), **{key: share(results, key) for key in ("called", "valid", "name", "exact")}}


def reliability(results, confidence, outcome, bins=10):
    """-> {"bins": [{from, to, count, confidence, accuracy}], "ece"}."""
    rows, error = [], 0.0
    for i in range(bins):
        low, high = i / bins, (i + 1) / bins
        part = [r for r in results if low <= r[confidence] < high or (i == bins - 1 and r[confidence] >= high)]
        if part:
            sure = math.fsum(r[confidence] for r in part) / len(part)
            right = share(part, outcome)
            error += len(part) / len(results) * abs(sure - right)
            rows.append({"from": low, "to": high, "count": len(part), "confidence": sure, "accuracy": right})
    return {"bins": rows, "ece": error}


def known_slots(lines):
    """-> {tool: the slots that training calls it with}."""
    known = {}
    for line in lines:
        for match in re.finditer(r"<\|call\|>(\{.*?\})(?=<\||$)", line):
            name, slots = parse(match.group(1)) or (None, {})
            known.setdefault(name, set()).update(slots)
    return known


def is_known(wanted, known):
    """Whether a model could know the call's tool and slots from training; services that only the held-out
    dialogues have name their slots differently, and no prompt tells the model how."""
    name, slots = parse(wanted) or (None, {})
    return name in known and set(slots) <= known[name]
