import { namedItems } from './namedItems.ts';
import { parseTaskData } from './parseTaskData.ts';
import type { GeneralTask } from './recipe.ts';
import type { Field } from './yamlReader.ts';

/** Tasks that no model was tuned for, each named once and unlike the models. */
export function parseGeneral(field: Field, models: readonly string[]): GeneralTask[] {
  return namedItems(field, 'task', 'name', 'the name of the task', ['data']).map(
    ({ name, at, fields }) => {
      if (models.includes(name)) at?.report(`"${name}" is a model's name; choose another.`);
      const given = fields.required('data', 'name test data, as a model does');
      const data = given ? parseTaskData(given) : {};
      if (given?.isMap && data.test === undefined)
        given.report('needs test data: no model is tuned for this task.');
      return { name, data };
    },
  );
}
