import { parseTaskData } from './parseTaskData.ts';
import type { GeneralTask } from './recipe.ts';
import type { Field } from './yamlReader.ts';

/** Tasks that no model was tuned for, each named once and unlike the models. */
export function parseGeneral(field: Field, models: readonly string[]): GeneralTask[] {
  const lineOf = new Map<string, number>();
  return field.list('task').map((item) => {
    const fields = item.map(['name', 'data']);
    const at = fields.required('name', 'what the task is called');
    const name = at?.text('what the task is called') ?? '';
    const earlier = lineOf.get(name);
    if (at && earlier !== undefined) at.report(`"${name}" is on line ${earlier} already.`);
    if (at && models.includes(name)) at.report(`"${name}" is a model's name; choose another.`);
    if (at) lineOf.set(name, at.line);
    const given = fields.required('data', 'name test data, as a model does');
    const data = given ? parseTaskData(given) : {};
    if (given?.isMap && data.test === undefined)
      given.report('needs test data: no model is tuned for this task.');
    return { name, data };
  });
}
