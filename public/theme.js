// Sets a remembered theme before the first paint; Theme in src/state/theme.svelte.ts writes it.
const theme = localStorage.getItem('theme');
if (theme) document.documentElement.dataset.theme = theme;
