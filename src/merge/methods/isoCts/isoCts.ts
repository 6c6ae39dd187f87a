import { createMethod } from '../../method.ts';
import { scale, sum, taskVectors } from '../../passes/combine.ts';
import { matrix } from '../../passes/matrix.ts';
import {
  crossGram,
  gramOf,
  inverseMap,
  inWorkspace,
  orthogonalSum,
  rightSingular,
  scaled,
  times,
  weighted,
  type Directions,
  type Image,
  type Singular,
  type Spectral,
} from '../../matrix/singular.ts';
import { turned, type Placed } from '../../matrix/workspace.ts';
import { face } from './face.ts';

/** Iso-C whose weakest common directions give way to each task's own (Marczak et al. 2025), matrix by matrix. */
export const isoCts = createMethod(face, [
  taskVectors,
  matrix('isotropic in common and own subspaces(common_space_fraction)', (task) =>
    inWorkspace(task, (spectral) =>
      mergeSubspaces(spectral, task.parameters.common_space_fraction ?? 1),
    ),
  ),
  sum,
  scale,
]);

function mergeSubspaces(spectral: Spectral, commonShare: number): Float32Array {
  const { workspace, taus, short } = spectral;
  const own = ownDirections(short, taus.length, commonShare);
  const most = short - own * taus.length;
  const common = rightSingular(spectral, () => gramOf(spectral, [{ tensors: taus }]), most);
  const sizes = common.sizes.slice(0, most);
  const parts: Omit<Directions, 'strengths'>[] = [];
  for (const tau of own > 0 ? taus : []) {
    const rest = outside(spectral, tau, common);
    const found = rightSingular(spectral, rest.gram, own, common.sizes[0]);
    sizes.push(...found.sizes.slice(0, own));
    const map = scaled(workspace, found.vectors, (i) => 1 / found.sizes[i]!);
    const long = rest.images.map((image) => ({
      ...image,
      map: image.map ? times(workspace, image.map, turned(map)) : turned(map),
    }));
    parts.push({ short: found.vectors, long });
  }
  parts.push({
    short: common.vectors,
    long: [{ tensors: taus, map: inverseMap(workspace, common) }],
  });
  const mean = sizes.reduce((sum, size) => sum + size, 0) / short;
  const isotropic = parts.map((part) => ({
    ...part,
    strengths: Array.from({ length: part.short.rows }, () => mean),
  }));
  return orthogonalSum(spectral, isotropic);
}

/** Directions of each model: what is not common, divided evenly, to the nearest whole number, halves to even. */
function ownDirections(rank: number, models: number, commonShare: number): number {
  const share = (rank - Math.floor(rank * commonShare)) / models;
  const floor = Math.floor(share);
  const up = share - floor > 0.5 || (share - floor === 0.5 && floor % 2 === 1);
  return Math.min(up ? floor + 1 : floor, Math.floor(rank / models));
}

/**
 * What a task vector does outside the space of the common output directions, and its Gram matrix. Those are vectors w of the short
 * side where the tensor lies turned: τ (1 − Σ wwᵀ). Else they are A·w/σ on the long side, A = Σ τᵢ: τ − A · Σ wwᵀ/σ² Aᵀτ, whose Gram
 * matrix is τᵀτ − (Aᵀτ)ᵀ · Σ wwᵀ/σ² Aᵀτ.
 */
function outside(
  spectral: Spectral,
  tau: Float32Array,
  { sizes, vectors }: Singular,
): { images: Image[]; gram(): Placed } {
  const { workspace, taus, short } = spectral;
  const own = () => gramOf(spectral, [{ tensors: [tau] }]);
  if (!spectral.turned) {
    const cross = crossGram(spectral, taus, [tau]);
    const inverse = weighted(workspace, vectors, (i) => -(sizes[i]! ** -2));
    const map = times(workspace, inverse, cross);
    return {
      images: [{ tensors: [tau] }, { tensors: taus, map }],
      gram() {
        const gram = own();
        workspace.addGram(gram, cross, map);
        return gram;
      },
    };
  }
  const map = weighted(workspace, vectors, () => -1);
  const values = workspace.elements(map);
  for (let i = 0; i < short; i++) values[i * (short + 1)]! += 1;
  return {
    images: [{ tensors: [tau], map }],
    gram() {
      const whole = own();
      workspace.mirror(whole);
      const gram = workspace.zeros(short, short);
      workspace.addGram(gram, map, times(workspace, whole, map));
      return gram;
    },
  };
}
