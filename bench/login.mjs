// node bench/login.mjs URL --mail DIR: 50 people sign up, then all sign in at once, while somebody else asks for pages without pause.
// Prints percentiles in milliseconds, with what the same pages took before anybody signed in. Ends by itself.
import { readFile, readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PEOPLE = 50;
const ROUNDS = 3;
const QUIET_MS = 3_000;
const PASSWORD = 'copper lantern drifts';
const [url, flag, mail] = process.argv.slice(2);
if (!url || flag !== '--mail' || !mail) {
  console.error('Usage: node bench/login.mjs URL --mail DIR');
  process.exit(2);
}

// Everybody has a network address of their own; tries are counted by it.
const addressOf = (person) => `10.9.${person >> 8}.${person & 255}`;
const emailOf = (person) => `person-${person}@bench.example`;

function ask(path, { method = 'GET', form, person = 0, cookie } = {}) {
  const body = form ? new URLSearchParams(form).toString() : undefined;
  const headers = {
    accept: 'text/html',
    'x-forwarded-for': addressOf(person),
    ...(body ? { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) } : {}),
    ...(cookie ? { cookie } : {}),
  };
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, url), { method, headers, agent: false, timeout: 20_000 }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part) => (text += part));
      incoming.on('end', () => {
        const milliseconds = performance.now() - began;
        resolve({ status: incoming.statusCode, location: incoming.headers.location, text, milliseconds });
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${path} took more than 20 seconds`)));
    outgoing.on('error', reject).end(body);
  });
}

async function untilReady() {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if ((await ask('/api/ready').catch(() => undefined))?.status === 200) return;
    await pause(100);
  }
  throw new Error(`${url} is not ready`);
}

async function signUp(person) {
  const form = { name: `Person ${person}`, email: emailOf(person), password: PASSWORD };
  const answer = await ask('/fn/sign_up', { method: 'POST', form, person });
  if (answer.location !== '/signup/sent') throw new Error(`sign-up of ${person}: ${answer.status}`);
}

/** The links in all letters, by address. */
async function links() {
  const found = new Map();
  for (const file of await readdir(mail).catch(() => [])) {
    if (!file.endsWith('.eml')) continue;
    const text = (await readFile(join(mail, file), 'utf8')).replaceAll('=\r\n', '').replaceAll('=3D', '=');
    const to = /^To: (.+)\r$/m.exec(text)?.[1];
    const token = /\/signup\/confirm\/([\w-]+)/.exec(text)?.[1];
    if (to && token) found.set(to, token);
  }
  return found;
}

async function allLinks() {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const found = await links();
    if (found.size >= PEOPLE) return found;
    await pause(200);
  }
  throw new Error('not every letter was written in time');
}

async function signIn(person) {
  const form = { email: emailOf(person), password: PASSWORD };
  const answer = await ask('/fn/sign_in', { method: 'POST', form, person });
  if (answer.location !== '/projects') throw new Error(`sign-in of ${person}: ${answer.status} ${answer.location}`);
  return answer.milliseconds;
}

/** Asks for pages without pause until told to stop. */
function otherRequests(paths) {
  const times = Object.fromEntries(paths.map((path) => [path, []]));
  let stopped = false;
  const asking = paths.map(async (path) => {
    while (!stopped) times[path].push((await ask(path)).milliseconds);
  });
  return async () => {
    stopped = true;
    await Promise.all(asking);
    return times;
  };
}

function percentiles(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1);
  return `p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)}  (${sorted.length})`;
}

const OTHERS = ['/', '/login', '/api/ready'];
await untilReady();
const people = Array.from({ length: PEOPLE }, (_, at) => at + 1);
for (const person of people) await signUp(person);
const tokens = await allLinks();
for (const person of people) {
  const form = { token: tokens.get(emailOf(person)), current: PASSWORD };
  const answer = await ask('/fn/confirm_sign_up', { method: 'POST', form, person });
  if (answer.status !== 303) throw new Error(`confirming ${person}: ${answer.status}`);
}

const quiet = otherRequests(OTHERS);
await pause(QUIET_MS);
const before = await quiet();
const busy = otherRequests(OTHERS);
const signIns = [];
for (let round = 0; round < ROUNDS; round += 1) signIns.push(...(await Promise.all(people.map(signIn))));
const during = await busy();

console.log(`${PEOPLE} sign-ins at once, ${ROUNDS} times; milliseconds`);
console.log(`sign-in                 ${percentiles(signIns)}`);
for (const path of OTHERS) {
  console.log(`${path.padEnd(12)} before    ${percentiles(before[path])}`);
  console.log(`${path.padEnd(12)} meanwhile ${percentiles(during[path])}`);
}
