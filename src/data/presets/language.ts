import type { ColumnMap } from '../columns.ts';
import type { LanguagePreset } from './preset.ts';

const one: ColumnMap = { text: 'sentence', label: 'label' };
const text: ColumnMap = { text: 'text', label: 'label' };
const two: ColumnMap = { text: 'sentence1', text_b: 'sentence2', label: 'label' };
const inference: ColumnMap = { text: 'premise', text_b: 'hypothesis', label: 'label' };

const task = (
  id: string,
  label: string,
  names: RegExp,
  rest: Omit<LanguagePreset, 'kind' | 'id' | 'label' | 'names' | 'metric'> & { metric?: 'f1' },
): LanguagePreset => ({ kind: 'language', id, label, names, metric: 'accuracy', ...rest });

const sentiment = {
  template: '{text} It was{mask} .',
  labels: ['negative', 'positive'],
  labelWords: [' terrible', ' great'],
};
const entailment = {
  template: '{text} ?{mask} , {text_b}',
  labels: ['entailment', 'neutral', 'contradiction'],
  labelWords: [' Yes', ' Maybe', ' No'],
  columns: inference,
};
const follows = {
  template: '{text} ?{mask} , {text_b}',
  labels: ['entailment', 'not_entailment'],
  labelWords: [' Yes', ' No'],
};
const same = {
  template: '{text}{mask} , {text_b}',
  labelWords: [' No', ' Yes'],
};

/**
 * The twelve tasks of prompt-based fine-tuning, with the manual templates and label words of Gao et al. 2021 (LM-BFF,
 * https://arxiv.org/abs/2012.15723, Table 1), as Panigrahi et al. 2023 and He et al. 2025 take them. Unlike LM-BFF,
 * texts stay as they are: neither loses its last character nor its first capital. Labels are in the order of the
 * numbers in GLUE and the Hugging Face data sets.
 */
export const languagePresets: readonly LanguagePreset[] = [
  task('sst2', 'SST-2', /^(?:.*-)?sst-?2?(?:-|$)/, { ...sentiment, columns: one }),
  task('cr', 'CR', /^(?:.*-)?cr(?:-|$)|customer-reviews/, { ...sentiment, columns: text }),
  task('mr', 'MR', /^(?:.*-)?mr(?:-|$)|rotten-tomatoes/, { ...sentiment, columns: text }),
  task('mpqa', 'MPQA', /mpqa/, { ...sentiment, columns: text }),
  task('trec', 'TREC', /trec/, {
    template: '{mask} : {text}',
    labels: ['ABBR', 'ENTY', 'DESC', 'HUM', 'LOC', 'NUM'],
    labelWords: [' Expression', ' Entity', ' Description', ' Human', ' Location', ' Number'],
    columns: { text: 'text', label: 'coarse_label' },
    numbered: ['DESC', 'ENTY', 'ABBR', 'HUM', 'LOC', 'NUM'],
  }),
  task('subj', 'SUBJ', /subj/, {
    template: '{text} This is{mask} .',
    labels: ['subjective', 'objective'],
    labelWords: [' subjective', ' objective'],
    columns: text,
  }),
  task('qnli', 'QNLI', /qnli/, {
    ...follows,
    columns: { text: 'question', text_b: 'sentence', label: 'label' },
  }),
  task('snli', 'SNLI', /snli/, entailment),
  task('mnli', 'MNLI', /mnli|multi-?nli/, entailment),
  task('rte', 'RTE', /^(?:.*-)?rte(?:-|$)/, { ...follows, columns: two }),
  task('mrpc', 'MRPC', /mrpc/, {
    ...same,
    metric: 'f1',
    labels: ['not_equivalent', 'equivalent'],
    columns: two,
  }),
  task('qqp', 'QQP', /qqp|quora/, {
    ...same,
    labels: ['not_duplicate', 'duplicate'],
    columns: { text: 'question1', text_b: 'question2', label: 'label' },
  }),
];
