"""Does the recipe give the same again? The tokenizer twice, and a bounded training of target and draft twice.

The second training of each is killed when its checkpoint half way is written, and started again: what a stop costs is
part of the question. Prints the figures, writes them to OUT/rerun.json, and fails unless the tokenizers are the same
byte for byte and the held-out losses within one per cent.
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import torch

from train import heldout_loss
from weights import load_model

HERE = pathlib.Path(__file__).parent
TOLERANCE = 0.01


def command(script, *arguments):
    return [sys.executable, str(HERE / script), *map(str, arguments)]


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tokenizers(options):
    found = []
    for name in ("tokenizer-a", "tokenizer-b"):
        folder = options.out / name
        subprocess.run(command("tokenizer.py", "--text", *options.text, "--out", folder), check=True)
        found.append(digest(folder / "tokenizer.json"))
    return {"sha256": found, "same": found[0] == found[1]}


def run_with_a_stop(arguments, checkpoint):
    """Kills the training once it has written a checkpoint, then lets it go on to its end."""
    process = subprocess.Popen(arguments)
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.05)
    stopped = process.poll() is None
    process.kill()
    process.wait()
    if not stopped:
        raise SystemExit("the training ended before it could be stopped: give it more --steps")
    subprocess.run(arguments, check=True)


@torch.no_grad()
def trainings(options, script, *arguments):
    """Trains twice, the second time with a stop -> held-out losses, and whether the weights are the same."""
    folders = [options.out / f"{pathlib.Path(script).stem}-{name}" for name in ("whole", "stopped")]
    half = max(1, options.steps // 2)
    for folder in folders:
        line = command(script, *arguments, "--out", folder, "--steps", options.steps, "--seed", options.seed,
                       "--checkpoint", half, "--threads", options.threads)
        if folder is folders[0]:
            subprocess.run(line, check=True)
        else:
            run_with_a_stop(line, folder / "checkpoint.pt")
    models = [load_model(folder) for folder in folders]
    losses = [heldout_loss(model, options.data / "heldout.npz", model.shape.context) for model in models]
    return {"steps": options.steps, "heldOutLoss": losses, "difference": abs(losses[0] - losses[1]) / losses[0],
            "sameWeights": digest(folders[0] / "model.safetensors") == digest(folders[1] / "model.safetensors")}


def main():
    arguments = argparse.ArgumentParser(description="The recipe twice with the same seed.")
    arguments.add_argument("--text", nargs="+", required=True, help="what the tokenizer is trained on")
    arguments.add_argument("--data", required=True, type=pathlib.Path, help="folder of prepare.py")
    arguments.add_argument("--samples", required=True, help="folder of sample.py")
    arguments.add_argument("--steps", type=int, default=20)
    arguments.add_argument("--threads", type=int, default=os.cpu_count())
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--out", required=True, type=pathlib.Path, help="emptied first")
    options = arguments.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    torch.set_num_threads(options.threads)
    report = {
        "torch": torch.__version__, "threads": options.threads, "seed": options.seed, "tokenizer": tokenizers(options),
        "target": trainings(options, "train.py", "--data", options.data, "--shape", "10m", "--rate", 2e-3, "--step-tokens", 4096),
        "draft": trainings(options, "distill.py", "--samples", options.samples, "--rate", 2e-3),
    }
    (options.out / "rerun.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))
    if not report["tokenizer"]["same"] or max(report[name]["difference"] for name in ("target", "draft")) > TOLERANCE:
        raise SystemExit("the recipe did not give the same again")


if __name__ == "__main__":
    main()
