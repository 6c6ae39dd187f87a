import type { Component } from 'svelte';
import type { Place } from '../state/route.svelte.ts';

/** A place whose view is no part of the first load. */
export type LaterPlace = Exclude<Place, 'library'>;

const loaders: Record<LaterPlace, () => Promise<{ default: Component }>> = {
  merge: () => import('./MergeView.svelte'),
  results: () => import('./ResultsPlace.svelte'),
  learn: () => import('./LearnView.svelte'),
};

const loading = new Map<LaterPlace, Promise<Component>>();

/** The view of a place, fetched once; a failed fetch is tried again when asked again. */
export function loadView(place: LaterPlace): Promise<Component> {
  const view = loading.get(place) ?? loaders[place]().then((module) => module.default);
  loading.set(place, view);
  view.catch(() => loading.delete(place));
  return view;
}

/** Fetches the views in the order of the rail while the page has nothing else to do. */
export async function prefetchViews(): Promise<void> {
  for (const place of Object.keys(loaders) as LaterPlace[]) {
    await idle();
    // What is missing is fetched again, and told, when its place is opened.
    await loadView(place).catch(() => undefined);
  }
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: 4000 });
    else setTimeout(resolve, 500);
  });
}
