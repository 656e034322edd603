// A site of the tests' own, at an address that is free.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Site } from './server';

export abstract class OwnSite implements Site {
  private readonly listener = createServer((asked, answer) => this.answer(asked, answer));

  protected abstract answer(asked: IncomingMessage, answer: ServerResponse): void;

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
}
