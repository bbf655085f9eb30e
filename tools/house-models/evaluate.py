"""Everything the model cards say, from one command: writes OUT (JSON) and the cards' tables beside it (Markdown).

Held-out loss in bits a byte, tool calls on SGD dev and Snips val, acceptance and block efficiency of draft and exits
at three temperatures, how well the small model's confidence predicts its errors, and ten unedited samples. Dialogues
are taken at even distances from the held-out files. Computed in float32 unless --bfloat16 is given.
"""
import argparse
import hashlib
import json
import math
import os
import pathlib
import platform
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before torch: beside OpenMP's threads OpenBLAS's own spin, 10x slower

import numpy
import torch
import torch.nn.functional as F

import calls
import speculation
from card import tables
from model import device, half_precision
from prepare import read_dialogues
from prompts import answers, read_prompts
from rows import roles
from tokenizer import ASSISTANT, CALL, RESULT, SPECIAL, USER, Tokenizer
from weights import load_model

TEMPERATURES = (0.0, 0.7, 1.0)
ROLES = {"user": USER, "assistant": ASSISTANT, "call": CALL, "result": RESULT}


def spread(items, count):
    """`count` items at even distances."""
    return [items[int(i * len(items) / count)] for i in range(min(count, len(items)))]


@torch.no_grad()
def text_loss(model, tokenizer, rows):
    """Bits a byte of the text (role markers cost bits but count no bytes), and nats a token by role."""
    nats, size, by_role = 0.0, 0, {name: [0.0, 0] for name in ROLES}
    for row in rows:
        ids = row[:model.shape.context]
        tensor = torch.from_numpy(ids.astype(numpy.int64))[None].to(device())
        losses = F.cross_entropy(model.head(model(tensor[:, :-1]))[0].float(), tensor[0, 1:], reduction="none")
        nats += losses.sum().item()
        size += len(tokenizer.decode([i for i in ids.tolist() if i >= len(SPECIAL)]).encode())
        role = torch.from_numpy(roles(ids)[1:].astype(numpy.int64)).to(device())
        for name, token in ROLES.items():
            by_role[name][0] += losses[role == token].sum().item()
            by_role[name][1] += int((role == token).sum())
    return {
        "bitsPerByte": nats / math.log(2) / size, "bytes": size, "dialogues": len(rows),
        "natsPerToken": {name: total / max(1, count) for name, (total, count) in by_role.items()},
    }


def tool_calls(model, tokenizer, sgd, snips, known):
    """Accuracy on both held-out sets, and reliability of the confidences on SGD dev."""
    given = calls.ask(model, tokenizer, sgd, True, device())
    free = calls.ask(model, tokenizer, sgd, False, device())
    single = calls.ask(model, tokenizer, snips, True, device())
    learnable = [result for result in given if calls.is_known(result["wanted"], known)]
    return {
        "sgdDev": calls.summary(given), "sgdDevFree": calls.summary(free), "snipsVal": calls.summary(single),
        "sgdDevKnown": calls.summary(learnable),
        "nameConfidence": calls.reliability(given, "nameConfidence", "name"),
        "callConfidence": calls.reliability(given, "callConfidence", "exact"),
    }


def digest(folder):
    return hashlib.sha256((pathlib.Path(folder) / "model.safetensors").read_bytes()).hexdigest()


def provenance(options):
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()), "torch": torch.__version__, "device": device(),
        "precision": "bfloat16" if options.bfloat16 else "float32", "processor": platform.machine(),
        "largeSha256": digest(options.large), "smallSha256": digest(options.small),
        "dialogues": options.dialogues, "turnsFrom": options.turns, "snips": options.snips,
    }


def same_measurement(report, earlier, name):
    """Was this model already measured so? Then an earlier file's figures stand (exits and draft change more often)."""
    keys = (f"{name}Sha256", "precision", "dialogues", "snips", "device", "torch")
    now, before = report["provenance"], earlier.get("provenance", {})
    return name in earlier and all(now[key] == before.get(key) for key in keys)


def parse_arguments():
    arguments = argparse.ArgumentParser(description="Evaluate a pair of house models.")
    arguments.add_argument("--large", required=True)
    arguments.add_argument("--small", required=True)
    arguments.add_argument("--tokenizer", help="folder with tokenizer.json; the large model's by default")
    arguments.add_argument("--sgd", required=True, help="sgd_dev.txt(.gz)")
    arguments.add_argument("--snips-val", required=True, help="snips_val.txt")
    arguments.add_argument("--train", nargs="*", default=[], help="training dialogues: which calls could be learned?")
    arguments.add_argument("--prompts", required=True, help="the held-out prompt set, for the samples")
    arguments.add_argument("--dialogues", type=int, default=200, help="SGD dialogues for tool calls and loss")
    arguments.add_argument("--turns", type=int, default=60, help="SGD dialogues for acceptance")
    arguments.add_argument("--snips", type=int, default=350, help="Snips requests")
    arguments.add_argument("--reuse", help="an earlier OUT: a model that it measured in the same way is not measured again")
    arguments.add_argument("--bfloat16", action="store_true")
    arguments.add_argument("--threads", type=int, default=os.cpu_count())
    arguments.add_argument("--out", required=True, help="a .json file")
    return arguments.parse_args()


def main():
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    tokenizer = Tokenizer.load(options.tokenizer or options.large)
    models = {name: load_model(folder).to(device()).eval()
              for name, folder in (("large", options.large), ("small", options.small))}
    sgd = [numpy.array(tokenizer.encode(line), numpy.int64) for line in spread(read_dialogues(options.sgd), options.dialogues)]
    snips = [numpy.array(tokenizer.encode(line), numpy.int64)
             for line in spread(read_dialogues(options.snips_val), options.snips)]
    known = calls.known_slots([line for path in options.train for line in read_dialogues(path)])
    prompts = spread(read_prompts(options.prompts), 10)
    report = {"provenance": provenance(options), "speculation": []}
    out = pathlib.Path(options.out)
    earlier = json.loads(pathlib.Path(options.reuse).read_text()) if options.reuse else {}
    with half_precision(options.bfloat16):
        for name, model in models.items():
            if same_measurement(report, earlier, name):
                report[name] = earlier[name]
                continue
            report[name] = {
                "parameters": sum(p.numel() for p in model.parameters()),
                "loss": text_loss(model, tokenizer, sgd),
                "calls": tool_calls(model, tokenizer, sgd, snips, known),
                "samples": [{"prompt": p, "text": text} for p, (text, _) in zip(prompts, answers(model, tokenizer, prompts))],
            }
            print(name, json.dumps({key: report[name]["calls"][key] for key in ("sgdDev", "snipsVal")}), flush=True)
        for temperature in TEMPERATURES:
            rows = spread(sgd, options.turns)
            measured = speculation.measure(models["large"], options.large, models["small"], rows, temperature, device())
            report["speculation"] += [{"candidate": name, **figures} for name, figures in measured.items()]
            print(json.dumps(measured), flush=True)
            out.write_text(json.dumps(report, indent=1) + "\n")
    out.with_suffix(".md").write_text(tables(report, "large") + "\n" + tables(report, "small"))


if __name__ == "__main__":
    main()
