"""Swap the names in a dialogue for others, so that a small model learns to copy instead of to remember.

The idea: a call's arguments are mostly spans of the text before it (76% in SGD, nearly all in Snips), but a model
that sees only a few thousand restaurant and film names learns those by heart and misspells new ones. So a value
that a dialogue writes both in its prose and in its JSON is replaced everywhere in it, by a value of the same slot
from another dialogue or by one put together from two of them. In the same spirit some dialogues have slots of
their JSON renamed, so that the model takes a slot's name from what the tool answered earlier: a service that it has
never seen names its slots its own way. Entity swapping as in data recombination (Jia and Liang 2016,
arXiv 1606.03622).
"""
import collections
import json
import re

PAYLOAD = re.compile(r"<\|(?:call|result)\|>(\{.*?\})(?=<\||$)")
NAME = re.compile(r"[^\W\d_][\w'&.\- ]{2,40}$")
DIGITS = re.compile(r"\d[\d\-., ]{3,}\d$")
CATEGORICAL = 50  # a slot with no more values than this is nearly a closed list: its values carry meaning
NOT_NAMES = {"true", "false", "dontcare"}


def payload_values(line):
    """Yields (slot, value) of every JSON payload in a dialogue."""
    for match in PAYLOAD.finditer(line):
        try:
            payload = json.loads(match.group(1))
        except json.JSONDecodeError:
            continue
        for slot, value in payload.get("arguments", payload).items():
            if isinstance(value, str):
                yield slot, value


def slot_values(lines):
    """-> {slot: sorted open-class names seen in it}."""
    seen = collections.defaultdict(set)
    for line in lines:
        for slot, value in payload_values(line):
            if NAME.match(value) and value.lower() not in NOT_NAMES:
                seen[slot].add(value)
    return {slot: sorted(values) for slot, values in seen.items() if len(values) > CATEGORICAL}


def _another(value, values, random):
    if random.random() < 0.5:
        return random.choice(values)
    first, second = random.choice(values).split(" "), random.choice(values).split(" ")
    return " ".join(first[:max(1, len(first) // 2)] + second[len(second) // 2:])


def _digits(value, random):
    return "".join(str(random.randint(1, 9)) if character.isdigit() else character for character in value)


def swap(line, slots, random, share=0.6):
    """A dialogue with about `share` of its open-class values replaced, each consistently throughout."""
    prose = PAYLOAD.sub(" ", line)
    changes = {}
    for slot, value in payload_values(line):
        if value in changes or random.random() > share:
            continue
        if not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", prose):
            continue
        if slot in slots and NAME.match(value) and value.lower() not in NOT_NAMES:
            changes[value] = _another(value, slots[slot], random)
        elif DIGITS.match(value) and "phone" in slot:
            changes[value] = _digits(value, random)
    if not changes:
        return line
    longest_first = sorted(changes, key=len, reverse=True)
    pattern = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")
    return pattern.sub(lambda match: changes[match.group(1)], line)


def slot_names(lines):
    """Every slot name of the JSON payloads, sorted."""
    return sorted({slot for line in lines for slot, _ in payload_values(line)})


def rename(line, names, random, share=0.3):
    """A dialogue with about `share` of its slots renamed throughout; the last word is kept where there are two."""
    changes = {}
    for slot in dict.fromkeys(slot for slot, _ in payload_values(line)):
        if random.random() < share:
            first, last = random.choice(names).split("_")[0], slot.split("_")[-1]
            changes[slot] = random.choice(names) if "_" not in slot else f"{first}_{last}"

    def edit(match):
        payload = match.group(0)
        for slot, new in changes.items():
            if f'"{new}":' not in payload:
                payload = payload.replace(f'"{slot}":', f'"{new}":')
        return payload

    return PAYLOAD.sub(edit, line)
