// A Redis of a test's own, which may be killed.
import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './server';

export class Redis {
  private port = 0;
  private child: ChildProcess | undefined;

  url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** Starts it, empty; again on the same port. */
  async start(): Promise<void> {
    this.port ||= await freePort();
    this.child = spawn('redis-server', ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore' });
    for (let tries = 0; tries < 200; tries += 1) {
      if (await this.answers()) return;
      await pause(25);
    }
    throw new Error('Redis did not come up within five seconds.');
  }

  /** Ends it as a crash would, with everything that it knew. */
  async kill(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write('PING\r\n'));
      socket.setTimeout(500, () => socket.destroy());
      socket.on('data', (answer) => {
        resolve(String(answer).startsWith('+PONG'));
        socket.destroy();
      });
      socket.on('error', () => resolve(false));
      socket.on('close', () => resolve(false));
    });
  }
}
