// Every route as somebody with a slow phone meets it: browsers measure, the server keeps, and `atlas9 check speed` compares what it kept with the
// budgets of Leptos.toml. And that it would tell.
import { expect, test, type Browser } from '@playwright/test';
import { Detour } from './support/detour';
import { SYNTHESIZERS } from './support/directives';
import { Guest } from './support/guest';
import { Reference } from './support/reference';
import { routesWithBudgets } from './support/routes';
import { useServer, type Server, type Site } from './support/server';
import { makePublic } from './support/shelves';
import { firstPaint, visit } from './support/slow-phone';
import { tell } from './support/studio';

const server = useServer();
const slower = useServer();
const reference = new Reference();

/** Of each route as many visits, of which the middle one counts. */
const VISITS = 5;
/** How much worse than promised, in percent, a machine may be that is not ours alone. `bin/bench field` gives none. */
const ROOM = Number(process.env['ATLAS9_GATE_ROOM'] ?? 25);
/** When a page that never changes is painted on a machine that does nothing else, in milliseconds. On one that takes longer, all may take as much longer. */
const REFERENCE_MS = 480;
/** How often it is visited in the time of a visit to every route. */
const REFERENCES = 3;
/** Nothing may take more than twice as long as it was promised to. */
const MOST_ROOM = 100;
/** A figure that is over its budget is measured as often again, since most of what disturbs is the machine's. */
const TRIES = 3;
const WRITTEN_WITHIN_MS = 10_000;
const ALL_ROUTES_MS = 1_200_000;
const TWO_ROUTES_MS = 240_000;
/** What a change would add that nobody is to get past this gate with. */
const LATER_MS = 50;

// A recording would be measured with the page.
test.use({ trace: 'off', screenshot: 'off' });
test.beforeAll(() => reference.start());
test.afterAll(() => reference.end());

test('every route is as fast on a slow phone as it has to be', async ({ browser }, { annotations }) => {
  test.setTimeout(ALL_ROUTES_MS);
  const gate = await Gate.before(server, server);
  // The page of what is not there has no pattern to report under.
  const routes = routesWithBudgets().filter((route) => route !== '/nowhere');
  let { code, text, over } = await gate.look(browser, routes);
  tell(annotations, 'on a slow phone', `\n${text}`);
  for (let again = 1; again < TRIES && over.length > 0; again += 1) {
    ({ code, text, over } = await gate.look(browser, over));
    tell(annotations, 'once more', `\n${text}`);
  }
  expect(code, text).toBe(0);
});

test(`a server that is ${LATER_MS} ms later with its pages is over budget`, async ({
  browser,
}, { annotations }) => {
  test.setTimeout(TWO_ROUTES_MS);
  const routes = ['/', '/explore'];
  const detour = new Detour(slower, { pagesLaterMs: LATER_MS });
  await detour.start();
  try {
    const gate = await Gate.before(slower, detour);
    let { code, text, over } = await gate.look(browser, routes, () => ROOM);
    tell(annotations, `the gate, ${LATER_MS} ms later`, `\n${text}`);
    for (let again = 1; again < TRIES && text.includes('too few to say'); again += 1) {
      ({ code, text, over } = await gate.look(browser, routes, () => ROOM));
      tell(annotations, 'once more', `\n${text}`);
    }
    expect(code, text).toBe(1);
    expect(over, text).toEqual(routes);
    expect(text.match(/TTFB .* OVER/g), text).toHaveLength(routes.length);
  } finally {
    detour.end();
  }
});

/** What is seen of a server, by a way that may not be the shortest. */
class Gate {
  private readonly visits = new Map<string, number>();
  private readonly paints: number[] = [];

  private constructor(
    private readonly server: Server,
    private readonly way: Site,
    private readonly guest: Guest,
    private readonly names: Readonly<Record<string, string>>,
  ) {}

  /** With a project that is whole, to look at. */
  static async before(server: Server, way: Site): Promise<Gate> {
    const guest = new Guest(server);
    const { project } = await guest.make(SYNTHESIZERS);
    const slug = (await makePublic(guest, project)).split('/').at(-1) ?? '';
    return new Gate(server, way, guest, { id: project, slug });
  }

  /** Visits routes, one after the other and that again and again, so that a bad moment of the machine is shared by all; what the gate says, and of which
   * routes it says that they are over. */
  async look(
    browser: Browser,
    routes: readonly string[],
    room = () => this.room(),
  ): Promise<{ code: number | null; text: string; over: string[] }> {
    const between = Math.ceil(routes.length / REFERENCES);
    for (let round = 0; round < VISITS; round += 1) {
      for (const [number, route] of routes.entries()) {
        if (number % between === 0) this.paints.push(await firstPaint(browser, reference.url()));
        await visit(browser, this.way.url(this.address(route)), this.guest);
        this.visits.set(route, (this.visits.get(route) ?? 0) + 1);
      }
    }
    for (const route of routes) {
      await this.untilWritten(route);
    }
    const percent = room();
    const { code, text } = this.server.attempt(
      { ATLAS9_LOG: 'warn' },
      ...['check', 'speed', '--median', '--room', String(percent), '--samples', String(VISITS), '--site', this.server.url('')],
      ...routes,
    );
    // Now and then a browser does not tell of a touch, or is closed before it has told anything, and there is a sample too few.
    const isRed = (route: string) => (line: string) => line.startsWith(`${route} `) && / (OVER|too few to say)$/.test(line);
    const over = routes.filter((route) => text.split('\n').some(isRed(route)));
    const machine = `The reference was painted after ${Math.round(this.paint())} ms, of ${REFERENCE_MS} on a quiet machine: ${percent} % of room.`;
    return { code, text: `${text}${machine}\n`, over };
  }

  /** How much worse than promised a page may be here and now, in percent. */
  private room(): number {
    const slower = Math.max(1, this.paint() / REFERENCE_MS);
    return Math.min(MOST_ROOM, Math.round((1 + ROOM / 100) * slower * 100 - 100));
  }

  /** The median of what the reference took. */
  private paint(): number {
    const inOrder = [...this.paints].sort((one, other) => one - other);
    return inOrder[Math.floor(inOrder.length / 2)] ?? REFERENCE_MS;
  }

  private address(route: string): string {
    return route.replace(/\{(\w+)\}/g, (_, name: string) => this.names[name] ?? name);
  }

  /** Waits until all visits of a route are written down, or no more come. */
  private async untilWritten(route: string): Promise<void> {
    const until = Date.now() + WRITTEN_WITHIN_MS;
    let measured = await this.measured(route);
    while (measured < (this.visits.get(route) ?? 0) && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      measured = await this.measured(route);
    }
    this.visits.set(route, measured);
  }

  /** How many visits of a route have been written down. */
  private async measured(route: string): Promise<number> {
    interface Summary {
      readonly vitals: readonly { readonly name: string; readonly samples: number }[];
    }
    const { vitals } = await this.guest.json<Summary>(`/api/analytics/summary?days=1&route=${encodeURIComponent(route)}`);
    return vitals.find(({ name }) => name === 'LCP')?.samples ?? 0;
  }
}
