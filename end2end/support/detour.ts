// The way to a server, on which somebody stands who sees what goes by, and may hold it up.
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Site } from './server';

/** A request and how it was answered. */
export interface Passed {
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly status: number;
}

export interface DetourOptions {
  /** Told of every answer as it begins. */
  readonly seen?: (passed: Passed) => void;
  /** How long answers with a page are held up. */
  readonly pagesLaterMs?: number;
}

export class Detour implements Site {
  private readonly listener = createServer((asked, answer) => this.pass(asked, answer));

  constructor(
    private readonly site: Site,
    private readonly options: DetourOptions,
  ) {}

  url(path = '/'): string {
    const { port } = this.listener.address() as AddressInfo;
    return `http://127.0.0.1:${port}${path}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.listener.listen(0, '127.0.0.1', resolve));
  }

  end(): void {
    this.listener.closeAllConnections();
    this.listener.close();
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, url: path, headers } = asked;
    const body: Buffer[] = [];
    const onward = request(this.site.url(path), { method, headers, agent: false }, (answered) => {
      const status = answered.statusCode ?? 0;
      this.options.seen?.({ path, headers, body: Buffer.concat(body).toString(), status });
      void this.holdUp(answered).then(() => {
        answer.writeHead(status, answered.headers);
        answered.on('error', () => answer.destroy());
        answered.pipe(answer);
      });
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    asked.on('data', (part: Buffer) => body.push(part));
    asked.pipe(onward);
  }

  private async holdUp(answered: IncomingMessage): Promise<void> {
    const isPage = answered.headers['content-type']?.startsWith('text/html') ?? false;
    if (isPage && this.options.pagesLaterMs) await pause(this.options.pagesLaterMs);
  }
}
