"""The training loop that target, draft and exits share: optimiser, schedule, checkpoint and resume.

The optimiser is AdamW (arXiv 1711.05101), or with --muon Muon for the matrices of the blocks: a matrix's momentum is
replaced by the nearest orthogonal matrix, found with five Newton-Schulz steps, and scaled to AdamW's usual size
(Jordan 2024; Liu et al. 2025, arXiv 2502.16982). The schedule is warm-up, stable, linear decay (arXiv 2405.18392): a
function of the step alone, so a run that was stopped goes on as if it had not been.
"""
import dataclasses
import math
import os
import pathlib
import time

import torch
from torch import nn


@dataclasses.dataclass
class Plan:
    out: str
    steps: int
    rate: float
    decay: float = 0.4  # the share of the steps that the decay takes
    warmup: int = 60
    muon: bool = False
    report: int = 25
    checkpoint: int = 100
    stop_after: float = math.inf  # minutes; the run can be resumed


def rate_at(step, plan):
    decay_from = plan.steps * (1 - plan.decay)
    falling = (plan.steps - step) / max(1.0, plan.steps - decay_from)
    return plan.rate * min(1.0, (step + 1) / min(plan.warmup, plan.steps / 10 + 1), falling)


def orthogonal(matrix, steps=5):
    """The quintic Newton-Schulz iteration: singular values are driven towards 1."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.bfloat16() / (matrix.norm() + 1e-7)
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x if wide else x.T).float()


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.1):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter)
                state["momentum"].mul_(group["momentum"]).add_(parameter.grad)
                direction = orthogonal(parameter.grad.add(state["momentum"], alpha=group["momentum"]))
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(direction, alpha=-0.2 * group["lr"] * math.sqrt(max(parameter.shape)))


def optimisers(module, plan):
    """Matrices inside blocks go to Muon, the embedding and the norms to AdamW."""
    matrices, embedding, vectors = [], [], []
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            inside = parameter.dim() == 2 and "embedding" not in name and plan.muon
            (matrices if inside else embedding if parameter.dim() == 2 else vectors).append(parameter)
    adam = [{"params": embedding, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    built = [torch.optim.AdamW([g for g in adam if g["params"]], lr=plan.rate, betas=(0.9, 0.95))]
    return built + ([Muon(matrices, plan.rate)] if matrices else [])


def fit(module, plan, next_losses, position, finished):
    """Train `module` to plan.steps.

    next_losses() yields the losses of one step, already scaled so that their sum is the step's loss; position is
    a dict that says where in the data we are, kept in the checkpoint; finished(module, note) writes the weights.
    """
    out, step, started = pathlib.Path(plan.out), 0, time.time()
    out.mkdir(parents=True, exist_ok=True)
    file, optimisers_ = out / "checkpoint.pt", optimisers(module, plan)
    if file.exists():
        saved = torch.load(file, map_location="cpu")
        module.load_state_dict(saved["module"])
        for optimiser, state in zip(optimisers_, saved["optimisers"]):
            optimiser.load_state_dict(state)
        position.update(saved["position"])
        torch.set_rng_state(saved["rng"])
        step = saved["step"]
        print(f"resumed at step {step}", flush=True)

    def save():
        states = [optimiser.state_dict() for optimiser in optimisers_]
        content = {"module": module.state_dict(), "optimisers": states, "position": position, "step": step,
                   "rng": torch.get_rng_state()}
        torch.save(content, f"{file}.part")
        os.replace(f"{file}.part", file)

    running, first = [], step
    while step < plan.steps and time.time() - started < 60 * plan.stop_after:
        total = 0.0
        for loss in next_losses():
            loss.backward()
            total += loss.item()
        nn.utils.clip_grad_norm_([p for p in module.parameters() if p.requires_grad], 1.0)
        for optimiser in optimisers_:
            for group in optimiser.param_groups:
                group["lr"] = rate_at(step, plan)
            optimiser.step()
        module.zero_grad(set_to_none=True)
        step += 1
        running.append(total)
        if step % plan.report == 0 or step == plan.steps:
            seconds = (time.time() - started) / (step - first)
            mean = sum(running) / len(running)
            print(f"step {step} loss {mean:.4f} rate {rate_at(step - 1, plan):.2e} {seconds:.2f} s/step", flush=True)
            running = []
        if step % plan.checkpoint == 0:
            save()
            finished(module, {"step": step})
    save()
    finished(module, {"step": step, "steps": plan.steps})
