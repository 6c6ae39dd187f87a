import { engine } from '../../src/engine/client.ts';
import type { LabInfo, LabModel } from '../../src/api/lab.ts';
import type { DemoName } from '../../src/api/demo.ts';

/** The app's engine on a demo; tasks are numbered as in its recipe, then the base's own, then each again on its few shots. */
export interface DemoBench {
  open(which: DemoName): Promise<LabInfo>;
  /** Accuracy on each of these tasks. */
  score(model: LabModel, tasks: number[]): Promise<number[]>;
  changed(model: LabModel): Promise<number>;
  /** Seconds that a search took. */
  find(
    localizer: string,
    tasks: number[],
    density: number,
    shots: number,
    seed: number,
  ): Promise<number>;
}

declare global {
  var demoBench: DemoBench;
}

globalThis.demoBench = {
  async open(which) {
    const folder = new URL('/demo/', location.href).href;
    const {
      recipe,
      extra = [],
      told,
    } = await engine.loadDemo('load', folder, which, () => undefined);
    const onShots = recipe.models.map(({ model, data }) => ({
      name: `${model}, few shots`,
      data: { ...data, test: data?.train ?? '' },
    }));
    const input = { recipe, extra: [...extra, ...onShots], ...(told && { told }) };
    return engine.lab.open('open', input, () => undefined);
  },
  async score(model, tasks) {
    const scores = await engine.lab.score('bench', model, tasks, () => undefined);
    return tasks.map((task) => {
      const found = scores.find((each) => each.task === task);
      return found ? found.right / found.n : NaN;
    });
  },
  changed: (model) => engine.lab.changed(model),
  async find(localizer, tasks, density, shots, seed) {
    const options = { density, shots, seed };
    return (await engine.lab.find('find', localizer, tasks, options, () => undefined)).seconds;
  },
};
