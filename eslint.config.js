import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { noCircles } from './scripts/noCircles.js';
import svelteConfig from './svelte.config.js';

/** @typedef {{ regex: string, message: string, allowTypeImports?: boolean }} Pattern */

/**
 * Every folder of src/ below the page, in the order the data takes, with the folders it may import from.
 * @type {Record<string, string[]>}
 */
const below = {
  tensor: [],
  recipe: ['tensor'],
  api: ['tensor', 'recipe'],
  formats: ['tensor'],
  gpu: ['tensor'],
  storage: ['tensor', 'formats', 'gpu'],
  models: ['tensor', 'gpu'],
  data: ['tensor', 'formats', 'models'],
  scope: ['tensor', 'gpu', 'models'],
  localize: ['tensor', 'api', 'gpu', 'models', 'data', 'scope'],
  training: ['tensor', 'recipe', 'gpu', 'models', 'data', 'scope'],
  merge: ['tensor', 'recipe', 'api', 'formats', 'gpu', 'models', 'scope', 'training'],
  analysis: ['tensor', 'recipe', 'gpu', 'models', 'merge'],
  export: ['tensor', 'recipe', 'api', 'formats', 'models', 'merge'],
};
const stores = [...Object.keys(below), 'jobs'];
below.jobs = ['tensor', 'api', 'storage', 'gpu', 'scope', 'merge'];
below.tasks = stores;
below.library = [...stores, 'tasks'];
below.runs = [...stores, 'tasks', 'library'];
below.lab = [...stores, 'tasks', 'library', 'runs'];
below.engine = [...stores, 'tasks', 'library', 'runs', 'lab'];
const engine = Object.keys(below);

/** What page and engine share; of all else below, the page knows the client alone. */
const shared = ['api', 'recipe'];

/**
 * Folders of the page, with those of the page that they may import from.
 * @type {Record<string, string[]>}
 */
const main = {
  plots: ['ui'],
  ui: [],
  state: ['ui'],
  views: ['state', 'plots', 'ui'],
};
const allFolders = [...engine, ...Object.keys(main)];

/**
 * Matches imports of these folders of src/ from inside any folder, or from src/ itself.
 * @param {string[]} folders
 * @param {string} importer empty for src/ itself
 */
const into = (folders, importer, except = '') =>
  `^${importer ? '(?:\\.\\./)+' : '\\./'}(?:${folders.join('|')})/${except}`;

/** @type {Record<string, string[]>} */
const packages = {
  'idb-keyval': ['storage'],
  comlink: ['api', 'jobs', 'runs', 'lab', 'engine'],
  yaml: ['recipe'],
};

/**
 * @param {string} folder
 * @returns {Pattern[]}
 */
function packageRules(folder) {
  return Object.entries(packages)
    .filter(([, owners]) => !owners.includes(folder))
    .map(([name, owners]) => ({
      regex: `^${name}(?:/|$)`,
      message: `Only src/${owners.join(', src/')} imports ${name}.`,
    }));
}

/**
 * One block of rules for a folder of src/, or for src/ itself when its name is empty.
 * @param {string} folder
 * @param {Pattern[]} patterns
 * @param {import('eslint').Linter.RulesRecord} extra
 */
function restrict(folder, patterns, extra = {}) {
  /** @type {import('eslint').Linter.Config} */
  const block = {
    files: folder ? [`src/${folder}/**/*.{ts,svelte}`] : ['src/*.{ts,svelte}'],
    ignores: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [...packageRules(folder), ...patterns] },
      ],
      ...extra,
    },
  };
  return block;
}

const noSvelte = { regex: '^svelte(?:/|$)', message: 'Nothing below the page knows Svelte.' };
/** @type {import('eslint').Linter.RulesRecord} */
const noDom = {
  'no-restricted-globals': [
    'error',
    ...['document', 'window', 'localStorage', 'sessionStorage', 'alert'].map((name) => ({
      name,
      message: 'Nothing below the page touches the DOM.',
    })),
  ],
};

const engineRules = Object.entries(below).map(([folder, allowed]) => {
  const refused = allFolders.filter((other) => other !== folder && !allowed.includes(other));
  const message = `${folder}/ imports from: ${['errors.ts', ...allowed].join(', ')}.`;
  return restrict(folder, [noSvelte, { regex: into(refused, folder), message }], noDom);
});

/** @type {import('eslint').Linter.Config} */
const restrictFaces = {
  files: ['src/merge/methods/*/face.ts'],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: '^(?!(?:\\.\\./\\.\\./parameters|\\.\\./\\w+/face)\\.ts$)',
            allowTypeImports: true,
            message: 'A face is data: it imports parameters and other faces.',
          },
        ],
      },
    ],
  },
};

/**
 * @param {string} folder
 * @returns {Pattern}
 */
const typesOnly = (folder) => ({
  regex: into(
    engine.filter((other) => !shared.includes(other)),
    folder,
    '(?!client\\.ts$)',
  ),
  allowTypeImports: true,
  message: 'The page imports only types from below, but for api/, recipe/ and the client.',
});
const noTensorflow = { regex: '^@tensorflow/', message: 'tfjs lives in the engine.' };

const mainRules = Object.entries({ ...main, '': Object.keys(main) }).map(([folder, allowed]) => {
  const refused = Object.keys(main).filter((other) => other !== folder && !allowed.includes(other));
  const direction = {
    regex: into(refused, folder),
    message: `${folder}/ knows nothing of this folder.`,
  };
  return restrict(folder, [
    typesOnly(folder),
    noTensorflow,
    ...(refused.length ? [direction] : []),
  ]);
});

const doubleCast = {
  selector: 'TSAsExpression > TSAsExpression > TSUnknownKeyword',
  message: 'No cast through unknown: narrow the value instead.',
};
const navigatorGpu = {
  selector:
    ':matches(MemberExpression[object.name="navigator"], MemberExpression[object.property.name="navigator"])[property.name="gpu"]',
  message: 'Only src/gpu asks for a GPU.',
};

export default defineConfig(
  {
    ignores: ['dist/', 'dev-dist/', 'coverage/', 'test-results/', 'playwright-report/', '.cache/'],
  },
  js.configs.recommended,
  tseslint.configs.strict,
  svelte.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', doubleCast],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { varsIgnorePattern: '^_$', argsIgnorePattern: '^_' },
      ],
      'svelte/prefer-svelte-reactivity': 'off', // collections are replaced, in $state.raw, never changed
    },
  },
  {
    files: ['src/**/*.ts'],
    languageOptions: {
      globals: { ...globals.browser, ...globals.worker },
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      globals: globals.browser,
      parserOptions: {
        projectService: true,
        extraFileExtensions: ['.svelte'],
        parser: tseslint.parser,
        svelteConfig,
      },
    },
  },
  {
    files: ['public/*.js', 'scripts/**', 'bench/**', 'e2e/**', '*.{js,ts}'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
  {
    files: ['src/**/*.{ts,svelte}'],
    ignores: ['src/gpu/**', '**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', doubleCast, navigatorGpu] },
  },
  {
    files: ['src/**/*.{ts,svelte}'],
    plugins: { project: { rules: { 'no-circles': noCircles } } },
    rules: { 'project/no-circles': 'error' },
  },
  ...engineRules,
  restrictFaces,
  ...mainRules,
);
