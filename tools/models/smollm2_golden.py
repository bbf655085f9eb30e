"""What transformers makes of SmolLM2-135M-Instruct.Q4_1.gguf, for `npm run test:real`: greedy tokens of 20 prompts.

    /tmp/gguf/bin/python tools/models/smollm2_golden.py .cache/models/SmolLM2-135M-Instruct.Q4_1.gguf tools/models/smollm2.golden.json

Weights are decoded to float32 by transformers, and computed in float32 on the CPU. Of every token: its id, its
log-probability, and how far the second best is behind it. Prompts go through the file's own chat template, and
through Hugging Face's tokenizers with the pre-tokenizer that the model has (transformers passes over it).
"""
import json
import os
import sys

import gguf
import tokenizers
import torch
import transformers
from tokenizers import pre_tokenizers

TOKENS = 64
PROMPTS = [
    "What is the capital of France?",
    "Explain why the sky is blue in two sentences.",
    "Write a short poem about the sea.",
    "List three fruits that are red.",
    "What is 17 times 23?",
    "Translate 'good morning' into Spanish.",
    "Who wrote Romeo and Juliet?",
    "Give me a recipe for pancakes.",
    "What does a compiler do?",
    "Tell me a joke about cats.",
    "How far is the moon from the earth?",
    "Write a Python function that adds two numbers.",
    "What are the primary colours?",
    "Summarise the story of Cinderella.",
    "What should I pack for a trip to Norway in winter?",
    "Why do we have leap years?",
    "Name the planets in order from the sun.",
    "How do I make tea?",
    "What is the difference between a virus and a bacterium?",
    "Complete the sentence: The quick brown fox ...",
]


def tokenizer_of(path):
    fields = gguf.GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    made = tokenizers.Tokenizer(tokenizers.models.BPE({token: id for id, token in enumerate(tokens)}, merges))
    digits = pre_tokenizers.Digits(individual_digits=True)
    made.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    made.add_special_tokens([token for token, kind in zip(tokens, types) if kind == 3])
    return made


def answer(model, ids):
    """Greedy tokens until the turn ends, each with its log-probability and the margin to the second."""
    tokens, past = [], None
    step = torch.tensor([ids])
    while len(tokens) < TOKENS:
        with torch.no_grad():
            out = model(step, past_key_values=past, use_cache=True)
        past = out.past_key_values
        best = out.logits[0, -1].log_softmax(-1).topk(2)
        (first, second), (id, _) = best.values.tolist(), best.indices.tolist()
        tokens.append(dict(id=id, logProb=round(first, 6), margin=round(first - second, 6)))
        if id == model.generation_config.eos_token_id:
            break
        step = torch.tensor([[id]])
    return tokens


def main(path, target):
    torch.set_num_threads(int(os.environ.get("THREADS", "2")))
    folder, file = os.path.split(path)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
    template = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=file)
    tokenizer = tokenizer_of(path)
    cases = []
    for prompt in PROMPTS:
        text = template.apply_chat_template([dict(role="user", content=prompt)], tokenize=False, add_generation_prompt=True)
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        cases.append(dict(prompt=prompt, promptIds=ids, tokens=answer(model, ids)))
        print(prompt, "->", tokenizer.decode([token["id"] for token in cases[-1]["tokens"]])[:70], flush=True)
    how = f"tools/models/smollm2_golden.py, transformers {transformers.__version__}, PyTorch {torch.__version__}, float32"
    with open(target, "w") as out:
        out.write('{\n "how": ' + json.dumps(how) + ',\n "cases": [\n')
        out.write(",\n".join("  " + json.dumps(case) for case in cases) + "\n ]\n}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
