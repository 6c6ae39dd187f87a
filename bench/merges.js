import { tmpdir } from 'node:os';
import { temporaryFolder } from '../scripts/headless/temporaryFolder.js';
import { makeCheckpoints } from '../scripts/makeCheckpoints.js';
import { measureMerges, recipeOf } from './merge.js';
import { mergeByPeer } from './mergePeer.js';
import { settleDisk } from './storageFloor.js';

/** @typedef {Parameters<typeof makeCheckpoints>[0]['shape']} Shape */
/** @typedef {Parameters<typeof measureMerges>[0]['engine']} Engine */
/** @typedef {import('./mergePeer.js').Peer} Peer */

const names = ['base', 'task1', 'task2', 'task3'];

/** What is merged unless other methods are named, with what the app has by default, and mergekit must be told. */
const parameters = {
  linear: { weight: 1 },
  task_arithmetic: { weight: 0.4 },
  dare_linear: { weight: 0.4, density: 0.5 },
  ties: { weight: 1, density: 0.2 },
  localize_and_stitch: { density: 0.05 },
};

/** Their names. */
export const usualMerges = Object.keys(parameters);

/**
 * Merges a base and three fine-tunes of a shape in the app and, where one is given, by a peer on the same files.
 * @param {{ shape: Shape, methods?: readonly string[], peer?: Peer, engine?: Engine }} plan
 */
export async function benchMerges({ shape, methods = usualMerges, peer, engine }) {
  const { path: folder, remove } = temporaryFolder(tmpdir(), 'stitchwork-bench-');
  try {
    makeCheckpoints({ shape, count: names.length, out: folder });
    const recipes = methods.map((method) =>
      recipeOf(method, names, Object.entries(parameters).find(([id]) => id === method)?.[1]),
    );
    const measured = await measureMerges({ folder, names, recipes, engine });
    const merges = measured.merges.map((figures, at) => {
      settleDisk();
      const recipe = recipes[at];
      return { ...figures, peer: (peer && recipe && mergeByPeer(peer, folder, recipe)) ?? null };
    });
    return { shape, date: new Date().toISOString().slice(0, 10), ...measured, merges };
  } finally {
    remove();
  }
}
