import { symmetricEigen } from './eigen.ts';
import type { MatrixTask, MergedMatrix } from './matrixTask.ts';
import { asTall, eachSlab, placeSlab, readSlab, writeSlab, type Slab, type Tall } from './slabs.ts';
import { openWorkspace, turned, type Placed, type Workspace } from './workspace.ts';

/** Singular values of less than this share of the largest count as 0: they are what rounding to f32 leaves. */
const leastShare = 1e-5;

/** Products that let rounding errors grow by no more than this are made in f32: 2⁻²⁴ of that is well below 10⁻⁴. */
const mostGrowth = 2 ** 8;

/** Factors nearer to 1 than this are 1. */
const leastChange = 1e-7;

/** What a spectral method works with: task vectors, seen as tall matrices. */
export interface Spectral extends Tall {
  workspace: Workspace;
  taus: readonly Float32Array[];
}

/** A sum of tensors, times a map of its columns if there is one. */
export interface Image {
  tensors: readonly Float32Array[];
  map?: Placed;
}

/** Singular values in falling order, those that count as 0 included, and right singular vectors of the others as rows. */
export interface Singular {
  sizes: number[];
  vectors: Placed;
}

/** Directions and how strong each is: vectors of the short side as rows, and sums of images with those of the long side as columns. */
export interface Directions {
  short: Placed;
  long: readonly Required<Image>[];
  strengths: readonly number[];
}

/** Merges a matrix in this thread's workspace, and leaves that as it was. */
export async function inWorkspace(
  task: MatrixTask,
  merge: (spectral: Spectral) => Float32Array,
): Promise<MergedMatrix> {
  const workspace = await openWorkspace();
  const taus = Array.from({ length: task.models }, (_, model) => task.taskVector(model));
  workspace.fellBack = false;
  const changes = workspace.within(() => merge({ ...asTall(task), workspace, taus }));
  return { changes, fellBack: workspace.fellBack };
}

/** The slab of a sum of images, of which the first alone may be without a map. */
function imageOf(
  spectral: Spectral,
  images: readonly Image[],
  slab: Slab,
  bytes: 4 | 8,
  width = spectral.short,
): Placed {
  const { workspace } = spectral;
  const read = ({ tensors }: Image) => readSlab(workspace, tensors, spectral, slab, bytes);
  const [first] = images;
  const out =
    first && !first.map ? read(first) : placeSlab(workspace, spectral, slab, width, bytes);
  for (const image of images) if (image.map) workspace.multiply(out, read(image), image.map, true);
  return out;
}

/** AᵀA of the sum A of images, in f64: its eigenvalues are squares, of which f32 would lose the small ones. */
export function gramOf(spectral: Spectral, images: readonly Image[]): Placed {
  const { workspace, short } = spectral;
  const gram = workspace.zeros(short, short);
  eachSlab(workspace, spectral, (slab) =>
    workspace.addGram(gram, imageOf(spectral, images, slab, 8)),
  );
  return gram;
}

/** AᵀB of sums of tensors, in f64. */
export function crossGram(
  spectral: Spectral,
  a: readonly Float32Array[],
  b: readonly Float32Array[],
): Placed {
  const { workspace, short } = spectral;
  const out = workspace.zeros(short, short);
  eachSlab(workspace, spectral, (slab) => {
    const [left, right] = [a, b].map((each) => readSlab(workspace, each, spectral, slab, 8));
    workspace.multiply(out, turned(left!), right!, true);
  });
  return out;
}

/**
 * Singular values of A, given the lower triangle of AᵀA; vectors of the `most` largest that count beside `largest`, by
 * default their own. Of those that do not, vectors are arbitrary: they are left out.
 */
export function rightSingular(
  { workspace, short }: Pick<Spectral, 'workspace' | 'short'>,
  gram: () => Placed,
  most = short,
  largest?: number,
): Singular {
  const kept = workspace.zeros(most, short);
  return workspace.within(() => {
    const { values, vectors } = symmetricEigen(workspace, gram(), (all) => {
      const sizes = sizesOf(all);
      const least = leastShare * (largest ?? sizes[0] ?? 0);
      return [...sizes.slice(0, most).keys()].filter((i) => sizes[i]! > least);
    });
    workspace.elements(kept).set(workspace.elements(vectors));
    return { sizes: sizesOf(values), vectors: { ...kept, rows: vectors.rows } };
  });
}

/** Singular values of A from eigenvalues of AᵀA. */
function sizesOf(values: readonly number[]): number[] {
  return values.map((x) => Math.sqrt(Math.max(0, x)));
}

/** Bytes of elements in which to divide by the first `count` of these. */
function bytesFor(sizes: readonly number[], count: number): 4 | 8 {
  return count > 0 && sizes[0]! <= mostGrowth * sizes[count - 1]! ? 4 : 8;
}

/** What takes A to left singular vectors as columns. */
export function inverseMap(workspace: Workspace, { sizes, vectors }: Singular): Placed {
  const bytes = bytesFor(sizes, vectors.rows);
  return turned(scaled(workspace, vectors, (i) => 1 / sizes[i]!, bytes));
}

/** Σ strength/σ·wwᵀ: what takes A to U·Vᵀ times the strength. */
export function isotropicMap(
  workspace: Workspace,
  { sizes, vectors }: Singular,
  strength: number,
): Placed {
  const map = weighted(workspace, vectors, (i) => strength / sizes[i]!);
  return scaled(workspace, map, () => 1, bytesFor(sizes, vectors.rows));
}

/** Σ factor·wwᵀ over the rows w of a matrix, in f64. */
export function weighted(
  workspace: Workspace,
  rows: Placed,
  factor: (row: number) => number,
): Placed {
  const out = workspace.zeros(rows.columns, rows.columns);
  workspace.within(() => workspace.addGram(out, rows, scaled(workspace, rows, factor)));
  workspace.mirror(out);
  return out;
}

/** A copy of a matrix that lies row by row, its rows multiplied by factors. */
export function scaled(
  workspace: Workspace,
  matrix: Placed,
  factor: (row: number) => number,
  bytes: 4 | 8 = 8,
): Placed {
  const { rows, columns } = matrix;
  const out = workspace.zeros(rows, columns, bytes);
  const [from, to] = [workspace.elements(matrix), workspace.elements(out)];
  for (let i = 0; i < rows; i++) {
    const by = factor(i);
    for (let at = i * columns; at < (i + 1) * columns; at++) to[at] = by * from[at]!;
  }
  return out;
}

/** A·B in f64. */
export function times(workspace: Workspace, a: Placed, b: Placed): Placed {
  const out = workspace.zeros(a.rows, b.columns);
  workspace.multiply(out, a, b);
  return out;
}

/** The sum of tensors times a map, in the type of the map, as a tensor; `out` may be the only one of those summed. */
export function mapped(
  spectral: Spectral,
  tensors: readonly Float32Array[],
  map: Placed,
  out = new Float32Array(spectral.long * spectral.short),
): Float32Array {
  const { workspace } = spectral;
  eachSlab(workspace, spectral, (slab) => {
    const from = readSlab(workspace, tensors, spectral, slab, map.bytes, map.rows);
    const to = placeSlab(workspace, spectral, slab, map.columns, map.bytes);
    workspace.multiply(to, from, map);
    writeSlab(workspace, to, out, spectral, slab);
  });
  return out;
}

/**
 * Σ sⱼ·tⱼ·wⱼᵀ over all directions, after the vectors t of the long side and w of the short one were made orthogonal, each
 * among themselves: T (TᵀT)^(−1/2) S (WWᵀ)^(−1/2) W. Until the last product T lies where that goes.
 */
export function orthogonalSum(spectral: Spectral, all: readonly Directions[]): Float32Array {
  const { workspace, short } = spectral;
  const strengths = all.flatMap((each) => each.strengths);
  const count = strengths.length;
  const out = new Float32Array(spectral.long * short);
  const longGram = workspace.zeros(count, count);
  eachSlab(workspace, spectral, (slab) => {
    let column = 0;
    for (const { long, short } of all) {
      workspace.within(() => {
        const columns = imageOf(spectral, long, slab, long[0]!.map.bytes, short.rows);
        writeSlab(workspace, columns, out, spectral, slab, column);
      });
      column += short.rows;
    }
    workspace.addGram(longGram, readSlab(workspace, [out], spectral, slab, 8, count));
  });
  const map = workspace.zeros(count, short);
  let row = 0;
  for (const { short: vectors } of all) {
    workspace.elements(map).set(workspace.elements(vectors), row * short);
    row += vectors.rows;
  }
  workspace.within(() => {
    const gram = workspace.zeros(count, count);
    workspace.addGram(gram, turned(map));
    const right = times(workspace, inverseRoot(workspace, gram).root, map);
    const strong = scaled(workspace, right, (i) => strengths[i]!);
    workspace.elements(map).set(workspace.elements(strong));
  });
  const { root, bytes } = inverseRoot(workspace, longGram);
  return mapped(
    spectral,
    [out],
    scaled(workspace, times(workspace, root, map), () => 1, bytes),
    out,
  );
}

/**
 * G^(−1/2) of G = XᵀX for X to be multiplied by, and in what type; of G the lower triangle is read, and lost. It is the unit matrix but
 * for what differs: directions that are orthogonal as they are need no vectors, and those that count as 0 are nothing in X.
 */
function inverseRoot(workspace: Workspace, gram: Placed): { root: Placed; bytes: 4 | 8 } {
  const n = gram.rows;
  const root = workspace.zeros(n, n);
  let sizes: number[] = [];
  let rank = 0;
  workspace.within(() => {
    let factors: number[] = [];
    const { vectors } = symmetricEigen(workspace, gram, (values) => {
      sizes = sizesOf(values);
      rank = sizes.filter((size) => size > leastShare * sizes[0]!).length;
      const all = sizes.slice(0, rank).map((size) => 1 / size - 1);
      const odd = [...all.keys()].filter((i) => Math.abs(all[i]!) > leastChange);
      factors = odd.map((i) => all[i]!);
      return odd;
    });
    workspace.addGram(
      root,
      vectors,
      scaled(workspace, vectors, (i) => factors[i]!),
    );
  });
  workspace.mirror(root);
  const values = workspace.elements(root);
  for (let i = 0; i < n; i++) values[i * (n + 1)]! += 1;
  return { root, bytes: bytesFor(sizes, rank) };
}
