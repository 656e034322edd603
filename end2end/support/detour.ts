// The way to a server, on which somebody stands who sees what goes by, and may hold it up.
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { OwnSite } from './own-site';
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

export class Detour extends OwnSite {
  constructor(
    private readonly site: Site,
    private readonly options: DetourOptions,
  ) {
    super();
  }

  protected answer(asked: IncomingMessage, answer: ServerResponse): void {
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
