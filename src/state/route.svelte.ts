export const places = ['library', 'merge', 'results', 'learn'] as const;

export type Place = (typeof places)[number];

/** What Results shows: a run, a comparison of methods, or all runs. */
export type ResultsPage = 'run' | 'compare' | 'history';

/** What is shown of a run. */
export const resultParts = ['try', 'scores', 'masks', 'weights', 'more', 'save'] as const;

export type ResultPart = (typeof resultParts)[number];

export interface Location {
  place: Place;
  page: ResultsPage;
  /** Id of the run shown on Results. */
  run: string | null;
  /** What of it; null where the address leaves that open. */
  part: ResultPart | null;
  /** The recipe of a shared link, as written in the hash. */
  link: string | null;
  /** Number of the lesson shown on Learn, from 1. */
  lesson: number;
  /** What a lesson's link says about it, as in `a=1&b=2`. */
  query: string;
}

/** The place a hash names, e.g. `#/results/3f2a/scores` or `#/learn/2?task=digits`, or Merge for a link `#recipe=…`; Library when it names none. */
export function parseHash(hash: string): Location {
  const nothing = { page: 'run', run: null, part: null, link: null, lesson: 1, query: '' } as const;
  if (hash.startsWith('#recipe=')) return { ...nothing, place: 'merge', link: hash };
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name, detail, section] = path.split('/');
  const place = places.find((each) => each === name) ?? 'library';
  const inResults = place === 'results' && detail !== undefined;
  if (inResults && (detail === 'compare' || detail === 'history'))
    return { ...nothing, place, page: detail };
  const run = (inResults && decoded(detail)) || null;
  const part = (run !== null && resultParts.find((each) => each === section)) || null;
  const learns = place === 'learn';
  const lesson = learns && /^[1-9]\d*$/.test(detail ?? '') ? Number(detail) : 1;
  return { ...nothing, place, run, part, lesson, query: learns ? query : '' };
}

/** What a part of an address says; nothing where its % are no code. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

/** The hash of a part of a run. */
export function resultHash(run: string, part?: ResultPart): string {
  return `#/results/${encodeURIComponent(run)}${part ? `/${part}` : ''}`;
}

/** The hash of a moment of a lesson. */
export function lessonHash(lesson: number, query = ''): string {
  return `#/learn/${lesson}${query ? `?${query}` : ''}`;
}

/** Browsers refuse an address that changes many times a second. */
const addressMs = 200;

/** The view on screen, kept in the URL hash. */
export class Route {
  at = $state.raw<Location>(parseHash(location.hash));
  #writing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    addEventListener('hashchange', () => this.#read());
  }

  /** Puts a link to the recipe on screen into the address bar. */
  keepLink(link: string): void {
    // The address may have moved on before its hashchange event.
    if (parseHash(location.hash).place === 'merge') history.replaceState(null, '', link);
  }

  /** Takes what the lesson on screen shows now, and soon writes it into the address bar. */
  keepQuery(query: string): void {
    if (this.at.place !== 'learn' || this.at.query === query) return;
    this.at = { ...this.at, query };
    clearTimeout(this.#writing);
    const write = () => history.replaceState(null, '', lessonHash(this.at.lesson, query));
    this.#writing = setTimeout(write, addressMs);
  }

  go(place: Place, run?: string): void {
    this.goTo(run ? `#/${place}/${encodeURIComponent(run)}` : `#/${place}`);
  }

  /** Goes to what a hash names. */
  goTo(hash: string): void {
    location.hash = hash;
    this.#read();
  }

  #read(): void {
    clearTimeout(this.#writing);
    this.at = parseHash(location.hash);
  }
}
