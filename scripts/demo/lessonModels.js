/**
 * Models that the lessons show as they begin, at the steps of their sliders and at the points of their curves.
 *
 * @typedef {import('../../src/api/lab.ts').LabInfo} LabInfo
 * @typedef {import('../../src/api/lab.ts').LabModel} LabModel
 * @typedef {import('../../src/api/lab.ts').LabMask} LabMask
 * @typedef {{ model: LabModel, tasks: number[] }} Wanted
 */

/** Densities of the curves of lessons 3 and 4, and those between. */
const densities = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 1];
/** Of the stitch that lesson 5 begins with. */
const stitchDensity = 0.05;
/** The pair that lesson 3 begins with, by place among five fine-tunes and more. */
const pairOf = (/** @type {number} */ tuned) => (tuned > 4 ? [1, 4] : [0, 1]);

/**
 * @param {LabInfo} info
 * @returns {{ wanted: Wanted[], overlaps: (LabMask | null)[][] }} what is to be scored, each model once, and how which masks overlap
 */
export function lessonModels(info) {
  const all = info.tasks.map((_, i) => i);
  const tuned = all.filter((i) => !info.tasks[i]?.general);
  const general = all.filter((i) => info.tasks[i]?.general);
  /** @param {(task: number) => number} of @returns {LabModel} */
  const sum = (of) => ({ kind: 'sum', weights: tuned.map(of) });
  /** @param {readonly number[]} tasks @param {string} by @param {number} density @returns {(LabMask | null)[]} */
  const masks = (tasks, by, density) =>
    tuned.map((task) => (tasks.includes(task) ? { by, density } : null));
  /** @param {readonly number[]} tasks @param {string} by @param {number} density @returns {LabModel} */
  const stitch = (tasks, by, density) => ({ kind: 'stitch', masks: masks(tasks, by, density) });
  /** @type {Map<string, Wanted>} */
  const wanted = new Map();
  /** @param {LabModel} model @param {readonly number[]} tasks */
  const want = (model, tasks) => {
    const key = JSON.stringify(model);
    const known = wanted.get(key)?.tasks ?? [];
    wanted.set(key, { model, tasks: [...new Set([...known, ...tasks])].sort((a, b) => a - b) });
  };

  want({ kind: 'base' }, all);
  for (const task of tuned) want({ kind: 'tuned', task }, [task]);

  for (const task of tuned)
    for (let step = 0; step <= 30; step += task === tuned[0] ? 1 : 5)
      want(
        sum((each) => (each === task ? step / 20 : 0)),
        [task],
      );

  for (const weight of [0, Number((1 / tuned.length).toFixed(3)), 0.4])
    want(
      sum(() => weight),
      all,
    );
  for (const task of tuned)
    for (const weight of [1, -1])
      want(
        sum((each) => (each === task ? weight : 0)),
        all,
      );

  const pair = pairOf(tuned.length);
  for (const density of densities) want(stitch(pair, 'dataless', density), pair);

  for (const task of tuned)
    for (const by of ['dataless', 'random'])
      for (const density of densities) want(stitch([task], by, density), [task]);

  for (let count = 1; count <= tuned.length; count++) {
    const tasks = tuned.slice(0, count);
    const told = [...tasks, ...general];
    const alike = (/** @type {number} */ weight) =>
      sum((task) => (tasks.includes(task) ? weight : 0));
    want(stitch(tasks, 'dataless', stitchDensity), all);
    want(alike(1 / count), told);
    want(alike(0.4), told);
    want({ kind: 'ties', tasks, density: 0.2, lambda: 1 }, told);
    if (count === 2 || count === tuned.length)
      for (const density of densities) want(stitch(tasks, 'dataless', density), all);
  }
  return {
    wanted: [...wanted.values()],
    overlaps: densities.map((density) => masks(pair, 'dataless', density)),
  };
}
