// What makes pages heavier turns `atlas9 check budgets` red, before anybody has to notice.
import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { ROOT } from './support/database';
import { routesWithBudgets } from './support/routes';
import { useServer } from './support/server';
import { tell } from './support/studio';

const server = useServer();

const HEAVIER_BYTES = 5_000;

test('a style sheet that is 5 kB heavier turns every route red', ({}, { annotations }) => {
  const site = join(tmpdir(), `atlas9-heavier-${process.pid}`);
  try {
    cpSync(join(ROOT, 'target', 'site'), site, { recursive: true, dereference: true });
    addWeight(join(site, 'pkg'));
    const { code, text } = server.attempt({ ATLAS9_SITE: site, ATLAS9_LOG: 'warn' }, 'check', 'budgets');
    const over = text.split('\n').filter((line) => /^\/.* transfer .* OVER$/.test(line));
    tell(annotations, 'the gate, 5 kB heavier', `\n${over.join('\n')}`);
    expect(code, text).toBe(1);
    expect(over).toHaveLength(routesWithBudgets().length);
  } finally {
    rmSync(site, { recursive: true, force: true });
  }
});

/** Adds to the style sheet what no compression makes less. */
function addWeight(pkg: string): void {
  const sheet = readdirSync(pkg).find((name) => /^atlas9\.[\w-]+\.css$/.test(name));
  if (!sheet) throw new Error(`There is no style sheet in ${pkg}.`);
  // Four letters say what three bytes do, and compress to them again.
  const weight = randomBytes(HEAVIER_BYTES).toString('base64');
  const css = Buffer.concat([readFileSync(join(pkg, sheet)), Buffer.from(`/*${weight}*/`)]);
  writeFileSync(join(pkg, sheet), css);
  writeFileSync(join(pkg, `${sheet}.br`), brotliCompressSync(css));
  writeFileSync(join(pkg, `${sheet}.gz`), gzipSync(css));
}
