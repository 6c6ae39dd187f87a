import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import type { Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';
import { assembly } from './assembly.ts';
import { contentSecurityPolicy } from './csp.ts';
import { demoFiles } from './demoFiles.ts';
import { chromiumArgs, findChromium } from './scripts/chromium.js';

const pwa = VitePWA({
  registerType: 'prompt',
  injectRegister: false,
  workbox: {
    // A page that was there before its service worker needs no network from then on either.
    clientsClaim: true,
    globPatterns: ['**/*.{js,css,html,svg,webmanifest,json,txt,wasm}'],
    // A demo's files are kept by src/library/demo when they are first used.
    globIgnores: ['demo/*/*/*'],
    maximumFileSizeToCacheInBytes: 32e6,
  },
  manifest: {
    name: 'Stitchwork',
    short_name: 'Stitchwork',
    description: 'Merge fine-tuned models in this browser tab',
    display: 'standalone',
    start_url: './',
    theme_color: '#3f45b8',
    background_color: '#fafafa',
    icons: [{ src: 'icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any maskable' }],
  },
});

/** The policy in the page itself, for hosts that send no headers of ours. */
const policy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
      injectTo: 'head-prepend',
    },
  ],
};

// Rolldown tells which plugins a build waited for; it always is these, and nothing is to be done about it.
const rolldownOptions = { checks: { bundlerTimings: false } };

const deep = process.env.DEEP === '1';

/** What a test in the browser meets late: bundled before, it reloads no page on the way. */
const lazyPackages = [
  '@huggingface/jinja',
  '@uwdata/flechette',
  'hyparquet-compressors',
  ...['column', 'metadata', 'rowgroup', 'utils'].map((part) => `hyparquet/src/${part}.js`),
];

export default defineConfig({
  base: './',
  plugins: [assembly(), svelte(), demoFiles(), policy, pwa],
  worker: { format: 'es', plugins: () => [assembly()], rolldownOptions },
  build: { target: 'es2023', chunkSizeWarningLimit: 1500, rolldownOptions },
  preview: {
    port: Number(process.env.PORT ?? 4173),
    strictPort: true,
    headers: { 'Content-Security-Policy': contentSecurityPolicy },
  },
  test: {
    provide: { deep },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['src/**/*.test.ts'], exclude: ['src/**/*.gpu.test.ts'] },
      },
      {
        extends: true,
        optimizeDeps: { include: lazyPackages },
        test: {
          name: 'gpu',
          include: ['src/**/*.gpu.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { executablePath: findChromium(), args: chromiumArgs },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        extends: true,
        test: {
          name: 'wgpu', // in Deno: see scripts/wgpu.js
          include: [
            'src/gpu/**/*.gpu.test.ts',
            'src/merge/goldens.gpu.test.ts',
            'src/localize/localize.gpu.test.ts',
          ],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
