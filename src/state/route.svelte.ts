export const places = ['library', 'merge', 'results'] as const;

export type Place = (typeof places)[number];

export interface Location {
  place: Place;
  /** Id of the run shown on Results. */
  run: string | null;
  /** The recipe of a shared link, as written in the hash. */
  link: string | null;
}

/** The place a hash names, e.g. `#/results/3f2a` or `#/merge?r=…`; Library when it names none. */
export function parseHash(hash: string): Location {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name, run] = path.split('/');
  const place = places.find((each) => each === name) ?? 'library';
  return {
    place,
    run: place === 'results' && run ? decodeURIComponent(run) : null,
    link: place === 'merge' && new URLSearchParams(query).has('r') ? hash : null,
  };
}

/** The view on screen, kept in the URL hash. */
export class Route {
  at = $state.raw<Location>(parseHash(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.at = parseHash(location.hash)));
  }

  go(place: Place, run?: string): void {
    location.hash = run ? `#/${place}/${encodeURIComponent(run)}` : `#/${place}`;
    this.at = parseHash(location.hash);
  }
}
