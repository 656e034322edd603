// Scratch databases beside the one that DATABASE_URL names.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The project's root, from which the program runs. */
export const ROOT = join(__dirname, '..', '..');

const PREFIX = 'atlas9_e2e';
let made = 0;

/** A variable of the environment, or what bin/services wrote down for it. */
export function service(variable: 'DATABASE_URL' | 'REDIS_URL'): string {
  const file = join(ROOT, '.local', 'services.env');
  const recorded = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const url = process.env[variable] || new RegExp(`^export ${variable}=(.*)$`, 'm').exec(recorded)?.[1];
  if (!url) throw new Error(`${variable} is not set and ${file} does not say it: run bin/services start.`);
  return url;
}

/** DATABASE_URL with another database's name. */
export function databaseUrl(name: string): string {
  const url = new URL(service('DATABASE_URL'));
  url.pathname = `/${name}`;
  return url.href;
}

/** REDIS_URL with a database of this worker's own, so that nobody's tries are counted as another's. */
export function redisUrl(): string {
  const url = new URL(service('REDIS_URL'));
  url.pathname = `/${1 + Number(process.env['TEST_PARALLEL_INDEX'] ?? 0)}`;
  return url.href;
}

/** Makes an empty database and returns its name, which tells to which run it belongs. */
export function createDatabase(): string {
  made += 1;
  const name = `${PREFIX}_${process.env['ATLAS9_E2E_RUN'] ?? '0'}_${process.pid}_${made}`;
  sql(`CREATE DATABASE ${name}`);
  return name;
}

export function dropDatabase(name: string): void {
  sql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

/** Drops what this run made, and what runs made that ended without cleaning up. */
export function dropLeftovers(): void {
  const names = sql(`SELECT datname FROM pg_database WHERE datname LIKE '${PREFIX}\\_%'`).split('\n');
  for (const name of names) {
    const run = new RegExp(`^${PREFIX}_(\\d+)_`).exec(name)?.[1];
    if (run && (run === process.env['ATLAS9_E2E_RUN'] || !isAlive(Number(run)))) dropDatabase(name);
  }
}

/** Runs a statement, on a scratch database when it is named, and returns the rows. */
export function sql(command: string, database = 'postgres'): string {
  const args = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set', 'ON_ERROR_STOP=1'];
  const all = [...args, '--dbname', databaseUrl(database), '--command', command];
  return execFileSync(psql(), all, {
    encoding: 'utf8',
    timeout: 20_000,
    env: { ...process.env, PGOPTIONS: '-c client_min_messages=warning' },
  });
}

/** Debian keeps PostgreSQL's programs out of PATH. */
function psql(): string {
  const folder = '/usr/lib/postgresql';
  const versions = existsSync(folder) ? readdirSync(folder).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions.map((version) => join(folder, version, 'bin', 'psql')).find(existsSync);
  return found ?? 'psql';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
