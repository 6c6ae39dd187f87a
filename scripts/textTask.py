"""A generated text task: its examples, prompt, label words, and the recipe of several."""

import json


class Kind:
    """A task: how a text of class i is made, the prompt, by class the word and the label, and the share of wrong labels."""

    def __init__(self, make, template, words, labels, noise):
        self.make, self.template, self.words, self.labels, self.noise = make, template, words, labels, noise
        self.columns = {"text": "text", "label": "label"}
        if "{text_b}" in template:
            self.columns = {"text": "text", "text_b": "text_b", "label": "label"}

    def row(self, random, label):
        others = [each for each in range(len(self.labels)) if each != label]
        of = random.choice(others) if random.random() < self.noise else label
        return self.make(random, of) | {"label": self.labels[label]}

    def prompt(self, row, word):
        text = self.template.replace("{mask}", word)
        return text.replace("{text_b}", row.get("text_b", "")).replace("{text}", row["text"])


def recipe(kinds, with_labels=False):
    """To localize, stitch and evaluate all of `kinds`, folders by name."""
    quoted = lambda texts: "[" + ", ".join(json.dumps(text) for text in texts) + "]"
    lines = ["merge_method: localize_and_stitch", "base_model: base", "models:"]
    for name, kind in kinds.items():
        columns = ", ".join(f"{key}: {value}" for key, value in kind.columns.items())
        lines += [f"  - model: {name}", "    parameters: {density: 0.05}", "    data:"]
        lines += [f"      train: {name}/train.jsonl", f"      test: {name}/test.jsonl", f"      columns: {{{columns}}}"]
        lines += [f"      template: {json.dumps(kind.template)}", f"      label_words: {quoted(kind.words)}"]
        lines += [f"      labels: {quoted(kind.labels)}"] if with_labels else []
    lines.append("localize: {preset: scaled, budget: exact, shots: 64, seed: 0, epochs: 10, batch_size: 16}")
    lines += ["evaluate: [accuracy]", "scope: blocks", "out_dtype: float32"]
    return "\n".join(lines) + "\n"
