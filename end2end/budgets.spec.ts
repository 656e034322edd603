// What a real browser transfers for each route: `atlas9 check budgets` weighs files, this looks at the wire.
import { expect, test, type Browser } from '@playwright/test';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { useServer } from './support/server';
import { tell } from './support/studio';

const server = useServer();
const paced = useServer({ paceMs: 200 });

/** Kinds of what is transferred, as columns. */
const KINDS = ['Document', 'Stylesheet', 'Font', 'Script', 'Wasm', 'Image', 'EventSource', 'Other'] as const;
/** The reporter, compressed, with its headers. */
const REPORTER_MAX = 5_000;
type Kind = (typeof KINDS)[number];

interface Load {
  readonly addresses: readonly string[];
  readonly bytes: Readonly<Record<Kind, number>>;
}

test('pages transfer little, and only an editor more script than the reporter', async ({ browser }, { annotations }) => {
  const guest = new Guest(server);
  const { project } = await guest.make(SYNTHESIZERS);
  const worker = new Guest(paced);
  const running = await worker.start(SYNTHESIZERS);
  const rows: Record<string, Load> = {
    'editor at work': await load(browser, worker, paced.url(`/projects/${running.project}/edit`)),
    '/': await load(browser, guest, server.url('/')),
    '/projects': await load(browser, guest, server.url('/projects')),
    '/projects/{id}': await load(browser, guest, server.url(`/projects/${project}`)),
    '/projects/{id}/edit': await load(browser, guest, server.url(`/projects/${project}/edit`)),
    '/nowhere': await load(browser, guest, server.url('/nowhere')),
  };
  await worker.cancel(running.generation);
  tell(annotations, 'bytes transferred', `\n${table(rows)}`);

  for (const [route, { bytes, addresses }] of Object.entries(rows)) {
    const script = bytes.Script + bytes.Wasm;
    if (route === 'editor at work' || route === '/projects/{id}/edit') {
      expect(script, 'an editor loads its script').toBeGreaterThan(0);
      expect(script, `script of ${route}`).toBeLessThan(100_000);
    } else {
      expect(script, `script of ${route}`).toBeLessThan(REPORTER_MAX);
    }
    expect(bytes.Stylesheet, `style of ${route}`).toBeLessThan(50_000);
    expect(bytes.Font, `fonts of ${route}`).toBeLessThan(100_000);
    expect(addresses.length, `requests of ${route}: ${addresses.join(' ')}`).toBeLessThanOrEqual(12);
    expect(addresses, `${route} asks for nothing twice`).toEqual([...new Set(addresses)]);
  }
});

test('built files are compressed on their way', async () => {
  const guest = new Guest(paced);
  const { project, generation } = await guest.start(SYNTHESIZERS);
  const { text } = await guest.page(`/projects/${project}/edit`);
  await guest.cancel(generation);
  const files = [...new Set([...text.matchAll(/\/pkg\/[\w.-]+\.(?:css|js|wasm)/g)].map(([path]) => path))];
  expect(files).toHaveLength(4);
  for (const path of [...files, '/islands.js', '/sw.js', '/icon.svg']) {
    for (const encoding of ['br', 'gzip']) {
      const answer = await guest.ask(path, { headers: { 'accept-encoding': encoding } });
      expect(answer.headers['content-encoding'], path).toBe(encoding);
    }
    expect((await guest.ask(path)).headers['content-encoding'], path).toBeUndefined();
  }
});

/** Loads a page into a fresh browser profile and adds up what came over the wire until the page had loaded. */
async function load(browser: Browser, guest: Guest, url: string): Promise<Load> {
  const context = await browser.newContext();
  try {
    await guest.enter(context);
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    const kinds = new Map<string, Kind>();
    const sizes = new Map<string, number>();
    const addresses: string[] = [];
    session.on('Network.responseReceived', ({ requestId, type, response }) => {
      kinds.set(requestId, kindOf(type, response.mimeType));
      addresses.push(new URL(response.url).pathname);
    });
    session.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
      sizes.set(requestId, (sizes.get(requestId) ?? 0) + encodedDataLength);
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
      sizes.set(requestId, encodedDataLength),
    );
    await session.send('Network.enable');
    await page.goto(url, { waitUntil: 'load' });
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    if (await page.locator('[data-state="running"]').count()) {
      await expect.poll(() => [...kinds.values()].includes('Wasm')).toBe(true);
      await expect
        .poll(() =>
          page.evaluate(() => performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('.wasm'))),
        )
        .toBe(true);
    }
    const bytes = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
    for (const [request, size] of sizes) bytes[kinds.get(request) ?? 'Other'] += size;
    return { addresses, bytes };
  } finally {
    await context.close();
  }
}

function kindOf(type: string, mimeType: string): Kind {
  if (mimeType === 'application/wasm') return 'Wasm';
  if (mimeType.startsWith('image/')) return 'Image';
  return KINDS.find((kind) => kind === type) ?? 'Other';
}

function table(rows: Readonly<Record<string, Load>>): string {
  const line = (name: string, cells: readonly (string | number)[]) =>
    `      ${name.padEnd(20)}${cells.map((cell) => String(cell).padStart(12)).join('')}`;
  const head = line('route', ['requests', ...KINDS]);
  const body = Object.entries(rows).map(([route, { addresses, bytes }]) =>
    line(route, [addresses.length, ...KINDS.map((kind) => bytes[kind])]),
  );
  return [head, ...body].join('\n');
}
