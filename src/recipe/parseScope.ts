import type { Scope } from './recipe.ts';
import type { Field } from './yamlReader.ts';

const scopes = ['blocks', 'all'] as const satisfies Scope[];
/** What a scope by patterns may have. */
export const scopeKeys = ['include', 'exclude'] as const;

/** A scope by its name, or by patterns over tensor names. */
export function parseScope(field: Field): Scope {
  if (!field.isMap) {
    const wanted = 'blocks, all or {include: […], exclude: […]}';
    return field.oneOf(scopes, wanted) ?? 'blocks';
  }
  const fields = field.map(scopeKeys);
  const pattern = 'pattern over tensor names';
  const scope = fields.each(scopeKeys, (list) =>
    list.list(pattern).flatMap((item) => item.text(`a ${pattern}`) ?? []),
  );
  if (fields.at.size === 0) field.report('give include, exclude or both, or write blocks or all.');
  return scope;
}
