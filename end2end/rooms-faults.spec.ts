// Whatever breaks while people talk: servers, networks, Redis, and those who do not keep to what was agreed. Nothing is missed, and nobody else suffers.
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { request } from './support/http';
import { Redis } from './support/redis';
import { Talker, inRoom, type Entered } from './support/room';
import { Server } from './support/server';
import { Wire } from './support/wire';

/** Somebody that `atlas9 seed rooms` made up. */
interface Seeded {
  readonly room: string;
  readonly token: string;
}

/** What is between the client and its server; of socket.io's client, which does not tell of it. */
interface Line {
  readonly ws: { pause(): void; send(text: string | Buffer): void };
}

let server: Server;

test.beforeAll(async () => {
  server = new Server({});
  await server.start();
});

test.afterAll(() => server.end());

function seeded(of: Server, users: number): Seeded[] {
  const made = of.run('seed', 'rooms', '--users', String(users), '--rooms', '1').trim().split('\n');
  return made.map((line) => JSON.parse(line) as Seeded);
}

function talker(site: { url(path?: string): string }, { room, token }: Seeded, options: Record<string, unknown> = {}): Talker {
  return new Talker(site, room, { auth: { token }, ...options });
}

async function inside(...talkers: Talker[]): Promise<void> {
  for (const talker of talkers) await inRoom(talker);
}

function lineOf(talker: Talker): Line {
  return (talker.socket.io.engine as unknown as { transport: Line }).transport;
}

const bodies = (talker: Talker): (string | undefined)[] => talker.entries.map(({ data }) => data.body);

test('everybody who asks in the moment in which they are let in is answered', async () => {
  const people = seeded(server, 150);
  // Nobody asks twice: whoever is not answered is never in.
  const talkers = people.map((person) => talker(server, person, { ackTimeout: 30_000 }));
  await Promise.all(talkers.map((talker) => expect.poll(() => talker.isIn, { timeout: 20_000 }).toBe(true)));
  talkers.forEach((talker) => talker.end());
});

test('a server that is asked to end tells everybody, they come back by themselves, and nothing is missed', async () => {
  const [one, two] = seeded(server, 2).map((person) => talker(server, person));
  await inside(one!, two!);
  await one!.say('before');
  expect(await server.stop()).toBe(0);
  await expect.poll(() => two!.told).toContainEqual({ event: 'out', data: { reason: 'restarting' } });
  const during = one!.say('meanwhile');
  await server.restart();
  await during;
  await two!.say('after');
  await expect.poll(() => bodies(one!)).toEqual(['before', 'meanwhile', 'after']);
  await expect.poll(() => bodies(two!)).toEqual(['before', 'meanwhile', 'after']);
  expect([one!.reloads, two!.reloads]).toEqual([0, 0]);
  one!.end();
  two!.end();
});

test('whoever reads nothing is let go, and the others hear everything', async () => {
  test.setTimeout(90_000);
  const [calm, slow] = seeded(server, 2).map((person) => talker(server, person));
  await inside(calm!, slow!);
  await expect.poll(() => calm!.told.filter(({ event }) => event === 'presence').length).toBeGreaterThan(0);
  const memory = async () => {
    const { text } = await request(server.url('/metrics'));
    return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]) / 2 ** 20;
  };
  const before = await memory();
  lineOf(slow!).ws.pause();
  // Thirty megabytes, in entries as large as they come: more than the buffers of a connection hold.
  const html = 'x'.repeat(50_000);
  const data = `'{"kind":"edited","data":{"id":"' || gen_random_uuid() || '","body":"","html":"${html}","at":"2026-01-01T00:00:00Z"}}'`;
  for (let batch = 0; batch < 6; batch += 1) {
    server.sql(`with at as (update rooms set last_offset = last_offset + 100 where id = '${calm!.room}' returning last_offset)
      insert into room_log (room_id, "offset", kind, data, created_at)
      select '${calm!.room}', last_offset - 100 + n, 'edited', ${data}, now() from at, generate_series(1, 100) n`);
    await expect.poll(() => calm!.entries.length, { timeout: 15_000 }).toBe(100 * (batch + 1));
  }
  const gone = () => calm!.told.some(({ event, data }) => event === 'presence' && !(data as { is_here: boolean }).is_here);
  await expect.poll(gone, { timeout: 60_000 }).toBe(true);
  expect((await memory()) - before, 'what waits for whoever does not read is bounded').toBeLessThan(64);
  expect(await calm!.say('All is well')).toMatchObject({ ok: {} });
  calm!.end();
  slow!.end();
});

test('a network that is gone for a minute: whoever is behind it is gone too, comes back, and missed nothing', async () => {
  test.setTimeout(150_000);
  const [near, far] = seeded(server, 2);
  await Wire.to(server, async (wire) => {
    const here = talker(server, near!);
    await inside(here);
    const there = talker(wire, far!);
    await inside(there);
    await there.say('before');
    wire.hold();
    const lost = there.say('into the void', 'lost-and-found');
    const began = performance.now();
    const isGone = () => here.told.some(({ event, data }) => event === 'presence' && !(data as { is_here: boolean }).is_here);
    for (let n = 0; n < 12; n += 1) {
      await here.say(`meanwhile ${n}`);
      await pause(4_500);
    }
    await expect.poll(isGone).toBe(true);
    await pause(Math.max(0, 60_000 - (performance.now() - began)));
    wire.mend();
    await lost;
    await here.say('after');
    const all = ['before', ...Array.from({ length: 12 }, (_, n) => `meanwhile ${n}`), 'into the void', 'after'];
    await expect.poll(() => bodies(there), { timeout: 20_000 }).toEqual(all);
    await expect.poll(() => bodies(here)).toEqual(all);
    expect([here.reloads, there.reloads]).toEqual([0, 0]);
    here.end();
    there.end();
  });
});

test('Redis is killed and started anew in mid-conversation: everybody on two instances hears everything, in one order', async () => {
  test.setTimeout(60_000);
  const redis = new Redis();
  await redis.start();
  const left = new Server({ redisUrl: redis.url() });
  const other = new Server({ redisUrl: redis.url(), besides: left });
  try {
    await left.start();
    await other.start();
    const [one, two] = seeded(left, 2);
    const [here, there] = [talker(left, one!), talker(other, two!)];
    await inside(here, there);
    const talk = async (talker: Talker, name: string) => {
      for (let n = 0; n < 20; n += 1) {
        await talker.say(`${name} ${n}`);
        await pause(100);
      }
    };
    const talking = Promise.all([talk(here, 'here'), talk(there, 'there')]);
    await pause(500);
    await redis.kill();
    await pause(700);
    await redis.start();
    await talking;
    await expect.poll(() => [here.entries.length, there.entries.length], { timeout: 15_000 }).toEqual([40, 40]);
    expect(here.entries).toEqual(there.entries);
    for (const name of ['here', 'there'])
      expect(bodies(here).filter((body) => body?.startsWith(`${name} `))).toEqual(Array.from({ length: 20 }, (_, n) => `${name} ${n}`));
    // What stands in no log is told again as well, once there is a Redis.
    const present = async () => {
      const entered = await here.ask<Entered>('enter', { room: one!.room });
      return 'ok' in entered ? entered.ok.here.length : 0;
    };
    await expect.poll(present, { timeout: 15_000 }).toBe(2);
    here.end();
    there.end();
  } finally {
    await other.end();
    await left.end();
    await redis.kill();
  }
});

test('packets that are none end the connection of whoever sends them, and nothing else', async () => {
  const [calm, ...wild] = seeded(server, 8).map((person) => talker(server, person, { reconnection: false, ackTimeout: 15_000 }));
  await inside(calm!, ...wild);
  const nonsense = ['nonsense', '4', '49', '42/rooms,', '42/rooms,["say"', '42/rooms,7[{}]', Buffer.from([1, 2, 3])];
  wild.forEach((talker, n) => lineOf(talker).ws.send(nonsense[n]!));
  await pause(500);
  expect(await calm!.say('All is well')).toMatchObject({ ok: {} });
  for (const [n, talker] of wild.entries()) {
    if (!talker.socket.connected) continue;
    const asked = { room: talker.room, client_id: randomUUID(), body: `still here ${n}` };
    const answered = await talker.ask('say', asked).catch(() => undefined);
    // It may have been ended only now.
    if (talker.socket.connected) expect(answered).toMatchObject({ ok: {} });
  }
  [calm!, ...wild].forEach((talker) => talker.end());
});

for (const transport of ['websocket', 'polling'])
  test(`the official client of another language talks with the one of JavaScript, by ${transport}`, async () => {
    const [one, two] = seeded(server, 2);
    const script = talker(server, one!);
    await inside(script);
    const python = process.env['ATLAS9_PYTHON'] || join(process.env['HOME'] ?? '', '.cache/atlas9/tools/python/bin/python3');
    execFileSync(python, ['-c', 'import socketio'], { timeout: 20_000 });
    const child = spawn(python, [join(__dirname, 'clients/talk.py'), server.url('/'), two!.room, two!.token, transport]);
    const [heard, ended] = [[] as string[], new Promise<number | null>((resolve) => child.once('exit', resolve))];
    let errors = '';
    child.stderr.on('data', (text) => (errors += String(text)));
    createInterface({ input: child.stdout }).on('line', (line) => heard.push(line));
    await expect.poll(() => heard[0] ?? errors, { timeout: 15_000 }).toBe('in');
    await script.say('From a browser, *perhaps*');
    await expect.poll(() => heard.length).toBe(2);
    child.stdin.end('From a snake\nAnd again\n');
    expect(await ended, errors).toBe(0);
    await expect.poll(() => bodies(script)).toEqual(['From a browser, *perhaps*', 'From a snake', 'And again']);
    const entries = heard.slice(1).map((line) => JSON.parse(line) as { offset: number });
    expect(entries).toEqual(script.entries.slice(0, entries.length));
    script.end();
  });
