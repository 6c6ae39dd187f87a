import type { Localizer, LocalizerDefaults } from '../localize/localizer.ts';
import { localizers } from '../localize/localizers/registry.ts';
import type { LocalizerInfo } from '../api/localizing.ts';

/** Every localizer as the page knows it. */
export function localizerInfos(): LocalizerInfo[] {
  return Object.entries<Localizer>(localizers).map(([id, localizer]) => {
    const { label, summary, paper, form, defaults, imageDefaults } = localizer;
    return {
      id,
      label,
      summary,
      paper,
      needs: needsOf(form),
      defaults: defaults && named(defaults),
      imageDefaults: defaults && named({ ...defaults, ...imageDefaults }),
    };
  });
}

/** Defaults by the names of recipes. */
function named({ epochs, batchSize, learningRate, l1 }: LocalizerDefaults) {
  return { epochs, batch_size: batchSize, learning_rate: learningRate, l1 };
}

function needsOf(form: Localizer['form']): LocalizerInfo['needs'] {
  if (form.kind === 'rank') return form.joint ? 'data of every task' : 'data';
  return form.kind === 'logits' ? 'data' : 'nothing';
}
