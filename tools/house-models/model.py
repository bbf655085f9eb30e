"""A Llama-style decoder, small enough to read in one sitting.

Grouped-query attention (arXiv 2305.13245), rotary positions (2104.09864), SwiGLU (2002.05202), RMS norms, and
one matrix for embedding and head. `forward` takes explicit positions, an explicit mask and an optional cache, so
the same definition trains plain rows, trains and samples dialogues with branches (branches.py), and is the
float32 reference of golden.py. Shapes: b rows, t new tokens, s tokens in sight, d hidden.
"""
import dataclasses
import math

import torch
import torch.nn.functional as F
from torch import nn

HEAD = 64
EPSILON = 1e-5
HIDDEN = -1e9  # added to the score of a key that must not be seen


@dataclasses.dataclass(frozen=True)
class Shape:
    hidden: int
    blocks: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int = 4096
    context: int = 512


SHAPES = {
    "1m": Shape(hidden=128, blocks=4, heads=2, kv_heads=1, feed_forward=352),
    "10m": Shape(hidden=256, blocks=12, heads=4, kv_heads=2, feed_forward=704),
    "40m": Shape(hidden=512, blocks=14, heads=8, kv_heads=4, feed_forward=1408),
}


class Norm(nn.Module):
    """Root-mean-square norm, computed in float32."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * self.weight


def _rotate(x, cos, sin):
    left, right = x.chunk(2, -1)
    return x * cos + torch.cat([-right, left], -1) * sin


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        d, self.shape = shape.hidden, shape
        self.norm1, self.norm2 = Norm(d), Norm(d)
        self.q = nn.Linear(d, shape.heads * HEAD, bias=False)
        self.k = nn.Linear(d, shape.kv_heads * HEAD, bias=False)
        self.v = nn.Linear(d, shape.kv_heads * HEAD, bias=False)
        self.o = nn.Linear(shape.heads * HEAD, d, bias=False)
        self.gate = nn.Linear(d, shape.feed_forward, bias=False)
        self.up = nn.Linear(d, shape.feed_forward, bias=False)
        self.down = nn.Linear(shape.feed_forward, d, bias=False)

    def attend(self, x, cos, sin, mask, cache):
        b, t, _ = x.shape
        groups, queries = self.shape.kv_heads, self.shape.heads // self.shape.kv_heads
        q = _rotate(self.q(x).view(b, t, -1, HEAD).transpose(1, 2), cos, sin)  # [b, heads, t, 64]
        k = _rotate(self.k(x).view(b, t, -1, HEAD).transpose(1, 2), cos, sin)  # [b, groups, t, 64]
        v = self.v(x).view(b, t, -1, HEAD).transpose(1, 2)
        if cache is not None:
            k, v = cache.append(self, k, v)  # [b, groups, s, 64]
        q = (q * HEAD**-0.5).reshape(b * groups, queries * t, HEAD)
        scores = q @ k.reshape(b * groups, -1, HEAD).transpose(1, 2)
        scores = scores.view(b, groups * queries, t, -1) + mask  # [b, heads, t, s]
        seen = scores.softmax(-1).to(v.dtype).view(b * groups, queries * t, -1) @ v.reshape(b * groups, -1, HEAD)
        return self.o(seen.view(b, -1, t, HEAD).transpose(1, 2).reshape(b, t, -1))

    def forward(self, x, cos, sin, mask, cache=None):
        x = x + self.attend(self.norm1(x), cos, sin, mask, cache)
        y = self.norm2(x)
        gate = self.gate(y)
        return x + self.down(gate * gate.sigmoid() * self.up(y))


class Cache:
    """Keys and values of a batch, in buffers of a fixed capacity; `length` tokens are in sight."""

    def __init__(self, capacity):
        self.capacity, self.length, self.buffers = capacity, 0, {}

    def append(self, block, k, v):
        b, groups, t, _ = k.shape
        if block not in self.buffers:
            self.buffers[block] = [x.new_zeros(b, groups, self.capacity, HEAD) for x in (k, v)]
        pair = self.buffers[block]
        for buffer, new in zip(pair, (k, v)):
            buffer[:, :, self.length:self.length + t] = new
        return [buffer[:, :, :self.length + t] for buffer in pair]

    def keep(self, columns, capacity):
        """A new cache of the tokens that `columns` [b, m] names in each row."""
        kept = Cache(capacity)
        kept.length = columns.shape[1]
        for block, pair in self.buffers.items():
            b, groups, _, width = pair[0].shape
            index = columns[:, None, :, None].expand(b, groups, kept.length, width)
            kept.buffers[block] = [buffer.new_zeros(b, groups, capacity, width) for buffer in pair]
            for new, buffer in zip(kept.buffers[block], pair):
                new[:, :, :kept.length] = buffer.gather(2, index)
        return kept


class Decoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.hidden)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.blocks))
        self.norm = Norm(shape.hidden)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, 0, 0.02)
        for block in self.blocks:  # the residual stream starts with the variance of one block
            for layer in (block.o, block.down):
                nn.init.normal_(layer.weight, 0, 0.02 / math.sqrt(2 * shape.blocks))

    def _rotary(self, positions, dtype):
        frequency = 10000.0 ** (-torch.arange(0, HEAD, 2, device=positions.device).float() / HEAD)
        angle = positions.float()[..., None] * frequency
        angle = torch.cat([angle, angle], -1)[:, None]  # [b or 1, 1, t, 64]
        return angle.cos().to(dtype), angle.sin().to(dtype)

    def forward(self, ids, positions=None, mask=None, cache=None, taps=()):
        """ids [b, t] -> normed hidden [b, t, d]; with taps, also the raw hidden after each tapped block.

        Without positions and mask a row is one causal text from position 0. A cache must come with both.
        """
        t = ids.shape[1]
        if positions is None:
            positions = torch.arange(t, device=ids.device)[None]
            mask = torch.full((t, t), HIDDEN, device=ids.device).triu(1)
        x = self.embedding(ids)
        dtype = torch.bfloat16 if torch.is_autocast_cpu_enabled() or torch.is_autocast_enabled() else x.dtype
        cos, sin = self._rotary(positions, dtype)
        mask, tapped = mask.to(dtype), {}
        for depth, block in enumerate(self.blocks, 1):
            x = block(x, cos, sin, mask, cache)
            if depth in taps:
                tapped[depth] = x
        if cache is not None:
            cache.length += t
        return (self.norm(x), tapped) if taps else self.norm(x)

    def head(self, hidden):
        """[..., d] -> logits [..., vocabulary]."""
        return F.linear(hidden, self.embedding.weight)


class Exit(nn.Module):
    """An early exit: a norm and a projection in front of the model's own head (the tuned lens, arXiv 2303.08112)."""

    def __init__(self, width):
        super().__init__()
        self.norm, self.projection = Norm(width), nn.Linear(width, width, bias=False)
        nn.init.eye_(self.projection.weight)

    def forward(self, hidden):
        return self.projection(self.norm(hidden))


def device():
    return "cuda" if torch.cuda.is_available() else "cpu"


def half_precision(enabled=True):
    """bfloat16 autocast on whichever device there is."""
    return torch.autocast(device(), dtype=torch.bfloat16, enabled=enabled)
