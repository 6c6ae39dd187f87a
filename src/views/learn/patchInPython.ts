/** Python that puts a patch, by its file's name, onto the base; docs/files.md has it too. */
export const patchInPython = (patch: string) => `from safetensors.torch import load_file, save_file

weights = load_file("model.safetensors")  # the base
patch = load_file("${patch}")
for key in [key for key in patch if not key.endswith(".values")]:
    name, part = key.rsplit(".", 1)
    at = patch[key].long()
    if part == "gaps":  # from one position to the next; the largest number carries on
        at = at.cumsum(0)[at < 256 ** patch[key].element_size() - 1]
    weights[name].view(-1)[at] = patch[f"{name}.values"].to(weights[name].dtype)
save_file(weights, "graft.safetensors", {"format": "pt"})
`;
