// A visitor as the API sees them: a cookie, and what they do with it.
import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserContext } from '@playwright/test';
import { parseEvents, type LoggedEvent } from './events';
import { request, type Answer, type Ask } from './http';
import type { Site } from './server';

export const COOKIE = 'atlas9_session';

export interface Started {
  readonly project: string;
  readonly generation: string;
}

export interface ProjectRow {
  readonly id: string;
  readonly directive: string;
  readonly status: string;
}

export interface ProjectPage {
  readonly items: readonly ProjectRow[];
  readonly next_cursor: string | null;
}

export interface Log {
  /** The bytes as they came. */
  readonly bytes: string;
  readonly events: readonly LoggedEvent[];
}

export class Guest {
  constructor(
    private readonly site: Site,
    private cookie = '',
  ) {}

  /** Whoever the browser is there. */
  static async of(site: Site, context: BrowserContext): Promise<Guest> {
    const cookie = (await context.cookies(site.url())).find(({ name }) => name === COOKIE);
    return new Guest(site, cookie ? `${COOKIE}=${cookie.value}` : '');
  }

  /** Makes the browser this guest's. */
  async enter(context: BrowserContext): Promise<void> {
    const value = this.cookie.slice(COOKIE.length + 1);
    await context.addCookies([{ name: COOKIE, value, url: this.site.url(), httpOnly: true, sameSite: 'Lax' }]);
  }

  /** What says in a request who asks. */
  headers(): Record<string, string> {
    return this.cookie ? { cookie: this.cookie } : {};
  }

  /** Sends a request as this guest; a cookie that comes back is kept. */
  async ask(path: string, ask: Ask = {}): Promise<Answer> {
    const answer = await request(this.site.url(path), { ...ask, headers: { ...this.headers(), ...ask.headers } });
    const set = answer.headers['set-cookie']?.find((line) => line.startsWith(`${COOKIE}=`));
    if (set) this.cookie = set.split(';')[0] ?? '';
    return answer;
  }

  /** A page, asked for as a browser does. */
  page(path: string): Promise<Answer> {
    return this.ask(path, { headers: { accept: 'text/html' } });
  }

  post(path: string, body: unknown = {}): Promise<Answer> {
    return this.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async json<T>(path: string): Promise<T> {
    const answer = await this.ask(path);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text) as T;
  }

  /** Starts a project; waits for its turn when too many are under way. */
  async start(directive: string): Promise<Started> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const answer = await this.post('/api/projects', { directive });
      if (answer.status === 201) {
        const body = JSON.parse(answer.text) as { project_id: string; generation_id: string };
        return { project: body.project_id, generation: body.generation_id };
      }
      if (answer.status !== 429 || Date.now() > deadline) throw new Error(`${answer.status}: ${answer.text}`);
      await this.untilSomethingEnds(deadline);
    }
  }

  /** Starts a project and waits until it is made. */
  async make(directive: string): Promise<Started> {
    const started = await this.start(directive);
    await this.log(started.generation);
    return started;
  }

  list(query = ''): Promise<ProjectPage> {
    return this.json<ProjectPage>(`/api/projects${query}`);
  }

  /** The generation of a project's latest run. */
  async generationOf(project: string): Promise<string> {
    return (await this.json<{ generation_id: string }>(`/api/projects/${project}`)).generation_id;
  }

  /** Follows a generation to its end. `after` is the last event seen, as a browser says it when it comes back. */
  async log(generation: string, after?: number): Promise<Log> {
    const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': String(after) };
    const answer = await this.ask(`/api/generations/${generation}/events`, { headers, limitMs: 25_000 });
    if (answer.status !== 200) throw new Error(`The events answered ${answer.status}: ${answer.text}`);
    return { bytes: answer.text, events: parseEvents(answer.text) };
  }

  cancel(generation: string): Promise<Answer> {
    return this.post(`/api/generations/${generation}/cancellation`);
  }

  private async untilSomethingEnds(deadline: number): Promise<void> {
    const underWay = async () => {
      const { items } = await this.list('?limit=100');
      return items.filter(({ status }) => status === 'queued' || status === 'running').length;
    };
    while ((await underWay()) >= 5) {
      if (Date.now() > deadline) throw new Error('Five generations are under way and none ends.');
      await pause(10);
    }
  }
}
