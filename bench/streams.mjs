// node bench/streams.mjs URL --pid PID [--at-once 200] [--minutes 10] [--arrivals steady|burst]: that many people make a project and follow it.
// `steady`: whoever is done begins again, so that as many are always under way. `burst`: all begin in the same moment, and when the last is
// done all begin again. Checks that every stream is gapless and ends, and prints how long the first piece takes from the POST, with what memory
// the server holds. Ends by itself.
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const options = new Map();
for (let at = 3; at < process.argv.length; at += 2) options.set(process.argv[at], process.argv[at + 1]);
const url = process.argv[2];
const pid = options.get('--pid');
const atOnce = Number(options.get('--at-once') ?? 200);
const minutes = Number(options.get('--minutes') ?? 10);
const arrivals = options.get('--arrivals') ?? 'steady';
if (!url || !pid || !['steady', 'burst'].includes(arrivals)) {
  console.error('Usage: node bench/streams.mjs URL --pid PID [--at-once 200] [--minutes 10] [--arrivals steady|burst]');
  process.exit(2);
}

const THINGS = ['synthesizers', 'kayaks', 'hive inspections', 'wedding dresses', 'ladders', 'yoga classes', 'spare parts', 'stamps'];
const WISHES = ['with escrow and grading', 'with reminders', 'offline', 'with waitlists', 'with deposits', 'for three currencies'];
const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
let people = 0;

function open(path, { method = 'GET', json, cookie, person }) {
  const body = json ? JSON.stringify(json) : undefined;
  const headers = {
    accept: json ? 'application/json' : 'text/event-stream',
    'x-forwarded-for': `10.${(person >> 16) & 255}.${(person >> 8) & 255}.${person & 255}`,
    ...(body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}),
    ...(cookie ? { cookie } : {}),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, url), { method, headers, agent, timeout: 60_000 }, resolve);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${path} took more than 60 seconds`)));
    outgoing.on('error', reject).end(body);
  });
}

async function textOf(incoming) {
  let text = '';
  for await (const part of incoming.setEncoding('utf8')) text += part;
  return text;
}

/** One person from the POST to the last event. */
async function follow() {
  const person = (people += 1);
  const directive = `A place where members ${person} share ${THINGS[person % THINGS.length]}, ${WISHES[person % WISHES.length]}`;
  const began = performance.now();
  const answer = await open('/api/projects', { method: 'POST', json: { directive }, person });
  const cookie = (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
  const started = await textOf(answer);
  if (answer.statusCode !== 201) throw new Error(`POST: ${answer.statusCode} ${started}`);
  const { generation_id: id } = JSON.parse(started);
  const stream = await open(`/api/generations/${id}/events`, { cookie, person });
  const seen = { first: undefined, events: 0, last: undefined };
  let rest = '';
  for await (const part of stream.setEncoding('utf8')) {
    rest += part;
    const frames = rest.split('\n\n');
    rest = frames.pop();
    for (const frame of frames) {
      const seq = /^id: ?(\d+)$/m.exec(frame)?.[1];
      const kind = /^event: ?(\w+)$/m.exec(frame)?.[1];
      if (!seq) continue;
      seen.events += 1;
      if (Number(seq) !== seen.events) throw new Error(`a gap: event ${seq} came as number ${seen.events}`);
      if (kind === 'piece') seen.first ??= performance.now() - began;
      seen.last = kind;
    }
  }
  if (seen.last !== 'done') throw new Error(`the stream ended with ${seen.last}`);
  return { first: seen.first, whole: performance.now() - began, events: seen.events };
}

async function memory() {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
}

const percentile = (values, share) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1];
const figure = (value) => value.toFixed(0).padStart(8);

const ends = performance.now() + minutes * 60_000;
const rounds = [];
let errors = 0;

/** Adds a round's figures up and tells them. */
async function note(results) {
  const good = results.filter((one) => one.status === 'fulfilled').map((one) => one.value);
  results.filter((one) => one.status === 'rejected').slice(0, 3).forEach((one) => console.error(String(one.reason)));
  errors += results.length - good.length;
  if (good.length === 0) return;
  const firsts = good.map((one) => one.first);
  rounds.push({
    p50: percentile(firsts, 0.5),
    p95: percentile(firsts, 0.95),
    whole: percentile(good.map((one) => one.whole), 0.95),
    made: good.length,
    memory: await memory(),
  });
  const round = rounds.at(-1);
  console.log(
    `${String(rounds.length).padStart(3)}: ${String(round.made).padStart(4)} made; first piece p50${figure(round.p50)} ms, p95${figure(round.p95)} ms; ` +
      `whole p95${figure(round.whole)} ms; ${round.memory.toFixed(0)} MB`,
  );
}

async function inBursts() {
  while ((rounds.length === 0 || performance.now() < ends) && errors === 0) {
    await note(await Promise.allSettled(Array.from({ length: atOnce }, follow)));
    await pause(1_000);
  }
}

/** A round is what ends within half a minute. They come one after another at first, as people do. */
async function steadily() {
  let done = [];
  const settle = async () => {
    const [result] = await Promise.allSettled([follow()]);
    done.push(result);
  };
  const people = Array.from({ length: atOnce }, async (_, at) => {
    await pause(at * 100);
    while (performance.now() < ends) await settle();
  });
  const clock = setInterval(() => {
    const results = done;
    done = [];
    void note(results);
  }, 30_000);
  await Promise.all(people);
  clearInterval(clock);
  await note(done);
}

await (arrivals === 'burst' ? inBursts() : steadily());
const median = (name) => percentile(rounds.map((round) => round[name]), 0.5);
const [warm, end] = [rounds[Math.min(2, rounds.length - 1)].memory, rounds.at(-1).memory];
const row = (what, target, value) => console.log(`${what.padEnd(58)} ${target.padStart(12)} ${value.padStart(14)}`);
console.log();
const made = rounds.reduce((sum, round) => sum + round.made, 0);
row(`${atOnce} generations at once (${arrivals}), ${made} in all`, 'target', 'figure');
row('streams with a gap, an error or no end', '0', String(errors));
row('first piece, p95 (median of rounds)', '< 500 ms', `${median('p95').toFixed(0)} ms`);
row('first piece, p50 (median of rounds)', '', `${median('p50').toFixed(0)} ms`);
row('all five stages, p95 (median of rounds)', '', `${median('whole').toFixed(0)} ms`);
row('memory after the third round and at the end', 'flat', `${warm.toFixed(0)} → ${end.toFixed(0)} MB`);
process.exit(errors > 0 ? 1 : 0);
