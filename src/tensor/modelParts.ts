/** A part of a model, in a folder below the model's: names of its tensors begin with its path and a slash. */
export interface ModelPart {
  /** Path below the model's folder, e.g. "2_Dense"; "" of what lies in that folder itself, whose names are as they are. */
  path: string;
  /** id in the registry of architectures, or null when unknown. */
  architecture: string | null;
}

/** What a model is, by parts where it has some. */
export interface ModelKind {
  architecture: string | null;
  parts?: readonly ModelPart[];
}

/** The part that a tensor belongs to by its name: the innermost, or the model as a whole. */
export function partOf({ architecture, parts = [] }: ModelKind, name: string): ModelPart {
  let found: ModelPart = { path: '', architecture };
  for (const part of parts)
    if (part.path.length > found.path.length && name.startsWith(`${part.path}/`)) found = part;
  return found;
}

/** A path as what it begins is prefixed with. */
export const prefixOf = ({ path }: Pick<ModelPart, 'path'>) => (path === '' ? '' : `${path}/`);

/** Tensors under the names that they have in their parts, by part, in the order in which the parts first come. */
export function byPart<T extends { name: string }>(
  model: ModelKind,
  tensors: readonly T[],
): { part: ModelPart; tensors: T[] }[] {
  const groups = new Map<string, { part: ModelPart; tensors: T[] }>();
  for (const tensor of tensors) {
    const part = partOf(model, tensor.name);
    const group = groups.get(part.path) ?? { part, tensors: [] };
    groups.set(part.path, group);
    group.tensors.push({ ...tensor, name: tensor.name.slice(prefixOf(part).length) });
  }
  return [...groups.values()];
}
