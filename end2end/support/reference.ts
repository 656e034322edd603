// A page that no change of ours makes faster or slower: what a browser takes longer for it than on a quiet machine is the machine's doing.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ROOT } from './database';
import type { Site } from './server';

const FONTS = ['newsreader', 'inter'];
/** About as many rules and paragraphs as our pages have, of about as many bytes. */
const RULES = 700;
const PARAGRAPHS = 60;

const STYLE = [
  ...FONTS.map((name) => `@font-face { font-family: ${name}; src: url(/${name}.woff2) format("woff2"); font-display: swap; }`),
  'body { font: 1rem/1.5 inter, sans-serif; margin: 0 auto; max-width: 40rem; } h1 { font: 3rem/1.1 newsreader, serif; }',
  ...Array.from({ length: RULES }, (_, n) => `main .part-${n} > p:first-child { padding: ${n % 7}px; color: rgb(${n % 50} 20 20); }`),
].join('\n');

const PAGE = [
  '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
  '<title>Reference</title><link rel="stylesheet" href="/style.css">',
  ...FONTS.map((name) => `<link rel="preload" as="font" type="font/woff2" crossorigin="anonymous" href="/${name}.woff2">`),
  '</head><body><main><h1>A page that stays as it is</h1>',
  ...Array.from(
    { length: PARAGRAPHS },
    (_, n) => `<section class="part-${n}"><p>Part ${n} of a text that is here to be laid out and painted, and for nothing else.</p></section>`,
  ),
  '</main></body></html>',
].join('\n');

export class Reference implements Site {
  private readonly files = new Map<string, { readonly type: string; readonly body: string | Buffer }>([
    ['/', { type: 'text/html', body: PAGE }],
    ['/style.css', { type: 'text/css', body: STYLE }],
    ...FONTS.map(
      (name) => [`/${name}.woff2`, { type: 'font/woff2', body: readFileSync(join(ROOT, 'public', 'fonts', `${name}.woff2`)) }] as const,
    ),
  ]);

  private readonly listener = createServer((asked, answer) => {
    const file = this.files.get(asked.url ?? '');
    if (file) answer.writeHead(200, { 'content-type': file.type }).end(file.body);
    else answer.writeHead(404).end();
  });

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
