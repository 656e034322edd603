// A page that no change of ours makes faster or slower: what a browser takes longer for it than on a quiet machine is the machine's doing.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { ROOT } from './database';
import { OwnSite } from './own-site';

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

export class Reference extends OwnSite {
  private readonly files = new Map<string, { readonly type: string; readonly body: string | Buffer }>([
    ['/', { type: 'text/html', body: PAGE }],
    ['/style.css', { type: 'text/css', body: STYLE }],
    ...FONTS.map(
      (name) => [`/${name}.woff2`, { type: 'font/woff2', body: readFileSync(join(ROOT, 'public', 'fonts', `${name}.woff2`)) }] as const,
    ),
  ]);

  protected answer(asked: IncomingMessage, answer: ServerResponse): void {
    const file = this.files.get(asked.url ?? '');
    if (file) answer.writeHead(200, { 'content-type': file.type }).end(file.body);
    else answer.writeHead(404).end();
  }
}
