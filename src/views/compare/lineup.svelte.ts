import { failedRow, type MethodRow, methodRow, referenceRows } from '../../plots/methodScores.ts';
import { type ReportTable, reportTables } from '../../plots/reportTables.ts';
import { metricsOf, tasksOf } from '../../plots/scores.ts';
import type { MetricName, Recipe } from '../../recipe/recipe.ts';
import { valuesLabel } from '../../recipe/sweep.ts';
import type { App } from '../../state/app.svelte.ts';
import { contendersOf, sweepContenders, tuningBlocked } from '../../state/comparePlan.ts';
import {
  comparisonSeconds,
  type Entry,
  type Measured,
  type Outcome,
} from '../../state/comparison.svelte.ts';
import { formatSeconds } from '../../ui/format.ts';

const idOf = ({ id, tuned }: Entry) => (tuned ? `${id} tuned` : id);

/** An outcome without what its other numbers were taken of. */
function told(outcome: Outcome) {
  if ('why' in outcome) return outcome;
  const { result: _, ...numbers } = outcome;
  return numbers;
}

const noteOf = ({ tuning }: Measured) =>
  tuning ? `${valuesLabel(tuning.values)} by training examples` : '';

/** Who takes part in the comparison on screen, what was measured of them, and what is still to be. */
export class Lineup {
  readonly #app: App;
  /** The metric asked for; another, where no score has it. */
  asked = $state('');

  constructor(app: App) {
    this.#app = app;
  }

  /** Whether they are the recipes of a sweep. */
  readonly swept = $derived.by(() => this.#app.setup.variants.length > 0);
  readonly contenders = $derived.by(() => {
    const { recipe, variants, methods, localizers } = this.#app.setup;
    if (!recipe) return [];
    return this.swept
      ? sweepContenders(variants, methods, localizers)
      : contendersOf(recipe, methods, localizers);
  });
  /** Why none of them can be tuned, null when they can. */
  readonly untunable = $derived.by(() => {
    const { recipe } = this.#app.setup;
    return recipe && tuningBlocked(recipe);
  });
  readonly open = $derived(this.contenders.filter(({ blocked }) => blocked === null));
  /** Those chosen until others are. */
  readonly usual = $derived(
    this.open.filter(({ kind }) => this.swept || kind === 'weights').map(({ id }) => id),
  );
  readonly chosen = $derived.by(() => {
    const { chosen, sweepChosen } = this.#app.comparison;
    return (this.swept ? sweepChosen : chosen) ?? this.usual;
  });
  readonly entries = $derived.by(() =>
    this.open
      .filter(({ id }) => this.chosen.includes(id))
      .flatMap((each): Entry[] => {
        const plain = { ...each, tuned: false };
        const tuned =
          each.grid.length > 0 && !this.untunable && this.#app.comparison.tuned.includes(each.id);
        return tuned ? [plain, { ...each, tuned }] : [plain];
      }),
  );

  readonly #outcomes = $derived.by(() =>
    this.entries.map((entry) => ({ entry, outcome: this.#app.comparison.of(entry) })),
  );
  readonly measured = $derived(
    this.#outcomes.flatMap(({ entry, outcome }) =>
      outcome && !('why' in outcome) ? [{ entry, outcome }] : [],
    ),
  );
  /** Those without scores, also where measuring them failed. */
  readonly missing = $derived(
    this.#outcomes.flatMap(({ entry, outcome }) => (!outcome || 'why' in outcome ? entry : [])),
  );
  readonly #scores = $derived(this.measured.flatMap(({ outcome }) => outcome.scores));
  readonly metrics = $derived(metricsOf(this.#scores));
  readonly metric: MetricName = $derived(
    this.metrics.find((each) => each === this.asked) ?? this.metrics[0] ?? 'accuracy',
  );
  readonly tasks = $derived(tasksOf(this.#scores, this.metric));

  /** What was measured, or failed, and the base and the fine-tuned models. */
  readonly rows: MethodRow[] = $derived.by(() => {
    const { tasks, metric } = this;
    const [first] = this.measured;
    const own = this.#outcomes.flatMap(({ entry, outcome }) => {
      if (!outcome) return [];
      const id = idOf(entry);
      const label = entry.tuned ? `${entry.label}, tuned` : entry.label;
      return 'why' in outcome
        ? failedRow(id, label, outcome.why)
        : methodRow({ id, label, note: noteOf(outcome) }, outcome, tasks, metric);
    });
    return first ? [...own, ...referenceRows(first.outcome, tasks, metric)] : own;
  });

  /** Scores by the numbers of the sweep. */
  readonly points = $derived.by(() =>
    this.measured.flatMap(({ entry, outcome }) => {
      const { variants } = this.#app.setup;
      const variant = variants.find(({ name }) => name === entry.id);
      return variant ? [{ ...variant, scores: outcome.scores }] : [];
    }),
  );

  /** The tables that the recipe asks for, of what was measured. */
  readonly tables: ReportTable[] = $derived.by(() => {
    const { recipe, variants } = this.#app.setup;
    const paper = variants.some((variant) => variant.paper);
    const names = recipe?.tables ?? [
      ...(paper ? (['scores'] as const) : []),
      ...(recipe?.general ? (['general'] as const) : []),
    ];
    const runs = this.measured.map(({ entry, outcome }) => {
      const variant = variants.find(({ name }) => name === entry.id);
      return {
        name: entry.label,
        ...(variant?.paper && { paper: variant.paper }),
        masks: this.#app.setup.learnsMasks(entry.recipe),
        result: outcome.result,
      };
    });
    return reportTables(names, runs);
  });

  /** Why nothing can be measured now, null when something can. */
  readonly blocked = $derived.by(() => {
    const { error, lacking } = this.#app.setup;
    if (error) return 'The recipe has an error: mend it on Merge first.';
    if (lacking) return lacking;
    if (!this.entries.length) return this.swept ? 'Choose a recipe.' : 'Choose a method.';
    if (this.#app.runs.running) return 'Another run is at work. Wait until it ends, or cancel it.';
    return this.missing.length ? null : 'All of this is measured.';
  });

  /** What is measured, and how long the rest may take. */
  readonly estimate = $derived.by(() => {
    const done = this.measured.length;
    const slow = this.missing.filter(({ kind }) => kind !== 'weights').length;
    const seconds = comparisonSeconds(
      this.missing,
      this.measured.map(({ outcome }) => outcome),
    );
    return [
      done ? `${done} measured already` : '',
      seconds === null ? '' : `about ${formatSeconds(seconds)} at their pace`,
      slow
        ? `minutes more for ${slow === 1 ? 'the one that learns' : `each of ${slow} that learn`} from data`
        : '',
    ]
      .filter(Boolean)
      .join(', ');
  });

  choose(ids: readonly string[]): void {
    const { comparison } = this.#app;
    if (this.swept) comparison.sweepChosen = ids;
    else comparison.chosen = ids;
  }

  /** The recipe behind a row; null where it has none. */
  recipeOf(id: string): Recipe | null {
    const row = this.measured.find(({ entry }) => idOf(entry) === id);
    return row ? (row.outcome.tuning?.recipe ?? row.entry.recipe) : null;
  }

  /** Everything that was measured, with its recipes. */
  json() {
    const methods = this.#outcomes.flatMap(({ entry, outcome }) =>
      outcome
        ? [{ id: idOf(entry), label: entry.label, recipe: entry.recipe, ...told(outcome) }]
        : [],
    );
    return { methods };
  }
}
