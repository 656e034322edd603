// What Lighthouse says of the page where everybody begins, of a project as others see it, and of the page with the most script. `bin/bench lighthouse`
// looks at every route.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { ROOT } from './support/database';
import { useServer } from './support/server';
import { tell } from './support/studio';

const server = useServer();

const RUNS = 3;
const LEAST = 95;
const ALL_RUNS_MS = 900_000;

// A recording would be measured with the page.
test.use({ trace: 'off', screenshot: 'off' });

test(`Lighthouse gives at least ${LEAST} in every category`, async ({}, { annotations }) => {
  test.setTimeout(ALL_RUNS_MS);
  const { code, text } = await lighthouse('/', '/p/{slug}', '/projects/{id}/edit');
  tell(annotations, 'Lighthouse', `\n${text}`);
  expect(code, text).toBe(0);
});

/** Has routes looked at; how that ended and what was said. */
async function lighthouse(...routes: readonly string[]): Promise<{ code: number | null; text: string }> {
  const options = ['--runs', String(RUNS), '--least', String(LEAST)];
  const script = join(ROOT, 'bench', 'lighthouse.mjs');
  const child = spawn(process.execPath, [script, server.url(), ...options, ...routes], { cwd: ROOT, timeout: ALL_RUNS_MS });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (text += part.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, text };
}
