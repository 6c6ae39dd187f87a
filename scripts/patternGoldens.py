"""Which names PEFT's get_pattern_key finds by a key of rank_pattern or alpha_pattern: src/formats/adapters/goldens/patterns.json,
for each key the numbers of the names. Some keys are as people write them, the others drawn.

Usage: patternGoldens.py   (needs peft)"""

import usage  # answers --help without the libraries below

import argparse
import json
import pathlib
import random
import re
import warnings

from peft.utils.other import get_pattern_key

FILE = pathlib.Path(__file__).parent.parent / "src/formats/adapters/goldens/patterns.json"
MODULES = ["self_attn.q_proj", "self_attn.v_proj", "mlp.up_proj", "mlp.experts.3.w1"]
NAMES = [f"model.layers.{layer}.{module}" for layer in (0, 1, 2, 10, 11, 21, 30) for module in MODULES]
NAMES += ["lm_head", "q_proj", "a", "ab", "aab", "b.a", "a.b", "a-b", "abab.a", "a.a.a", "0", "01", "a\nb.a", "größe.ß1", "b+c", "model.embed_tokens"]
WRITTEN = [
    "q_proj", "v_proj", "1.mlp.up_proj", "layers.1.self_attn.q_proj", r"^model\.layers\.0\.mlp\.up_proj", "proj", "", "lm_head",
    r"layers\.[01]\..*", r".*\.layers\.[0-9]\..*", r"layers\.(1[0-9]|2[0-3])\.self_attn\.q_proj", r"model\.layers\.\d+\.mlp\..*",
    r"(q|v)_proj", "q_proj|v_proj", r"[^.]+", r"layers\.[^1]\.self_attn\.[qv]_proj", r"layers\.(?:0|2)\..*_proj", r"experts\.\d{1,2}\.w1",
    r"\w+", r"\S+", r"[\w.]+", r"(?P<layer>\d+)\.mlp\.up_proj", "a*", "a+b?", "a{2}b", "a{1,}b", "a{,2}b", "(ab)+.a", "a{", "a{x}", "[]a]b", "[^]a]b", "[a-]b",
    r"[\d-]1", "a.*?", "^", "$", "^a$", "(^a|b$)", r"\Aa\Z", "(a|a)*", "(a*)*b", "(a|b|ab)*.a", ".*.*.*.*a", "größe.ß1", r"\d+", r"[^\W\d]+", "(a?){3}b", "(|a)b", "b+c",
]  # fmt: skip
PIECES = [
    "a", "b", ".", r"\.", "0", "1", "_", "proj", "layers", "q", "[ab]", "[0-2]", "[^.]", r"\d", r"\w", "[a-z_]", r"[\w.]", "x|y", "a|b", "|", "^", "$",
]  # fmt: skip
REPEATS = ["", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?"]


def draw(source: random.Random, depth: int = 0) -> str:
    parts = []
    for _ in range(source.randint(1, 4)):
        if depth < 3 and source.random() < 0.3:
            inner = draw(source, depth + 1)
            # Repeats of repeats take Python for ever.
            repeat = "" if re.search(r"[*+?}]", inner) else source.choice(REPEATS)
            parts.append(source.choice([f"({inner})", f"(?:{inner})"]) + repeat)
        else:
            piece = source.choice(PIECES)
            parts.append(piece + ("" if piece in ("^", "$") or piece.endswith("|") else source.choice(REPEATS)))
    return "".join(parts)


def main() -> None:
    argparse.ArgumentParser().parse_args()
    source = random.Random(7)
    keys = list(WRITTEN)
    while len(keys) < len(WRITTEN) + 400:
        key = draw(source)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                re.compile(key)
        except (re.error, FutureWarning):
            continue
        if key not in keys:
            keys.append(key)
    found = {key: [i for i, name in enumerate(NAMES) if get_pattern_key([key], name) == key] for key in keys}
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps({"names": NAMES, "keys": found}, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{len(keys)} keys, {sum(map(len, found.values()))} matches")


main()
