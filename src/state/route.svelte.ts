export const places = ['library', 'merge', 'results'] as const;

export type Place = (typeof places)[number];

export interface Location {
  place: Place;
  /** Id of the run shown on Results. */
  run: string | null;
  /** The recipe of a shared link, as written in the hash. */
  link: string | null;
}

/** The place a hash names, e.g. `#/results/3f2a`, or Merge for a link `#recipe=…`; Library when it names none. */
export function parseHash(hash: string): Location {
  if (hash.startsWith('#recipe=')) return { place: 'merge', run: null, link: hash };
  const [name, run] = hash.replace(/^#\/?/, '').split('/');
  const place = places.find((each) => each === name) ?? 'library';
  return {
    place,
    run: place === 'results' && run ? decodeURIComponent(run) : null,
    link: null,
  };
}

/** The view on screen, kept in the URL hash. */
export class Route {
  at = $state.raw<Location>(parseHash(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.at = parseHash(location.hash)));
  }

  /** Puts a link to the recipe on screen into the address bar. */
  keepLink(link: string): void {
    if (this.at.place === 'merge') history.replaceState(null, '', link);
  }

  go(place: Place, run?: string): void {
    location.hash = run ? `#/${place}/${encodeURIComponent(run)}` : `#/${place}`;
    this.at = parseHash(location.hash);
  }
}
