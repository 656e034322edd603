// Another program, as somebody would write it who is told by webhooks: it keeps what comes, and answers as it is asked to.
import { createServer, type IncomingHttpHeaders } from 'node:http';

export interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const ARRIVES_WITHIN_MS = 15_000;

export class Receiver {
  /** What the next requests are answered with. */
  status = 204;
  readonly requests: Request[] = [];
  private port = 0;
  private readonly server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      this.requests.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      response.writeHead(this.status, { 'content-type': 'text/plain' }).end(this.status === 204 ? '' : 'The bees are asleep.');
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The receiver has no port.');
    this.port = address.port;
  }

  async end(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks`;
  }

  /** The first request of this kind, once it is there. */
  async told(type: string): Promise<Request> {
    const deadline = Date.now() + ARRIVES_WITHIN_MS;
    for (;;) {
      const found = this.requests.find(({ body }) => (JSON.parse(body) as { type: string }).type === type);
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`No ${type} came within ${ARRIVES_WITHIN_MS} ms.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
