"""Checks of the recipe on tiny random models: `python3 test_recipe.py`. Plain recomputation is the oracle."""
import os
import random
import tempfile
import unittest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy
import torch

import augment
import calls
import sample
import speculation
import tokenizer
from branches import continue_turns, gather, reread
from model import Decoder, Exit, Shape
from rows import crop, token_weights
from tokenizer import ASSISTANT, CALL, END, RESULT, STOPS, USER
from weights import load_exits, load_model, save_exits, save_model

TINY = Shape(hidden=64, blocks=2, heads=2, kv_heads=1, feed_forward=96, vocabulary=300, context=64)
LINE = ('<|end|><|user|>a table at Blue Fig<|call|>{"name":"Find","arguments":{"restaurant_name":"Blue Fig"}}'
        '<|result|>{"restaurant_name":"Blue Fig"}<|assistant|>Blue Fig it is')


def tiny(seed=0):
    torch.manual_seed(seed)
    model = Decoder(TINY).eval()
    for parameter in model.parameters():
        parameter.data.mul_(4)  # far from uniform, so that a wrong mask changes the argmax
    return model


def plain_greedy(model, ids, steps):
    ids, start = list(ids), len(ids)
    while len(ids) - start < steps and (len(ids) == start or ids[-1] not in STOPS):
        ids.append(int(model.head(model(torch.tensor([ids]))[0, -1]).argmax()))
    return ids[start:]


class Branches(unittest.TestCase):
    def setUp(self):
        torch.set_grad_enabled(False)
        rng = numpy.random.default_rng(0)
        self.rows = [rng.integers(6, 300, n) for n in (21, 34)]
        self.starts = [[3, 9, 20], [5, 30]]
        self.model, self.batch = tiny(), gather(self.rows, self.starts, "cpu")

    def test_branches_equal_plain_recomputation(self):
        tokens, live = continue_turns(self.model, self.batch, 24)
        for i, starts in enumerate(self.starts):
            for j, start in enumerate(starts):
                expected = plain_greedy(self.model, self.rows[i][:start], 24)
                self.assertEqual(tokens[i, j][live[i, j]].tolist(), expected)

    def test_rereading_finds_the_same_tokens(self):
        tokens, live = continue_turns(self.model, self.batch, 24)
        hidden, _ = reread(self.model, self.batch, tokens, live)
        self.assertTrue((self.model.head(hidden).argmax(-1) == tokens[live]).all())

    def test_a_sample_file_holds_what_the_model_thinks(self):
        with tempfile.TemporaryDirectory() as folder:
            arrays = sample.sample(self.model, list(zip(self.rows, self.starts)), 0.0, 24, 0)
            numpy.savez(f"{folder}/batch-0.npz", **{name: tensor.numpy() for name, tensor in arrays.items()})
            batch, tokens, live, marked, best, chances = sample.read(f"{folder}/batch-0.npz", "cpu")
        hidden, _ = reread(self.model, batch, tokens, live, marked=marked)
        expected = self.model.head(hidden).log_softmax(-1)
        self.assertGreater(int(marked.sum()), 0)
        self.assertTrue((expected.argmax(-1) == best[:, 0]).all())
        self.assertTrue(torch.allclose(expected.gather(-1, best), chances, atol=0.01))  # stored as float16

    def test_a_model_always_agrees_with_itself(self):
        rows = [numpy.array([END, USER, 40, 41, ASSISTANT, 50, 51, USER, 44, CALL, 60, RESULT, 70, ASSISTANT, 80])]
        with tempfile.TemporaryDirectory() as folder:
            for temperature in (0.0, 1.0):
                figures = speculation.measure(self.model, folder, self.model, rows, temperature, "cpu")["draft"]
                self.assertEqual(figures["acceptance"], 1.0)


class Pieces(unittest.TestCase):
    def test_block_tokens(self):
        self.assertEqual(speculation.block_tokens([True] * 10, 4), (10, 2))
        self.assertEqual(speculation.block_tokens([False] * 3, 4), (3, 3))
        self.assertEqual(speculation.block_tokens([True, False, True, True, True], 4), (5, 2))

    def test_tokenizer_round_trip_and_determinism(self):
        vocabulary, merges = tokenizer.train([LINE] * 3, size=300)
        self.assertEqual((vocabulary, merges), tokenizer.train([LINE] * 3, size=300))
        subject = tokenizer.Tokenizer(vocabulary, merges)
        self.assertEqual(subject.decode(subject.encode(LINE + " café 12")), LINE + " café 12")

    def test_weights_count_calls_most(self):
        ids = numpy.array([END, USER, 40, CALL, 50, RESULT, 60, ASSISTANT, 70, END], numpy.uint16)
        self.assertEqual([round(float(w), 1) for w in token_weights(ids)], [1, 1, 0.2, 2, 3, 1, 0.1, 2, 1, 1])

    def test_crop_starts_at_a_turn(self):
        ids = numpy.array([END, USER, *range(40, 60), ASSISTANT, 70, USER, 80, ASSISTANT, 90], numpy.uint16)
        self.assertEqual(crop(ids, 8, False).tolist(), [END, USER, 80, ASSISTANT, 90])

    def test_swapping_is_consistent(self):
        swapped = augment.swap(LINE, {"restaurant_name": ["Red Pear"]}, random.Random(1), share=1.0)
        self.assertEqual(swapped, LINE.replace("Blue Fig", "Red Pear"))

    def test_judging_a_call(self):
        wanted = '{"name":"Find","arguments":{"a":"1","b":"2"}}'
        same = calls.judge(wanted, '{"name":"Find","arguments":{"b":"2","a":"1"}}', True, 1, 1)
        broken = calls.judge(wanted, '{"name":"Find"', True, 1, 1)
        self.assertTrue(same["exact"])
        self.assertFalse(broken["valid"] or broken["name"] or broken["exact"])

    def test_calibration_error(self):
        results = [{"sure": 0.95, "right": True}, {"sure": 0.95, "right": False}]
        self.assertAlmostEqual(calls.reliability(results, "sure", "right")["ece"], 0.45)

    def test_folders_round_trip(self):
        model, exits = tiny(), {1: Exit(TINY.hidden)}
        with tempfile.TemporaryDirectory() as folder:
            save_model(model, folder)
            save_exits(exits, folder)
            again, exits_again = load_model(folder), load_exits(folder)
        self.assertEqual(again.shape, TINY)
        self.assertTrue(torch.equal(again.embedding.weight, model.embedding.weight.half().float()))
        self.assertTrue(torch.equal(exits_again[1].projection.weight, exits[1].projection.weight))


if __name__ == "__main__":
    unittest.main()
