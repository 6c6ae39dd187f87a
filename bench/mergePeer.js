import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('../src/recipe/recipe.ts').Recipe} Recipe */
/** @typedef {{ python: string, script: 'mergekitMerge.py' | 'numpyMerge.py' }} Peer */
/** `peer`: its name and version. @typedef {{ peer: string, seconds: number, peakBytes: number }} PeerFigures */

/**
 * mergekit in the Python of $MERGEKIT_PYTHON, or in an environment of its own among the temporary files, where it is installed
 * at first; python3 with numpy where that cannot be done, and nothing without.
 * @returns {Peer | undefined}
 */
export function findPeer() {
  const given = process.env.MERGEKIT_PYTHON;
  const environment = join(tmpdir(), 'stitchwork-mergekit');
  const python = given ?? join(environment, 'bin', 'python');
  if (imports(python, 'mergekit.merge') || (!given && installed(environment, python)))
    return { python, script: 'mergekitMerge.py' };
  console.error('mergekit cannot be had: numpy stands in.');
  return imports('python3', 'numpy') ? { python: 'python3', script: 'numpyMerge.py' } : undefined;
}

/** @param {string} python @param {string} module */
const imports = (python, module) => spawnSync(python, ['-c', `import ${module}`]).status === 0;

/** @param {string} environment @param {string} python */
function installed(environment, python) {
  console.error(`Installing mergekit into ${environment}`);
  const pip = ['-m', 'pip', 'install', '-q', '--retries', '1'];
  const run = (/** @type {string} */ command, /** @type {string[]} */ ...args) =>
    spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  run('python3', '-m', 'venv', environment);
  // PyTorch's own index has it without CUDA, which would be gigabytes; where it is not reached, it comes with mergekit.
  run(python, ...pip, '--index-url', 'https://download.pytorch.org/whl/cpu', 'torch');
  return run(python, ...pip, 'mergekit~=0.1.4').status === 0;
}

/**
 * The same merge by the peer; null where it has no such method.
 * @param {Peer} peer
 * @param {string} folder
 * @param {Recipe} recipe
 * @returns {PeerFigures | null}
 */
export function mergeByPeer({ python, script }, folder, recipe) {
  if (script === 'mergekitMerge.py' && recipe.merge_method === 'localize_and_stitch') return null;
  const path = fileURLToPath(new URL(script, import.meta.url));
  const told = execFileSync(python, [path, folder, JSON.stringify(recipe)], {
    ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 2], maxBuffer: Infinity },
  });
  return JSON.parse(told.trim().split('\n').at(-1) ?? '');
}
