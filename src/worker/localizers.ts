import type { Localizer } from '../localize/localizer.ts';
import { localizers } from '../localize/localizers/registry.ts';
import type { LocalizerInfo } from './types.ts';

/** Every localizer as the page knows it. */
export function localizerInfos(): LocalizerInfo[] {
  return Object.entries(localizers).map(([id, localizer]) => infoOf(id, localizer));
}

function infoOf(id: string, { label, summary, paper, form, defaults }: Localizer): LocalizerInfo {
  return {
    ...{ id, label, summary, paper, needs: needsOf(form) },
    defaults: defaults && {
      epochs: defaults.epochs,
      batch_size: defaults.batchSize,
      learning_rate: defaults.learningRate,
      l1: defaults.l1,
    },
  };
}

function needsOf(form: Localizer['form']): LocalizerInfo['needs'] {
  if (form.kind === 'rank') return form.joint ? 'data of every task' : 'data';
  return form.kind === 'logits' ? 'data' : 'nothing';
}
