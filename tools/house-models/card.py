"""The model cards' tables, from what evaluate.py measured. Nothing here is typed in by hand but the words."""


def percent(value):
    return f"{100 * value:.1f}%"


def calls_table(report):
    rows = [
        ("SGD dev, the text ends in the call token", "sgdDev"),
        ("- of these, tool and slots occur in training", "sgdDevKnown"),
        ("SGD dev, the model decides when to call", "sgdDevFree"),
        ("Snips val, the text ends in the call token", "snipsVal"),
    ]
    lines = ["| tool calls, greedy | calls | called | valid JSON | name right | arguments exact |",
             "|---|---|---|---|---|---|"]
    for label, key in rows:
        r = report["calls"][key]
        figures = " | ".join(percent(r[name]) for name in ("called", "valid", "name", "exact"))
        lines.append(f"| {label} | {r['calls']} | {figures} |")
    return "\n".join(lines)


def loss_line(report):
    loss = report["loss"]
    roles = ", ".join(f"{role} {value:.2f}" for role, value in loss["natsPerToken"].items())
    return (f"Held-out loss: {loss['bitsPerByte']:.3f} bits a byte ({loss['dialogues']} SGD dev dialogues, "
            f"{loss['bytes']:,} bytes of text); nats a token by role: {roles}.")


def speculation_table(rows):
    lines = ["| against the target | temperature | tokens | acceptance | sum min(p, q) | block efficiency at 4 |",
             "|---|---|---|---|---|---|"]
    for r in rows:
        overlap = "" if r["overlap"] is None else f"{r['overlap']:.3f}"
        lines.append(f"| {r['candidate']} | {r['temperature']:g} | {r['tokens']:,} | {r['acceptance']:.3f} | {overlap} "
                     f"| {r['blockEfficiency']:.2f} |")
    return "\n".join(lines)


def reliability_table(curve, what):
    lines = [f"| {what}: confidence | calls | mean confidence | right |", "|---|---|---|---|"]
    lines += [f"| {b['from']:.1f} to {b['to']:.1f} | {b['count']} | {b['confidence']:.2f} | {percent(b['accuracy'])} |"
              for b in curve["bins"]]
    return "\n".join(lines) + f"\n\nExpected calibration error: {curve['ece']:.3f}."


def samples_list(samples):
    return "\n".join(f"{i}. `{s['prompt']}`\n   `{s['text']}`" for i, s in enumerate(samples, 1))


def provenance_line(p):
    return (f"Measured {p['date']} by `tools/house-models/evaluate.py` on {p['device']} ({p['processor']}), "
            f"PyTorch {p['torch']}, {p['precision']}, from the shipped float16 weights (SHA-256 of the large one's "
            f"`{p['largeSha256'][:16]}`, of the small one's `{p['smallSha256'][:16]}`); {p['dialogues']} SGD dev dialogues for calls "
            f"and loss, {p['turnsFrom']} for acceptance, {p['snips']} Snips requests, taken at even distances.")


def tables(report, which):
    model = report[which]
    parts = ["## Evaluation", provenance_line(report["provenance"]), loss_line(model), calls_table(model),
             "Confidence is the product of the probabilities of the tokens written, up to the end of the tool's name, "
             "or over the whole call.",
             reliability_table(model["calls"]["nameConfidence"], "tool's name"),
             reliability_table(model["calls"]["callConfidence"], "whole call")]
    rows = [r for r in report["speculation"] if which == "large" or r["candidate"] == "draft"]
    parts += ["Draft and exits, on the target's own turns (all turns of held-out dialogues; a turn's end cuts its last "
              "block short):" if which == "large" else "As a draft for the large model:", speculation_table(rows),
              "Ten unedited samples, greedy, from the held-out prompt set:", samples_list(model["samples"])]
    return "\n\n".join(parts) + "\n"


def ground_section(ground):
    """How well ground.json tells what the models know from what they do not."""
    held = ground["measured"]["heldOut"]
    found = ", ".join(f"{percent(entry['flagged'])} of {entry['prompts']} ({entry['set']})" for entry in ground["measured"]["offGround"])
    return (f"## Ground\n\n`ground.json` holds a weight for each word of the training dialogues' users; the mean weight of a prompt's "
            f"words above {ground['threshold']:g} calls it off the ground ({ground['knows']}). It does so wrongly with "
            f"{percent(held['flagged'])} of {held['turns']:,} held-out users' turns and {percent(held['openingsFlagged'])} of the "
            f"{held['openings']:,} that open a dialogue, on which the threshold was set, and rightly with {found}: prompts of the "
            f"EAGLE evaluation, which neither weights nor threshold have seen.\n")
