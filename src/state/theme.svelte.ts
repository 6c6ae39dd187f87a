type Name = 'light' | 'dark';

const key = 'theme';

/** The colour theme: the system's until the user chooses one, which is remembered. */
export class Theme {
  #system = $state<Name>('light');
  #chosen = $state<Name | null>(null);
  readonly name = $derived(this.#chosen ?? this.#system);

  constructor() {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    this.#system = dark.matches ? 'dark' : 'light';
    dark.addEventListener('change', () => (this.#system = dark.matches ? 'dark' : 'light'));
    const stored = localStorage.getItem(key);
    if (stored === 'light' || stored === 'dark') this.#choose(stored);
  }

  toggle(): void {
    this.#choose(this.name === 'dark' ? 'light' : 'dark');
  }

  #choose(name: Name): void {
    this.#chosen = name;
    localStorage.setItem(key, name);
    document.documentElement.dataset.theme = name;
  }
}
