import { defineConfig } from '@playwright/test';

// Names the databases of this run; worker processes inherit it.
process.env['ATLAS9_E2E_RUN'] ??= String(process.pid);

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** These measure time, or ask for all that the machine has: nothing else of ours runs beside them. */
const ALONE = /\b(burst|gate|lighthouse|main-job|no-script|stop)\.spec\.ts$/;

export default defineConfig({
  testDir: '.',
  outputDir: 'test-results',
  globalSetup: './support/leftovers.ts',
  globalTeardown: './support/leftovers.ts',
  projects: [
    { name: 'beside', testIgnore: ALONE },
    { name: 'alone', testMatch: ALONE },
  ],
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 30_000,
  globalTimeout: 40 * 60_000,
  expect: {
    timeout: 10_000,
    // Text is drawn a little differently by every version of the browser; what moves or changes colour differs by more.
    toHaveScreenshot: { animations: 'disabled', maxDiffPixelRatio: 0.02 },
  },
  // A picture that is missing is a failure; new ones are made on purpose, with --update-snapshots=all.
  updateSnapshots: 'none',
  snapshotPathTemplate: '{testDir}/screens/{arg}{ext}',
  reporter: process.env['CI'] ? 'dot' : 'list',
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: process.env['ATLAS9_CHROMIUM'] || '/usr/bin/chromium', args },
    // What a worker keeps would come between a test and the server.
    serviceWorkers: 'block',
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
  },
});
