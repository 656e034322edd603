// The network between two programs, which a test can cut. A browser that is told to be offline keeps the streams it has;
// real networks do not.
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from 'node:net';
import type { Site } from './server';

export class Wire implements Site {
  private listener: Listener | undefined;
  private readonly sockets = new Set<Socket>();
  private isCut = false;
  private isHeld = false;
  /** Lets what both sides of a connection say go by. */
  private readonly pairs = new Set<() => void>();

  constructor(private readonly site: Site) {}

  /** Runs a test's part over a wire of its own. */
  static async to(site: Site, part: (wire: Wire) => Promise<void>): Promise<void> {
    const wire = new Wire(site);
    await wire.open();
    try {
      await part(wire);
    } finally {
      wire.close();
    }
  }

  url(path = '/'): string {
    const { port } = this.listener?.address() as AddressInfo;
    return `http://127.0.0.1:${port}${path}`;
  }

  /** Everything under way breaks off, and nothing new gets through. */
  cut(): void {
    this.isCut = true;
    this.sockets.forEach((socket) => socket.resetAndDestroy());
  }

  /** Nothing gets through any more, and nobody is told: what a network looks like that is gone. */
  hold(): void {
    this.isHeld = true;
    this.sockets.forEach((socket) => socket.unpipe().pause());
  }

  mend(): void {
    this.isCut = false;
    if (this.isHeld) this.pairs.forEach((goOn) => goOn());
    this.isHeld = false;
  }

  private open(): Promise<void> {
    const { hostname, port } = new URL(this.site.url());
    this.listener = createServer((near) => {
      if (this.isCut) {
        near.resetAndDestroy();
        return;
      }
      const far = connect(Number(port), hostname);
      const goOn = () => void near.pipe(far).pipe(near);
      this.pairs.add(goOn);
      near.on('close', () => this.pairs.delete(goOn));
      if (!this.isHeld) goOn();
      for (const [one, another] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(one);
        one.on('error', () => another.destroy());
        one.on('close', () => {
          this.sockets.delete(one);
          another.destroy();
        });
      }
    });
    return new Promise((resolve) => this.listener?.listen(0, '127.0.0.1', resolve));
  }

  private close(): void {
    this.listener?.close();
    this.sockets.forEach((socket) => socket.destroy());
  }
}
