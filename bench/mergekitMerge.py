"""A merge by mergekit: time of its run_merge alone, and the peak of resident memory.

Usage: mergekitMerge.py FOLDER RECIPE   (the folder of the recipe's models; the recipe as JSON, with all its parameters)
Prints one JSON object: {"peer", "seconds", "peakBytes"}.
"""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "scripts"))
import usage  # answers --help without the libraries below

import argparse
import importlib.metadata
import json
import resource
import time

from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("recipe", type=json.loads)
    arguments = parser.parse_args()
    folder, recipe = arguments.folder, arguments.recipe
    configuration = {key: recipe[key] for key in ("merge_method", "parameters", "dtype")}
    configuration["models"] = [{"model": str(folder / each["model"])} for each in recipe["models"]]
    if recipe["merge_method"] != "linear":  # which averages whatever it is given
        configuration["base_model"] = str(folder / recipe["base_model"])
    options = MergeOptions(allow_crimes=True, copy_tokenizer=False, quiet=True)
    started = time.perf_counter()
    run_merge(MergeConfiguration.model_validate(configuration), str(folder / "mergekit"), options)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    versions = " with ".join(f"{name} {importlib.metadata.version(name)}" for name in ("mergekit", "torch"))
    print(json.dumps({"peer": versions, "seconds": seconds, "peakBytes": peak}))


if __name__ == "__main__":
    main()
