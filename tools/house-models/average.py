"""The mean of several trained folders' weights: runs from one start with different seeds, each over its own order of
the data, average to a model that has overfitted less than any of them (model soups, arXiv 2203.05482).
"""
import argparse

import torch

from weights import load_model, save_model


def main():
    arguments = argparse.ArgumentParser(description="Average models of one shape.")
    arguments.add_argument("--models", nargs="+", required=True)
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    models = [load_model(folder) for folder in options.models]
    with torch.no_grad():
        for parameters in zip(*(model.parameters() for model in models)):
            parameters[0].copy_(torch.stack(parameters).mean(0))
    save_model(models[0], options.out)


if __name__ == "__main__":
    main()
