import type { MethodGroup } from '../../api/methods.ts';
import type { MergekitForms } from '../../recipe/mergekitForm.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import type { Method } from '../method.ts';
import { adaMerging } from './adaMerging/adaMerging.ts';
import { adaMergingPlusPlus } from './adaMergingPlusPlus/adaMergingPlusPlus.ts';
import { adaMergingSupervised } from './adaMergingSupervised/adaMergingSupervised.ts';
import { breadcrumbs } from './breadcrumbs/breadcrumbs.ts';
import { breadcrumbsTies } from './breadcrumbsTies/breadcrumbsTies.ts';
import { consensusTa } from './consensusTa/consensusTa.ts';
import { consensusTies } from './consensusTies/consensusTies.ts';
import { dareLinear } from './dareLinear/dareLinear.ts';
import { dareTies } from './dareTies/dareTies.ts';
import { della } from './della/della.ts';
import { dellaLinear } from './dellaLinear/dellaLinear.ts';
import { isoC } from './isoC/isoC.ts';
import { isoCts } from './isoCts/isoCts.ts';
import { fewShot } from './fewShot/fewShot.ts';
import { fisher } from './fisher/fisher.ts';
import { karcher } from './karcher/karcher.ts';
import { linear } from './linear/linear.ts';
import { lines } from './lines/lines.ts';
import { localizeAndStitch } from './localizeAndStitch/localizeAndStitch.ts';
import { magmax } from './magmax/magmax.ts';
import { modelStock } from './modelStock/modelStock.ts';
import { multislerp } from './multislerp/multislerp.ts';
import { nearswap } from './nearswap/nearswap.ts';
import { nuslerp } from './nuslerp/nuslerp.ts';
import { passthrough } from './passthrough/passthrough.ts';
import { pcbMerging } from './pcbMerging/pcbMerging.ts';
import { sce } from './sce/sce.ts';
import { regMean } from './regMean/regMean.ts';
import { regMeanPlusPlus } from './regMeanPlusPlus/regMeanPlusPlus.ts';
import { slerp } from './slerp/slerp.ts';
import { taskArithmetic } from './taskArithmetic/taskArithmetic.ts';
import { ties } from './ties/ties.ts';
import { tsvMerge } from './tsvMerge/tsvMerge.ts';
import { wudi } from './wudi/wudi.ts';

/** By the names recipes use, in groups as people meet them. The first is the one offered first. */
export const methodGroups = {
  start: {
    localize_and_stitch: localizeAndStitch,
    ties,
    task_arithmetic: taskArithmetic,
    linear,
  },
  sparse: {
    dare_linear: dareLinear,
    dare_ties: dareTies,
    della,
    della_linear: dellaLinear,
    breadcrumbs,
    breadcrumbs_ties: breadcrumbsTies,
    consensus_ta: consensusTa,
    consensus_ties: consensusTies,
    magmax,
    pcb_merging: pcbMerging,
    sce,
  },
  spectral: { tsv_merge: tsvMerge, iso_c: isoC, iso_cts: isoCts, wudi },
  between: {
    lines,
    model_stock: modelStock,
    slerp,
    nuslerp,
    multislerp,
    karcher,
    nearswap,
    passthrough,
  },
  data: {
    adamerging: adaMerging,
    adamerging_plus_plus: adaMergingPlusPlus,
    adamerging_supervised: adaMergingSupervised,
    fisher,
    regmean: regMean,
    regmean_plus_plus: regMeanPlusPlus,
    few_shot: fewShot,
  },
} satisfies Record<MethodGroup, Record<string, Method>>;

/** By the names of recipes. */
export const methods = {
  ...methodGroups.start,
  ...methodGroups.sparse,
  ...methodGroups.spectral,
  ...methodGroups.between,
  ...methodGroups.data,
} satisfies Record<string, Method>;

/** What mergekit has under the names of methods. */
export const mergekitForms: MergekitForms = Object.fromEntries(
  Object.entries<Method>(methods).flatMap(([id, { mergekit }]) =>
    mergekit ? [[id, mergekit] as const] : [],
  ),
);

/** A recipe's method, undefined when there is none of its name; under `compat` as mergekit does it. */
export function methodFor({
  merge_method,
  compat,
  base_model,
  models,
}: Pick<Recipe, 'merge_method' | 'compat' | 'base_model' | 'models'>): Method | undefined {
  const method = methodOf(merge_method);
  if (compat === undefined || !method?.mergekit) return compat ? undefined : method;
  const { base, withoutBase, ...theirs } = method.mergekit;
  const alone = base === 'optional' && models.some(({ model }) => model === base_model);
  return { ...theirs, ...(alone && withoutBase), mergekit: method.mergekit };
}

/** The method of this name, undefined when there is none. */
export function methodOf(id: string): Method | undefined {
  const all: Record<string, Method> = methods;
  return Object.hasOwn(all, id) ? all[id] : undefined;
}
