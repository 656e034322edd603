// Real `atlas9 serve` processes, each on a port and database of its own.
import { spawn, spawnSync, type ChildProcess, execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from '@playwright/test';
import { ROOT, createDatabase, databaseUrl, dropDatabase, redisUrl, sql } from './database';
import { request } from './http';

const PROGRAM = join(ROOT, 'target', 'release', 'atlas9');
const LOGS = join(__dirname, '..', 'test-results', 'servers');
const READY_WITHIN_MS = 15_000;
/** The program promises to end within ten seconds. */
const STOPS_WITHIN_MS = 11_000;

export interface ServerOptions {
  /** Pause between the composer's pieces, in milliseconds. */
  readonly paceMs?: number;
  /** How long a worker may be silent before another takes over. */
  readonly leaseSeconds?: number;
  /** Another instance over the same database. */
  readonly besides?: Server;
  /** Further variables. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Fills its database before the program sees it. */
  readonly fill?: (url: string) => void;
  /** Where Redis is said to be; where it is, unless told. */
  readonly redisUrl?: string;
  /** Where mail goes, asked for when the server starts; into the log's folder, unless told. */
  readonly smtpUrl?: () => string;
  /** Networks that webhooks may lead to although they are not public; none, unless told. */
  readonly webhooksAllow?: string;
  /** Whether /styleguide is served. */
  readonly styleguide?: boolean;
}

/** Where pages and routes are reached. */
export interface Site {
  url(path?: string): string;
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A server for all tests of a file, started before the first and ended after the last. */
export function useServer(options: ServerOptions = {}): Server {
  const server = new Server(options);
  test.beforeAll(() => server.start());
  test.afterAll(() => server.end());
  return server;
}

export class Server implements Site {
  private port = 0;
  private child: ChildProcess | undefined;
  private database = '';
  private log = '';

  constructor(private readonly options: ServerOptions) {}

  /** The address of a page or route. */
  url(path = '/'): string {
    if (this.port === 0) throw new Error('The server has not been started.');
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async start(): Promise<void> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: run bin/build.`);
    this.database = this.options.besides?.database ?? createDatabase();
    this.options.fill?.(databaseUrl(this.database));
    if (!this.options.besides) {
      execFileSync(PROGRAM, ['migrate'], { cwd: ROOT, env: this.environment(), timeout: 60_000, stdio: 'pipe' });
    }
    this.port = await freePort();
    mkdirSync(LOGS, { recursive: true });
    this.log = join(LOGS, `${this.database}-${this.port}.log`);
    await this.launch();
  }

  /** Runs another command of the program on its database, and returns what that says. */
  run(...command: string[]): string {
    const options = { cwd: ROOT, env: this.environment(), timeout: 20_000, encoding: 'utf8', stdio: 'pipe' } as const;
    return execFileSync(PROGRAM, command, options);
  }

  /** Runs a command that may fail, with further variables; its exit code and what it says. */
  attempt(variables: Readonly<Record<string, string>>, ...command: string[]): { code: number | null; text: string } {
    const env = { ...this.environment(), ...variables };
    const { status, stdout, stderr } = spawnSync(PROGRAM, command, { cwd: ROOT, env, timeout: 60_000, encoding: 'utf8' });
    return { code: status, text: stdout || stderr };
  }

  /** The address of its database. */
  databaseUrl(): string {
    return databaseUrl(this.database);
  }

  /** Runs a statement on its database, for what no page does. */
  sql(statement: string): string {
    return sql(statement, this.database).trim();
  }

  /** Ends it as a crash would: at once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.signal('SIGKILL');
  }

  /** Asks it to end, and returns its exit code. */
  async stop(): Promise<number | null> {
    return this.signal('SIGTERM');
  }

  /** Starts it again on the same port. */
  async restart(): Promise<void> {
    if (this.child) throw new Error('The server still runs.');
    await this.launch();
  }

  /** After the last test: no process and no database stays behind, and nothing panicked. */
  async end(): Promise<void> {
    await this.kill();
    if (!this.options.besides && this.database) dropDatabase(this.database);
    const panic = existsSync(this.log)
      ? /^.*panicked at.*(\n.*){0,3}/m.exec(readFileSync(this.log, 'utf8'))?.[0]
      : null;
    if (panic) throw new Error(`The server panicked; see ${this.log}.\n${panic}`);
  }

  private async launch(): Promise<void> {
    const log = openSync(this.log, 'a');
    const child = spawn(PROGRAM, ['serve'], { cwd: ROOT, env: this.environment(), stdio: ['ignore', log, log] });
    closeSync(log);
    running.add(child);
    this.child = child;
    child.once('exit', () => running.delete(child));
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await this.isReady())) {
      if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}:\n${this.lastWords()}`);
      if (Date.now() > deadline) throw new Error(`The server was not ready in time:\n${this.lastWords()}`);
      await pause(20);
    }
  }

  private async isReady(): Promise<boolean> {
    const answer = await request(this.url('/api/ready'), { limitMs: 2_000 }).catch(() => undefined);
    return answer?.status === 200;
  }

  private async signal(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const limit = new AbortController();
    const tooLate = pause(STOPS_WITHIN_MS, 'too late' as const, { signal: limit.signal }).catch(() => null);
    const code = await Promise.race([ended, tooLate]);
    limit.abort();
    if (code !== 'too late') return code;
    child.kill('SIGKILL');
    throw new Error(`The server did not end within ${STOPS_WITHIN_MS} ms of ${signal}:\n${this.lastWords()}`);
  }

  private lastWords(): string {
    const lines = readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-6);
    return [...lines.map((line) => line.slice(0, 240)), `The whole log is ${this.log}.`].join('\n');
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      DATABASE_URL: databaseUrl(this.database),
      DATABASE_POOL: '12',
      REDIS_URL: this.options.redisUrl ?? redisUrl(),
      ATLAS9_ADDR: `127.0.0.1:${this.port}`,
      ATLAS9_SECRET: 'end-to-end-tests-sign-with-this-key',
      ATLAS9_COMPOSER_PACE_MS: String(this.options.paceMs ?? 0),
      ATLAS9_LEASE_SECONDS: String(this.options.leaseSeconds ?? 15),
      ATLAS9_LOG: 'info,sqlx=warn',
      ATLAS9_URL: `http://127.0.0.1:${this.port}`,
      ATLAS9_MAIL_DIR: join(LOGS, 'mail'),
      ATLAS9_SMTP_URL: this.options.smtpUrl?.() ?? '',
      ATLAS9_WEBHOOKS_ALLOW: this.options.webhooksAllow ?? '',
      ATLAS9_CHECKS: 'false',
      ATLAS9_STYLEGUIDE: String(this.options.styleguide ?? false),
      ...this.options.variables,
    };
  }
}

/** Below the range from which the system picks ports for outgoing connections: still free after a restart. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
  throw new Error('No free port was found between 20000 and 29999.');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
