// A backup is worth what can be made of it: taken while people work, and restored into another database.
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { ROOT } from './support/database';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { Server, useServer } from './support/server';

const folder = mkdtempSync(join(tmpdir(), 'atlas9-backup-'));
const saved = join(folder, 'saved');
const server = useServer();
const restored = new Server({ fill: (url) => void backup(url, '--restore', saved) });

test.afterAll(async () => {
  await restored.end();
  rmSync(folder, { recursive: true, force: true });
});

function backup(url: string, ...args: string[]): string {
  const env = { ...process.env, DATABASE_URL: url, ATLAS9_BLOBS: join(folder, 'blobs') };
  return execFileSync('bin/backup', args, { cwd: ROOT, env, encoding: 'utf8', timeout: 60_000, stdio: 'pipe' });
}

test('what was saved is there again, byte for byte and for the same person, and what came later is not', async () => {
  const guest = new Guest(server);
  const { project, generation } = await guest.make(SYNTHESIZERS);
  const before = await guest.log(generation);
  const described = await guest.json(`/api/projects/${project}`);
  expect(backup(server.databaseUrl(), saved)).toContain('Database');
  const later = await guest.make('A bakery that delivers by bicycle');

  await restored.start();

  const again = new Guest(restored, guest.headers()['cookie']);
  expect(await again.json(`/api/projects/${project}`)).toEqual(described);
  expect((await again.log(generation)).bytes).toBe(before.bytes);
  expect((await again.ask(`/api/projects/${later.project}`)).status).toBe(404);
  // It goes on from there.
  await again.make('A library of seeds');
});

test('a backup is written over no other, restored into no database that holds something, and not when it was changed', () => {
  const fails = (...args: string[]) => {
    try {
      return backup(server.databaseUrl(), ...args);
    } catch (error) {
      return String((error as { stderr: string }).stderr);
    }
  };
  expect(fails(saved)).toContain('is there already');
  expect(fails('--restore', saved)).toContain('restore into an empty one');
  appendFileSync(join(saved, 'database.dump'), 'x');
  expect(fails('--restore', saved)).toContain('not as it was written');
});
