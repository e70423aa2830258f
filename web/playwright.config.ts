import { defineConfig } from '@playwright/test';

const patience = Number(process.env.CUMULO_TEST_PATIENCE ?? 1);

// Debian's Chromium against the built program: each worker starts its own (fixtures.ts). Other folders than e2e are run
// on demand: package.json has the commands.
export default defineConfig({
  testDir: process.env.CUMULO_PAGE_TESTS ?? 'e2e',
  timeout: 120_000 * patience,
  expect: { timeout: 15_000 * patience },
  workers: Number(process.env.CUMULO_TEST_JOBS ?? 2),
  fullyParallel: true,
  retries: process.env.CUMULO_TEST_AGAIN ? 1 : 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: process.env.CUMULO_PAGE_JUNIT ? [['line'], ['junit', { outputFile: process.env.CUMULO_PAGE_JUNIT }]] : 'line',
  outputDir: '../build/page-tests',
  use: {
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 860 },
    trace: 'off',
    // An element that never comes is named soon, with the line that waits for it.
    actionTimeout: 20_000 * patience,
    navigationTimeout: 30_000 * patience,
    launchOptions: {
      executablePath: process.env.CUMULO_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
});
