import { defineConfig } from '@playwright/test';
import { chromiumArgs, findChromium } from './scripts/chromium.js';
import { findFirefox } from './scripts/firefox.js';

const port = Number(process.env.PORT ?? 4180);

const chromium = { launchOptions: { executablePath: findChromium(), args: chromiumArgs } };

export default defineConfig({
  timeout: 180_000,
  expect: { timeout: 20_000 },
  workers: 2,
  retries: 0,
  forbidOnly: true,
  reporter: [['list'], ['json', { outputFile: '.cache/e2e.json' }]],
  use: {
    baseURL: `http://localhost:${port}`,
    headless: true,
  },
  projects: [
    // What goes by the clock has the machine to itself.
    { name: 'first-load', testDir: 'e2e', testMatch: 'firstLoad.spec.ts', use: chromium },
    {
      name: 'chromium',
      testDir: 'e2e',
      testIgnore: [
        ...['firefox/**', 'firstLoad.spec.ts'],
        ...(process.env.DEEP === '1' ? [] : ['deep/**']),
      ],
      dependencies: ['first-load'],
      use: chromium,
    },
    {
      name: 'firefox',
      testDir: 'e2e/firefox',
      use: {
        browserName: 'firefox',
        channel: 'moz-firefox', // as it is shipped, by WebDriver BiDi
        launchOptions: { executablePath: findFirefox() },
      },
    },
  ],
  webServer: {
    command: `npx vite preview --port ${port} --strictPort`,
    port,
    reuseExistingServer: false,
  },
});
