// nginx in front of several instances, as docs/operations/deployment puts it there.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ROOT } from './database';
import { request } from './http';
import { freePort, type Server, type Site } from './server';

const CONFIGURATION = join(ROOT, 'docs', 'operations', 'deployment', 'nginx.conf');

export class Balancer implements Site {
  private child: ChildProcess | undefined;
  private port = 0;
  private readonly folder = mkdtempSync(join(tmpdir(), 'atlas9-nginx-'));

  constructor(private readonly servers: readonly Server[]) {}

  url(path = '/'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async start(): Promise<void> {
    this.port = await freePort();
    const places = this.servers.map((server, place) => [`127.0.0.1:${3001 + place}`, new URL(server.url()).host] as const);
    const substituted = [['127.0.0.1:8080', `127.0.0.1:${this.port}`] as const, ...places];
    let text = readFileSync(CONFIGURATION, 'utf8');
    for (const [placeholder, place] of substituted) {
      if (!text.includes(placeholder)) throw new Error(`${CONFIGURATION} does not say ${placeholder}.`);
      text = text.replaceAll(placeholder, place);
    }
    const file = join(this.folder, 'nginx.conf');
    writeFileSync(file, text);
    const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
    const args = ['-p', this.folder, '-c', file, '-g', 'daemon off;'];
    this.child = spawn('nginx', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    for (let attempt = 0; attempt < 100; attempt += 1) {
      if ((await request(this.url('/api/ready')).catch(() => undefined))?.status === 200) return;
      await pause(50);
    }
    throw new Error('nginx did not come up.');
  }

  async end(): Promise<void> {
    const child = this.child;
    if (child && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGQUIT');
      await Promise.race([ended, pause(3_000).then(() => child.kill('SIGKILL'))]);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
