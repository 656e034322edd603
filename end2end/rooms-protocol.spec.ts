// What somebody meets at /socket.io/ who writes their own client: Engine.IO 4 and socket.io 5 packet by packet, as the public suites for servers look at
// them. Nothing here speaks for the test: what it sends is sent as it stands.
import { randomBytes, randomUUID } from 'node:crypto';
import { request as send } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { Guest } from './support/guest';
import { request, type Answer } from './support/http';
import type { Entered } from './support/room';
import { Server } from './support/server';

/** Somebody that `atlas9 seed rooms` made up. */
interface Seeded {
  readonly room: string;
  readonly token: string;
}

/** What a session is told first. */
interface Opened {
  readonly sid: string;
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxPayload: number;
}

type Query = Readonly<Record<string, string>>;

const PING_EVERY_MS = 25_000;
const PONG_WITHIN_MS = 20_000;
const CONNECT_WITHIN_MS = 10_000;
const PAYLOAD_MAX = 65_536;
/** How long is waited for what comes, and for what is known not to. */
const COMES_WITHIN_MS = 10_000;
const MISSING_AFTER_MS = 3_000;
/** A session that goes on may leave a poll waiting for longer. */
const OVER_WITHIN_MS = 5_000;
/** What went before may be seen so much too late on a machine that stands still, and what follows seems to come too soon. */
const LATE_MS = 5_000;
/** What is due may come so much later there. */
const GRACE_MS = 10_000;
const SEPARATOR = '\x1e';
const POLLING: Query = { EIO: '4', transport: 'polling' };
const WEBSOCKET: Query = { EIO: '4', transport: 'websocket' };
/** It looks like one, and is nobody's. */
const FORGED = 'AAAAAAAAAAAAAAHs';

let server: Server;
let people: readonly Seeded[];
/** Whether it is asked at once if somebody is there, and not only after as long as was told. */
let isAskedAtOnce: boolean;
let lines: Line[] = [];

function address(query: Query): string {
  return server.url(`/socket.io/?${new URLSearchParams(query).toString()}`);
}

/** A namespace that is not there: whoever asks for it is answered at once, which serves as an echo. */
function ask(name: string): string {
  return `40/${name},`;
}

function refused(name: string): string {
  return `44/${name},{"message":"Invalid namespace"}`;
}

/** A test that is to fail does so soon. */
function patience(): number {
  return test.info().expectedStatus === 'failed' ? MISSING_AFTER_MS : COMES_WITHIN_MS;
}

/** Until the server has taken in what was sent before, as it answers to what came after. */
async function takenIn(): Promise<void> {
  await request(server.url('/api/ready'));
  await pause(100);
}

const saidIn = (payload: string): string[] => (payload ? payload.split(SEPARATOR) : []);
/** Whether somebody is there is asked at any time. */
const isNoPing = (packet: string): boolean => packet !== '2';

/** A session that polls. */
class Polling {
  private constructor(readonly opened: Opened) {}

  static async open(): Promise<Polling> {
    const { status, text } = await request(address(POLLING));
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return new Polling(JSON.parse(text.slice(1)) as Opened);
  }

  /** A session to which everything was told that there is to tell: its next poll waits. */
  static async quiet(): Promise<Polling> {
    const session = await Polling.open();
    await session.send(ask('quiet'));
    const told: string[] = [];
    while (!told.includes(refused('quiet')) || (isAskedAtOnce && !told.includes('2'))) told.push(...saidIn((await session.poll()).text));
    return session;
  }

  query(query: Query = POLLING): Query {
    return { ...query, sid: this.opened.sid };
  }

  send(body: string | Buffer): Promise<Answer> {
    const headers = { 'content-type': 'text/plain;charset=UTF-8' };
    return request(address(this.query()), { method: 'POST', headers, body });
  }

  poll(limitMs = patience()): Promise<Answer> {
    return request(address(this.query()), { limitMs });
  }

  /** So many packets, in as many polls as they take. */
  async hear(count: number): Promise<string[]> {
    const heard: string[] = [];
    while (heard.length < count) {
      const { status, text } = await this.poll();
      if (status !== 200) throw new Error(`${status} after ${heard.length} packets: ${text}`);
      heard.push(...saidIn(text).filter(isNoPing));
    }
    return heard;
  }

  /** Whether it has ended; a session that goes on answers with a ping or leaves one waiting. */
  async isOver(): Promise<boolean> {
    const status = await this.poll(OVER_WITHIN_MS).then(
      (answer) => answer.status,
      () => 0,
    );
    return status === 400;
  }
}

/** A WebSocket. Frames are written and read here, so that nothing is answered unless the test does. */
class Line {
  /** When it was asked whether somebody is there, in milliseconds since it was opened. */
  readonly pings: number[] = [];
  overAt = 0;
  private readonly began = performance.now();
  private readonly waiting: string[] = [];
  private rest = Buffer.alloc(0);

  private constructor(
    private readonly socket: Duplex,
    private readonly pongs: boolean,
  ) {
    lines.push(this);
    socket.on('data', (bytes: Buffer) => this.read(bytes));
    socket.on('error', () => this.end());
    socket.on('close', () => this.end());
  }

  /** The status with which it is refused, or the line. */
  static try(query: Query, headers: Record<string, string> = {}, pongs = false): Promise<Line | number> {
    const key = randomBytes(16).toString('base64');
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key };
    return new Promise((resolve, reject) => {
      const outgoing = send(address(query), { agent: false, headers: { ...upgrade, ...headers } });
      outgoing.on('upgrade', (_, socket, head) => {
        const line = new Line(socket, pongs);
        line.read(head);
        resolve(line);
      });
      outgoing.on('response', (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode ?? 0);
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  static async on(query: Query, headers: Record<string, string> = {}, pongs = false): Promise<Line> {
    const line = await Line.try(query, headers, pongs);
    if (typeof line === 'number') throw new Error(`The WebSocket was refused with ${line}.`);
    return line;
  }

  /** A session of its own. */
  static async open(headers: Record<string, string> = {}, pongs = false): Promise<Line> {
    const line = await Line.on(WEBSOCKET, headers, pongs);
    expect(await line.next()).toMatch(/^0\{/);
    return line;
  }

  /** A session that is in the namespace of rooms. */
  static async inside(person: Seeded, pongs = false): Promise<Line> {
    const line = await Line.open({}, pongs);
    line.say(connecting(person));
    expect(await line.next()).toMatch(/^40\/rooms,\{"sid":/);
    return line;
  }

  /** Text as a packet, bytes as binary. */
  say(packet: string | Buffer): void {
    const payload = Buffer.from(packet);
    const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
    head[0] = typeof packet === 'string' ? 0x81 : 0x82;
    // A mask of zeros is a mask, and changes nothing.
    head[1] = 0x80 | (head.length === 2 ? payload.length : head.length === 4 ? 126 : 127);
    if (head.length === 4) head.writeUInt16BE(payload.length, 2);
    if (head.length === 10) head.writeBigUInt64BE(BigInt(payload.length), 2);
    this.socket.write(Buffer.concat([head, Buffer.alloc(4), payload]));
  }

  async next(withinMs = patience()): Promise<string> {
    const deadline = performance.now() + withinMs;
    while (this.waiting.length === 0) {
      if (this.overAt) throw new Error('The line was closed.');
      if (performance.now() > deadline) throw new Error(`Nothing was said within ${withinMs} ms.`);
      await pause(2);
    }
    return this.waiting.shift()!;
  }

  /** The next packet that begins like this, whatever is told before. */
  async find(beginning: string): Promise<string> {
    for (;;) {
      const packet = await this.next();
      if (packet.startsWith(beginning)) return packet;
    }
  }

  /** Asks with an event, and waits for the answer. */
  async answer<T>(id: number, event: string, asked: object): Promise<T> {
    this.say(`42/rooms,${id}${JSON.stringify([event, asked])}`);
    const [answer] = JSON.parse((await this.find(`43/rooms,${id}[`)).slice(`43/rooms,${id}`.length)) as [T];
    return answer;
  }

  /** Waits until the server closes it, and returns what was said before; a packet that says so is a matter of course. */
  async close(withinMs = patience()): Promise<string[]> {
    const deadline = performance.now() + withinMs;
    while (!this.overAt) {
      if (performance.now() > deadline) throw new Error(`The line was still open after ${withinMs} ms.`);
      await pause(2);
    }
    return this.waiting.filter((packet) => packet !== '1');
  }

  end(): void {
    this.overAt ||= performance.now() - this.began;
    this.socket.destroy();
  }

  private read(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    while (this.rest.length >= 2) {
      const short = this.rest[1]! & 0x7f;
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.rest.length < start) return;
      const length = short < 126 ? short : short === 126 ? this.rest.readUInt16BE(2) : Number(this.rest.readBigUInt64BE(2));
      if (this.rest.length < start + length) return;
      const [kind, text] = [this.rest[0]! & 0x0f, this.rest.toString('utf8', start, start + length)];
      this.rest = this.rest.subarray(start + length);
      if (kind === 8) this.end();
      else if (kind === 1 && text === '2') this.ping();
      else if (kind === 1 || kind === 2) this.waiting.push(kind === 1 ? text : `binary ${text}`);
    }
  }

  private ping(): void {
    this.pings.push(performance.now() - this.began);
    if (this.pongs) this.say('3');
  }
}

function connecting({ token }: Seeded): string {
  return `40/rooms,${JSON.stringify({ token })}`;
}

/** Moves a session from polling to a WebSocket. */
async function moveOver(session: Polling): Promise<Line> {
  const line = await Line.on(session.query(WEBSOCKET));
  line.say('2probe');
  expect(await line.next()).toBe('3probe');
  line.say('5');
  return line;
}

/** Somebody is still listened to, and still answered. */
async function expectServed(line: Line): Promise<void> {
  const name = randomUUID();
  line.say(ask(name));
  expect(await line.find('44/')).toBe(refused(name));
}

/** Which of these packets leave a connection open that each of them should close, without a word. */
async function survived(packets: readonly (string | Buffer)[], open: () => Promise<Line>): Promise<string[]> {
  const left = packets.map(async (packet) => {
    const line = await open();
    line.say(packet);
    const said = await line.close().catch(() => ['still open']);
    return said.length === 0 ? [] : [`${String(packet)}: ${said.join(' ')}`];
  });
  return (await Promise.all(left)).flat();
}

/** These take as long as the intervals that they are about: they begin first and are looked at last. */
interface Long {
  readonly answers: Line;
  readonly silent: Line;
  readonly neverConnects: Line;
  readonly polls: Polling;
  readonly pollPings: number[];
  readonly polling: Promise<void>;
  readonly silentPolling: Polling;
}

let long: Long;

async function begin(): Promise<Long> {
  const [one, two, three, four] = people;
  const [polls, silentPolling, pollPings] = [await Polling.open(), await Polling.open(), [] as number[]];
  for (const [session, person] of [
    [polls, three!],
    [silentPolling, four!],
  ] as const) {
    await session.send(connecting(person));
    expect((await session.hear(1))[0]).toMatch(/^40\/rooms,\{"sid":/);
  }
  // The first ping may have come with what was heard already.
  await polls.send('3');
  const began = performance.now();
  const polling = (async () => {
    while (!pollPings.some((at) => at > PING_EVERY_MS - LATE_MS)) {
      const { text } = await polls.poll(PING_EVERY_MS + GRACE_MS);
      if (!saidIn(text).includes('2')) continue;
      pollPings.push(performance.now() - began);
      await polls.send('3');
    }
  })();
  // Whoever looks at it later is told.
  polling.catch(() => undefined);
  const [answers, silent] = [await Line.inside(one!, true), await Line.inside(two!)];
  const neverConnects = await Line.open({}, true);
  return { answers, silent, neverConnects, polls, pollPings, polling, silentPolling };
}

test.beforeAll(async () => {
  server = new Server({});
  await server.start();
  const made = server.run('seed', 'rooms', '--users', '13', '--rooms', '1').trim().split('\n');
  people = made.map((line) => JSON.parse(line) as Seeded);
  long = await begin();
  lines = [];
  await pause(1_000);
  await expectServed(long.answers);
  isAskedAtOnce = long.answers.pings.length > 0;
});

test.afterEach(() => {
  lines.forEach((line) => line.end());
  lines = [];
});

test.afterAll(() => server.end());

test.describe('a session is opened', () => {
  test('whoever polls is told the number of the session, that a WebSocket may follow, and all limits', async () => {
    const { status, headers, text } = await request(address(POLLING));
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain; ?charset=utf-8$/i);
    expect(text).toMatch(/^0\{/);
    const opened = JSON.parse(text.slice(1)) as Opened;
    const limits = { pingInterval: PING_EVERY_MS, pingTimeout: PONG_WITHIN_MS, maxPayload: PAYLOAD_MAX };
    expect(opened).toEqual({ sid: expect.any(String), upgrades: ['websocket'], ...limits });
    expect((await Polling.open()).opened.sid, 'every session has its own').not.toBe(opened.sid);
  });

  test('whoever opens a WebSocket is told the same, and that there is nothing better', async () => {
    const line = await Line.on(WEBSOCKET);
    const packet = await line.next();
    expect(packet).toMatch(/^0\{/);
    const limits = { pingInterval: PING_EVERY_MS, pingTimeout: PONG_WITHIN_MS, maxPayload: PAYLOAD_MAX };
    expect(JSON.parse(packet.slice(1))).toEqual({ sid: expect.any(String), upgrades: [], ...limits });
  });

  const wrong: readonly (readonly [string, Query])[] = [
    ['no version of the protocol', { transport: 'polling' }],
    ['a version that is none', { EIO: 'abc', transport: 'polling' }],
    ['the version before', { EIO: '3', transport: 'polling' }],
    ['a version to come', { EIO: '5', transport: 'polling' }],
    ['no transport', { EIO: '4' }],
    ['a transport that is none', { EIO: '4', transport: 'abc' }],
    ['the number of a session that never was', { EIO: '4', transport: 'polling', sid: FORGED }],
    ['the number of a session that is none', { EIO: '4', transport: 'polling', sid: '../é' }],
    ['an empty number of a session', { EIO: '4', transport: 'polling', sid: '' }],
  ];
  for (const [what, query] of wrong)
    test(`${what} is refused, of whoever polls and of a WebSocket`, async () => {
      expect((await request(address(query))).status).toBe(400);
      if (query['sid'] !== undefined) expect((await request(address(query), { method: 'POST', body: ask('a') })).status).toBe(400);
      const socket = query['transport'] === 'polling' ? { ...query, transport: 'websocket' } : query;
      const line = await Line.try(socket);
      // A browser is not told a status: being closed without a word is as good.
      if (typeof line === 'number') expect(line).toBe(400);
      else expect(await line.close()).toEqual([]);
    });

  test('a session is opened by GET and by nothing else', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) expect((await request(address(POLLING), { method })).status, method).toBe(400);
    const session = await Polling.quiet();
    for (const method of ['PUT', 'DELETE']) expect((await request(address(session.query()), { method })).status, method).toBe(400);
    expect((await request(address(WEBSOCKET))).status, 'a WebSocket that is none').toBe(400);
  });
});

test.describe('whoever polls', () => {
  test('is answered to one packet', async () => {
    const session = await Polling.quiet();
    const { status, text } = await session.send(ask('größer 👋'));
    expect([status, text]).toEqual([200, 'ok']);
    expect(await session.hear(1)).toEqual([refused('größer 👋')]);
  });

  test('is answered to several packets in one body, in their order and in one poll', async () => {
    const session = await Polling.quiet();
    const names = ['one', 'two', 'three'];
    const { status, text } = await session.send(names.map(ask).join(SEPARATOR));
    expect([status, text]).toEqual([200, 'ok']);
    expect(saidIn((await session.poll()).text)).toEqual(names.map(refused));
  });

  test('waits until there is something to hear', async () => {
    const session = await Polling.quiet();
    const polled = session.poll();
    await pause(200);
    await session.send(ask('later'));
    expect((await polled).text).toBe(refused('later'));
  });

  test('may send as much at once as was told, and no more', async () => {
    const session = await Polling.quiet();
    const most = [ask('most'), `${ask('m')}{"token":"`].join(SEPARATOR);
    const body = `${most.padEnd(PAYLOAD_MAX - 2, 'x')}"}`;
    expect(Buffer.byteLength(body)).toBe(PAYLOAD_MAX);
    expect((await session.send(body)).status).toBe(200);
    expect(await session.hear(2)).toEqual([refused('most'), refused('m')]);
    expect((await session.send(`${body} `)).status).toBe(413);
    expect(await session.isOver()).toBe(true);
  });

  test('is let go after a body that holds no packet', async () => {
    for (const body of ['abc', '8', '0{}', 'é', `${SEPARATOR}4`, 'b!', Buffer.from([0xff])]) {
      const session = await Polling.quiet();
      expect((await session.send(body)).status, String(body)).toBe(400);
      expect(await session.isOver(), String(body)).toBe(true);
    }
  });

  test('hears nothing in two places: a second poll ends the session for both', async () => {
    const session = await Polling.quiet();
    const first = session.poll();
    await takenIn();
    expect((await session.poll()).status).toBe(400);
    const { status, text } = await first;
    expect([status, text]).toEqual([200, '1']);
    expect(await session.isOver()).toBe(true);
  });

  test('speaks in one place: a second body beside the first ends the session', async () => {
    // The protocol demands it: nothing says which came first.
    const session = await Polling.quiet();
    const headers = { 'content-type': 'text/plain;charset=UTF-8', 'content-length': '100' };
    const slow = send(address(session.query()), { method: 'POST', agent: false, headers });
    slow.on('error', () => undefined);
    slow.write(ask('slow'));
    await takenIn();
    const { status } = await session.send(ask('fast'));
    slow.destroy();
    expect(status).toBe(400);
    expect(await session.isOver()).toBe(true);
  });

  test('is let go when a poll is broken off, as what was told with it is lost', async () => {
    const session = await Polling.quiet();
    const broken = send(address(session.query()), { agent: false });
    broken.on('error', () => undefined);
    broken.end();
    await takenIn();
    broken.destroy();
    await takenIn();
    expect(await session.isOver()).toBe(true);
  });

  test('can do everything that a WebSocket can: connect, ask, be answered, and leave', async () => {
    const [session, person] = [await Polling.quiet(), people[4]!];
    await session.send(connecting(person));
    expect((await session.hear(1))[0]).toMatch(/^40\/rooms,\{"sid":"[^"]+"\}$/);
    const asked = [1, 2].map((id) => `42/rooms,${id}${JSON.stringify(['read', { room: person.room, offset: 0 }])}`);
    await session.send(asked.join(SEPARATOR));
    expect((await session.hear(2)).toSorted()).toEqual(['43/rooms,1[{"ok":null}]', '43/rooms,2[{"ok":null}]']);
    await session.send(`41/rooms,${SEPARATOR}${ask('still here')}`);
    expect(await session.hear(1)).toEqual([refused('still here')]);
  });
});

test.describe('a WebSocket', () => {
  test('is answered to a packet', async () => {
    const line = await Line.open();
    line.say(ask('größer 👋'));
    expect(await line.next()).toBe(refused('größer 👋'));
  });

  test('is closed after what is no packet', async () => {
    expect(await survived(['abc', '8', '0{}', 'é', '', '7probe'], () => Line.open())).toEqual([]);
  });

  test('may send as much at once as was told, and no more', async () => {
    const line = await Line.open();
    const packet = `${`${ask('m')}{"token":"`.padEnd(PAYLOAD_MAX - 2, 'x')}"}`;
    line.say(packet);
    expect(await line.next()).toBe(refused('m'));
    line.say(`${packet} `);
    expect(await line.close()).toEqual([]);
  });
});

test.describe('moving from polling to a WebSocket', () => {
  test('lets the poll that waits go, and goes on there', async () => {
    const session = await Polling.quiet();
    const polled = session.poll();
    await takenIn();
    const line = await Line.on(session.query(WEBSOCKET));
    line.say('2probe');
    expect(await line.next()).toBe('3probe');
    expect((await polled).text).toBe('6');
    line.say('5');
    await expectServed(line);
  });

  test('brings along what was not heard yet', async () => {
    const session = await Polling.quiet();
    await session.send([ask('one'), ask('two')].join(SEPARATOR));
    const line = await moveOver(session);
    expect([await line.next(), await line.next()]).toEqual([refused('one'), refused('two')]);
    await expectServed(line);
  });

  test('brings along what was not heard yet although it is more than one poll holds', async () => {
    // Nothing may be lost. engineioxide puts the first packet that does not fit aside for the next poll, and forgets it when there is none.
    test.fail();
    const session = await Polling.quiet();
    const names = ['one', 'two', 'three'].map((name) => name.padEnd(30_000, '-'));
    for (const name of names) await session.send(ask(name));
    const heard = saidIn((await session.poll()).text);
    const line = await moveOver(session);
    while (heard.length < names.length) heard.push(await line.next());
    expect(heard).toEqual(names.map(refused));
  });

  test('keeps who somebody is: nothing has to be said again', async () => {
    const [session, person] = [await Polling.quiet(), people[5]!];
    await session.send(connecting(person));
    expect((await session.hear(1))[0]).toMatch(/^40\/rooms,/);
    const line = await moveOver(session);
    expect(await line.answer<object>(1, 'enter', { room: person.room })).toMatchObject({ ok: { role: expect.any(String) } });
  });

  test('ends polling: whoever still polls or posts is refused, and the WebSocket goes on', async () => {
    const session = await Polling.quiet();
    const line = await moveOver(session);
    await expectServed(line);
    expect((await session.poll()).status).toBe(400);
    expect((await session.send(ask('late'))).status).toBe(400);
    await expectServed(line);
  });

  test('is done once: a second WebSocket is closed, and the first goes on', async () => {
    const session = await Polling.quiet();
    const line = await moveOver(session);
    await expectServed(line);
    const second = await Line.try(session.query(WEBSOCKET));
    if (typeof second !== 'number') expect(await second.close()).toEqual([]);
    await expectServed(line);
  });

  test('is done once: a second WebSocket that comes in the middle of it is closed, and the first goes on', async () => {
    // The protocol demands it. engineioxide has the second wait with the lock that the first needs to speak, and after ten seconds ends the session.
    test.fail();
    const session = await Polling.quiet();
    const line = await Line.on(session.query(WEBSOCKET));
    line.say('2probe');
    expect(await line.next()).toBe('3probe');
    const second = await Line.try(session.query(WEBSOCKET));
    line.say('5');
    await expectServed(line);
    if (typeof second !== 'number') expect(await second.close()).toEqual([]);
  });

  test('may fail: whoever cannot use a WebSocket goes on polling', async () => {
    // node's own server goes on. engineioxide ends the session with the WebSocket that was only tried.
    test.fail();
    const session = await Polling.quiet();
    const line = await Line.on(session.query(WEBSOCKET));
    line.end();
    await pause(200);
    await session.send(ask('still here'));
    expect(await session.hear(1)).toEqual([refused('still here')]);
  });

  test('may take long: until then everything is heard by polling', async () => {
    // node's own server does so. engineioxide answers every poll at once and with nothing: whoever polls asks as fast as they can for ten seconds.
    test.fail();
    const session = await Polling.quiet();
    await Line.on(session.query(WEBSOCKET));
    await session.send(ask('meanwhile'));
    expect(await session.hear(1)).toEqual([refused('meanwhile')]);
  });

  test('begins with a probe and ends with an upgrade, and a WebSocket that says anything else is closed', async () => {
    const beginning = async () => Line.on((await Polling.quiet()).query(WEBSOCKET));
    expect(await survived(['2', '3probe', '5', 'probe', ask('a'), Buffer.from('2probe')], beginning)).toEqual([]);
    const probed = async () => {
      const line = await beginning();
      line.say('2probe');
      expect(await line.next()).toBe('3probe');
      return line;
    };
    expect(await survived(['2', '2probe', '6', ask('a'), Buffer.from('5')], probed)).toEqual([]);
  });
});

test.describe('a session is ended', () => {
  test('by whoever polls: the poll that waits is let go, and there is no session any more', async () => {
    const session = await Polling.quiet();
    const polled = session.poll();
    await takenIn();
    const { status, text } = await session.send('1');
    expect([status, text]).toEqual([200, 'ok']);
    expect((await polled).text).toBe('6');
    expect(await session.isOver()).toBe(true);
    expect((await session.send(ask('late'))).status).toBe(400);
  });

  test('by a packet over a WebSocket, which is closed', async () => {
    const line = await Line.open();
    line.say('1');
    expect(await line.close()).toEqual([]);
  });

  test('with its WebSocket', async () => {
    const session = await Polling.quiet();
    const line = await moveOver(session);
    await expectServed(line);
    line.end();
    await pause(200);
    const again = await Line.try(session.query(WEBSOCKET));
    if (typeof again !== 'number') expect(await again.close()).toEqual([]);
    expect(await session.isOver()).toBe(true);
  });
});

test.describe('a namespace', () => {
  test('lets in whoever shows a token, and says under which number', async () => {
    const line = await Line.open();
    line.say(connecting(people[6]!));
    const packet = await line.next();
    expect(packet).toMatch(/^40\/rooms,\{/);
    expect(JSON.parse(packet.slice('40/rooms,'.length))).toEqual({ sid: expect.any(String) });
  });

  for (const packet of ['40/rooms,', '40/rooms', '40/rooms,{}'])
    test(`lets in a browser, which shows nothing but its cookie: ${packet}`, async () => {
      const guest = new Guest(server);
      await guest.start('A register of village bridges');
      const line = await Line.open(guest.headers());
      line.say(packet);
      expect(await line.next()).toMatch(/^40\/rooms,\{"sid":"[^"]+"\}$/);
    });

  test('gives everybody a number that says nothing of the session, whose number lets others in', async () => {
    // The protocol says so since its version 5. socketioxide has one number for both.
    test.fail();
    const line = await Line.on(WEBSOCKET);
    const { sid } = JSON.parse((await line.next()).slice(1)) as Opened;
    line.say(connecting(people[6]!));
    const packet = await line.next();
    expect(packet).toMatch(/^40\/rooms,\{"sid":/);
    expect(packet).not.toContain(sid);
  });

  test('that is not there is refused, the main one as well, and the session goes on', async () => {
    const line = await Line.open();
    for (const [packet, answer] of [
      ['40/random,', '44/random,{"message":"Invalid namespace"}'],
      ['40/random', '44/random,{"message":"Invalid namespace"}'],
      ['40/random,{"token":"abc"}', '44/random,{"message":"Invalid namespace"}'],
      ['40', '44{"message":"Invalid namespace"}'],
    ] as const) {
      line.say(packet);
      expect(await line.next(), packet).toBe(answer);
    }
    line.say(connecting(people[6]!));
    expect(await line.next()).toMatch(/^40\/rooms,\{"sid":/);
  });

  test('keeps out whoever is not signed in, says why, and they may try again', async () => {
    const line = await Line.open();
    for (const packet of ['40/rooms,', '40/rooms,{"token":"nonsense"}', '40/rooms,{"token":7}', '40/rooms,{"token":null}']) {
      line.say(packet);
      const answer = await line.next();
      expect(answer, packet).toMatch(/^44\/rooms,\{/);
      const { message } = JSON.parse(answer.slice('44/rooms,'.length)) as { message: string };
      expect(JSON.parse(message), packet).toEqual({ code: 'not-signed-in' });
    }
    line.say(connecting(people[6]!));
    expect(await line.next()).toMatch(/^40\/rooms,\{"sid":/);
  });

  test('hears nothing of whoever has not come in: their connection is closed', async () => {
    const packets = ['42/rooms,["enter",{}]', '42/rooms,1["enter",{}]', '41/rooms,', '43/rooms,1[]'];
    expect(await survived(packets, () => Line.open())).toEqual([]);
  });

  test('that is not there hears nothing either: whoever talks to it has their connection closed', async () => {
    // The protocol demands it. socketioxide takes no notice.
    test.fail();
    const packets = ['42["enter",{}]', '42/random,1["enter",{}]', '41', '43/random,1[]'];
    expect(await survived(packets, () => Line.open())).toEqual([]);
  });

  test('is left without a word, and the session goes on', async () => {
    const line = await Line.inside(people[7]!);
    line.say('41/rooms,');
    await expectServed(line);
    await pause(200);
    // Until they have left for good it is not heard.
    await expect(async () => {
      line.say(connecting(people[7]!));
      expect(await line.next(2_000), 'whoever left may come back').toMatch(/^40\/rooms,\{"sid":/);
    }).toPass();
    line.say('41/rooms');
    await expectServed(line);
    line.say('42/rooms,1["enter",{}]');
    expect(await line.close(), 'whoever left is not heard').toEqual([]);
  });

  test('is closed to whoever is signed out: they are told why, and the session goes on', async () => {
    const [line, { room }] = [await Line.inside(people[12]!), people[12]!];
    const { ok } = await line.answer<{ ok: { id: string } }>(1, 'say', { room, client_id: randomUUID(), body: 'Who am I?' });
    server.sql(`delete from api_tokens where user_id = (select author_id from messages where id = '${ok.id}')`);
    expect(await line.find('42/rooms,["out"')).toBe('42/rooms,["out",{"reason":"signed-out"}]');
    expect(await line.next()).toBe('41/rooms,');
    await expectServed(line);
  });

  test('leaves nobody waiting who asks to come in, not even whoever is in already: they are answered or their connection is closed', async () => {
    // The protocol demands an answer, and node's own server closes. socketioxide takes no notice, nor while somebody who has left is not gone for good.
    test.fail();
    const line = await Line.inside(people[7]!);
    line.say(connecting(people[7]!));
    const answer = await line.next().catch(() => (line.overAt ? 'closed' : 'left waiting'));
    expect(answer).toMatch(/^4[04]\/rooms,|^closed$/);
  });
});

test.describe('an event', () => {
  test('is acknowledged with the number it was sent with, whatever that is', async () => {
    const [line, { room }] = [await Line.inside(people[8]!), people[8]!];
    for (const id of [0, 7, 456, 2_147_483_648, Number.MAX_SAFE_INTEGER]) {
      const answer = await line.answer<{ ok: Entered }>(id, 'enter', { room });
      expect(answer.ok.place.offset, String(id)).toBeGreaterThanOrEqual(0);
    }
    expect(await line.answer<object>(9, 'enter', { room: 'no id' })).toMatchObject({ error: { code: 'bad-request' } });
  });

  test('is acknowledged once, and many at a time each with its own number', async () => {
    const [line, { room }] = [await Line.inside(people[8]!), people[8]!];
    const ids = Array.from({ length: 20 }, (_, n) => 100 + n);
    for (const id of ids) line.say(`42/rooms,${id}${JSON.stringify(['read', { room, offset: 0 }])}`);
    const answers: string[] = [];
    for (const _ of ids) answers.push(await line.next());
    expect(answers.toSorted()).toEqual(ids.map((id) => `43/rooms,${id}[{"ok":null}]`));
    line.say(ask('fence'));
    expect(await line.next()).toBe(refused('fence'));
  });

  test('that asks for no acknowledgement gets none, and is heard all the same', async () => {
    const [line, { room }] = [await Line.inside(people[9]!), people[9]!];
    await line.answer(1, 'enter', { room });
    line.say(`42/rooms,${JSON.stringify(['say', { room, client_id: 'without', body: 'Nobody needs to answer' }])}`);
    line.say(`42/rooms,2${JSON.stringify(['say', { room, client_id: 'with', body: 'Please answer' }])}`);
    const told: string[] = [];
    while (told.filter((packet) => /^4[23].*"(with|without)"|^43/.test(packet)).length < 3) told.push(await line.next());
    expect(told.filter((packet) => packet.startsWith('43/')).map((packet) => packet.slice(0, 14))).toEqual(['43/rooms,2[{"o']);
    const without = told.find((packet) => packet.includes('"without"')) ?? '';
    expect(JSON.parse(without.slice('42/rooms,'.length))).toMatchObject(['entry', room, { kind: 'message', data: { client_id: 'without' } }]);
  });

  test('reaches others with every character', async () => {
    const [one, two] = [await Line.inside(people[9]!), await Line.inside(people[10]!)];
    const { room } = people[9]!;
    const body = 'größer, "genauer" 👩‍👩‍👧 \\ / <b>';
    await two.answer(1, 'enter', { room });
    await one.answer(1, 'say', { room, client_id: randomUUID(), body });
    const [, , entry] = JSON.parse((await two.find('42/rooms,["entry"')).slice('42/rooms,'.length)) as [string, string, { data: { body: string } }];
    expect(entry.data.body).toBe(body);
  });

  test('that nobody knows is passed over, and so is an acknowledgement that nobody waits for', async () => {
    const line = await Line.inside(people[10]!);
    for (const packet of ['42/rooms,["nonsense",1,"2",{"3":[true]}]', '43/rooms,12345[]']) line.say(packet);
    expect(await line.answer<object>(3, 'enter', {})).toMatchObject({ error: { code: 'bad-request' } });
  });

  const malformed = [
    ['no packet at all', '4'],
    ['an unknown kind', '4abc'],
    ['an unknown kind in the namespace', '49/rooms,["enter",{}]'],
    ['a refusal, which only a server says', '44/rooms,{"message":"no"}'],
    ['an object instead of a list', '42/rooms,{}'],
    ['a text instead of a list', '42/rooms,"enter"'],
    ['nothing instead of a list', '42/rooms,'],
    ['an empty list', '42/rooms,[]'],
    ['a list without a name', '42/rooms,[{}]'],
    ['a number that is none', '42/rooms,abc["enter",{}]'],
    ['a number that is half one', '42/rooms,1a["enter",{}]'],
    ['a negative number', '42/rooms,-1["enter",{}]'],
    ['a name that does not end', '42/rooms,["enter'],
    ['an acknowledgement without a number', '43/rooms,[]'],
  ] as const;
  for (const [what, packet] of malformed)
    test(`that is none closes the connection: ${what}`, async () => {
      const line = await Line.inside(people[11]!);
      line.say(packet);
      expect(await line.close()).toEqual([]);
    });

  test('of which the beginning is one and the rest is not closes the connection', async () => {
    const packets = ['42/rooms,1["enter",{}', '42/rooms,1["enter",{]', '42/rooms,1["enter" {}]'];
    expect(await survived(packets, () => Line.inside(people[11]!))).toEqual([]);
  });

  test('with more behind it, or an acknowledgement or a connection without its list or object, closes the connection', async () => {
    // The protocol wants lists and objects, and node's own server looks. socketioxide reads as far as it needs to.
    test.fail();
    expect(await survived(['42/rooms,1["enter",{}]]', '43/rooms,1{}'], () => Line.inside(people[11]!))).toEqual([]);
    expect(await survived(['40/rooms,{"token":', '40/rooms,[]'], () => Line.open())).toEqual([]);
  });
});

test.describe('binary', () => {
  // Nothing here has binary parts, so that whoever sends some is no client of ours.
  const packets = [
    ['an event with one part', '451-/rooms,["enter",{"_placeholder":true,"num":0}]'],
    ['an event with a number and two parts', '452-/rooms,789["enter",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'],
    ['an acknowledgement', '461-/rooms,1[{"_placeholder":true,"num":0}]'],
    ['an event that does not say how many parts', '45/rooms,["enter",{}]'],
    ['a part of nothing', Buffer.from([1, 2, 3, 4])],
  ] as const;
  for (const [what, packet] of packets)
    test(`is not taken: ${what} closes the connection`, async () => {
      const line = await Line.inside(people[11]!);
      line.say(packet);
      expect(await line.close()).toEqual([]);
    });

  test('is not taken of whoever polls either', async () => {
    const session = await Polling.quiet();
    await session.send(connecting(people[11]!));
    await session.hear(1);
    await session.send(['451-/rooms,["enter",{"_placeholder":true,"num":0}]', 'bAQIDBA=='].join(SEPARATOR));
    await expect.poll(() => session.isOver()).toBe(true);
  });
});

// What began first: it took its time while everything else was looked at.
test.describe('whether somebody is there', () => {
  test.setTimeout(60_000);

  test('is asked for the first time after as long as was told', async () => {
    // engineioxide asks at once and on purpose, which the public suites trip over. Clients do not mind: they answer whenever they are asked.
    test.fail();
    await expect.poll(() => long.answers.pings.length, { timeout: PING_EVERY_MS + GRACE_MS }).toBeGreaterThan(0);
    expect(long.answers.pings[0]).toBeGreaterThan(PING_EVERY_MS - 1_000);
  });

  test('is asked again as often as was told, and whoever answers stays', async () => {
    const { answers, polls, polling, pollPings } = long;
    const isAsked = () => answers.pings.some((at) => at > PING_EVERY_MS - LATE_MS);
    await expect.poll(isAsked, { timeout: PING_EVERY_MS + GRACE_MS }).toBe(true);
    answers.pings.slice(1).forEach((at, n) => expect(at - answers.pings[n]!).toBeGreaterThan(PING_EVERY_MS - LATE_MS));
    await polling;
    expect(pollPings.length).toBeGreaterThan(0);
    await expectServed(answers);
    await polls.send(ask('still here'));
    expect(await polls.hear(1)).toEqual([refused('still here')]);
  });

  test('is over for whoever does not answer in time', async () => {
    await long.silent.close(PING_EVERY_MS + PONG_WITHIN_MS + GRACE_MS);
    expect(long.silent.overAt).toBeGreaterThan(PONG_WITHIN_MS - LATE_MS);
    expect(long.silent.pings.length).toBeGreaterThan(0);
    await expect.poll(() => long.silentPolling.isOver()).toBe(true);
  });

  test('is over for whoever enters no namespace, however well they answer', async () => {
    expect(await long.neverConnects.close(CONNECT_WITHIN_MS + GRACE_MS)).toEqual([]);
    expect(long.neverConnects.overAt).toBeGreaterThan(CONNECT_WITHIN_MS - LATE_MS);
    expect(long.neverConnects.overAt).toBeLessThan(CONNECT_WITHIN_MS + GRACE_MS);
  });
});
