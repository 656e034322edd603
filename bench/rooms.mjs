// node bench/rooms.mjs --program PATH --peers DIR [--only NAME] [--minutes 1] [--record FILE]: our rooms beside node's socket.io on the same work, in turns, on
// this machine. Each message is stored in PostgreSQL before anybody is told. Prints a table; ends with 1 when something that was promised was missed.
// Names: talk (1,000 people in 50 rooms, 100 messages a second), crowd (one room of 1,000, 10 a second), idle (10,000 connections), storm (1,000 come back at once).
import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { Crowd, used, watch } from './crowd.mjs';
import { start } from './load.mjs';

const { values } = parseArgs({
  options: {
    program: { type: 'string' },
    peers: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    minutes: { type: 'string', default: '1' },
    record: { type: 'string' },
  },
});
const seconds = Math.round(Number(values.minutes) * 60);
const [PORT, PEER_PORT] = [3997, 3998];
const results = {};
let missed = false;

async function seeded(users, rooms) {
  const { stdout } = await promisify(execFile)(values.program, ['seed', 'rooms', '--users', users, '--rooms', rooms].map(String), { maxBuffer: 64 << 20 });
  return stdout.trim().split('\n').map((line) => JSON.parse(line));
}

/** Ours, with people of its own. */
async function ours(users, rooms) {
  const people = await seeded(users, rooms);
  const env = { ATLAS9_ADDR: `127.0.0.1:${PORT}`, ATLAS9_CHECKS: 'false', ATLAS9_LOG: 'warn', ATLAS9_CONNECTIONS: '20000' };
  const server = await start(values.program, ['serve'], env, `http://127.0.0.1:${PORT}/api/ready`);
  return { ...server, people, url: `http://127.0.0.1:${PORT}` };
}

/** Node's, with as many. */
async function peer(users, rooms) {
  const people = await seeded(users, rooms);
  await promisify(execFile)('psql', [process.env.DATABASE_URL, '--quiet', '--command', 'drop table if exists peer_messages, peer_members']);
  const child = spawn('node', [`${values.peers}/socketio.mjs`, String(PEER_PORT)], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(people.map((person) => JSON.stringify(person)).join('\n'));
  const lines = createInterface({ input: child.stdout });
  await new Promise((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', () => reject(new Error('The peer ended.')));
  });
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  };
  return { pid: child.pid, stop, people, url: `http://127.0.0.1:${PEER_PORT}` };
}

/** Everybody in, some seconds to warm up, then measured. */
async function talk(make, { users, rooms, rate, seconds }) {
  const server = await make(users, rooms);
  const crowd = new Crowd(server.url, server.people);
  try {
    await crowd.come();
    await crowd.talk({ rate, seconds: 5 });
    crowd.reset();
    const stop = watch(() => used(server.pid));
    const run = await crowd.talk({ rate, seconds });
    return { ...run, server: await stop() };
  } finally {
    crowd.end();
    await pause(300);
    await server.stop();
  }
}

const ms = (value) => value.toFixed(2).padStart(8);

function row(name, { delivered, acknowledged, errors, missing, gaps, server, lag }) {
  const { cpu, memory } = server;
  console.log(
    `  ${name.padEnd(12)}heard${ms(delivered.p50)}${ms(delivered.p95)}${ms(delivered.p99)} ms   acknowledged${ms(acknowledged.p50)}${ms(acknowledged.p99)} ms   ` +
      `${(100 * cpu).toFixed(1).padStart(5)} % of a processor   ${memory.last.toFixed(0).padStart(4)} MB (${memory.first.toFixed(0)} at first)   ` +
      `${errors + missing + gaps} errors   late ${lag.toFixed(0)} ms`,
  );
}

function promise(name, isKept, words) {
  missed ||= !isKept;
  console.log(`  ${isKept ? 'kept  ' : 'MISSED'} ${name}: ${words}`);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const middle = (runs, of) => median(runs.map(of));

async function besideNode(name, work) {
  const [mine, theirs] = [[], []];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    mine.push(await talk(ours, work));
    row('atlas9', mine.at(-1));
    theirs.push(await talk(peer, work));
    row('socket.io', theirs.at(-1));
  }
  const figures = (runs) => ({
    p50: middle(runs, (run) => run.delivered.p50),
    p95: middle(runs, (run) => run.delivered.p95),
    p99: middle(runs, (run) => run.delivered.p99),
    cpu: middle(runs, (run) => run.server.cpu),
    memory: middle(runs, (run) => run.server.memory.last),
    growth: middle(runs, (run) => run.server.memory.growth),
    errors: runs.reduce((sum, run) => sum + run.errors + run.missing + run.gaps, 0),
  });
  results[name] = { work, atlas9: figures(mine), socketio: figures(theirs) };
  return results[name];
}

const workloads = {
  async talk() {
    const work = { users: 1_000, rooms: 50, rate: 100, seconds };
    console.log(`1,000 people in 50 rooms, 100 messages a second, ${seconds} s, in turns (p50, p95, p99):`);
    const { atlas9, socketio } = await besideNode('talk', work);
    for (const at of ['p50', 'p95', 'p99'])
      promise(`${at} no worse than node's`, atlas9[at] <= socketio[at], `${atlas9[at].toFixed(2)} and ${socketio[at].toFixed(2)} ms`);
    promise('at most half of node’s processor', atlas9.cpu <= socketio.cpu / 2, `${(100 * atlas9.cpu).toFixed(1)} and ${(100 * socketio.cpu).toFixed(1)} %`);
    promise('at most half of node’s memory', atlas9.memory <= socketio.memory / 2, `${atlas9.memory.toFixed(0)} and ${socketio.memory.toFixed(0)} MB`);
    promise('no error', atlas9.errors === 0, `${atlas9.errors} and ${socketio.errors}`);
    promise('memory flat', atlas9.growth < 0.1, `${(100 * atlas9.growth).toFixed(1)} % more in the last third than in the second`);
  },
  async crowd() {
    console.log('One room of 1,000, 10 messages a second:');
    const { atlas9 } = await besideNode('crowd', { users: 1_000, rooms: 1, rate: 10, seconds: Math.min(seconds, 30) });
    promise('p99 below 300 ms', atlas9.p99 < 300, `${atlas9.p99.toFixed(1)} ms`);
    promise('no error', atlas9.errors === 0, `${atlas9.errors}`);
  },
  async idle() {
    console.log('10,000 connections that say nothing, each in its room:');
    results.idle = {};
    for (const [name, make] of [['atlas9', ours], ['socketio', peer]]) {
      const server = await make(10_000, 500);
      const crowd = new Crowd(server.url, server.people);
      try {
        await crowd.come({ within: 240_000 });
        // Long enough for every one of them to be asked whether it is there.
        const stop = watch(() => used(server.pid));
        await pause(30_000);
        const { memory, cpu } = await stop();
        results.idle[name] = { memory: memory.last, cpu, in: crowd.people.filter(({ isIn }) => isIn).length };
        console.log(`  ${name.padEnd(12)}${memory.last.toFixed(0)} MB, ${(100 * cpu).toFixed(1)} % of a processor, ${results.idle[name].in} in`);
      } finally {
        crowd.end();
        await pause(1_000);
        await server.stop();
      }
    }
    const { atlas9 } = results.idle;
    promise('below 300 MB', atlas9.memory < 300 && atlas9.in === 10_000, `${atlas9.memory.toFixed(0)} MB with ${atlas9.in}`);
  },
  async storm() {
    console.log('1,000 connections break within 5 s while 100 messages a second are said:');
    const server = await ours(1_000, 50);
    const crowd = new Crowd(server.url, server.people);
    try {
      await crowd.come();
      await crowd.talk({ rate: 100, seconds: 3 });
      crowd.reset();
      const talking = crowd.talk({ rate: 100, seconds: 12 });
      await pause(500);
      const began = performance.now();
      await crowd.breakAll(5_000);
      while (crowd.people.some(({ isIn }) => !isIn) && performance.now() - began < 30_000) await pause(10);
      const back = (performance.now() - began) / 1_000;
      const run = await talking;
      results.storm = { back, missing: run.missing, reloads: run.gaps, errors: run.errors, heard: run.delivered.count };
      promise('all back within 10 s', back < 10, `${back.toFixed(1)} s after the first broke`);
      promise('nothing missed', run.missing === 0, `${run.delivered.count} heard, ${run.missing} not; ${run.gaps} gaps asked for, ${run.errors} not acknowledged${run.error ? ` (${run.error})` : ''}`);
    } finally {
      crowd.end();
      await pause(300);
      await server.stop();
    }
  },
};

for (const [name, run] of Object.entries(workloads)) if (!values.only || values.only === name) await run();
if (values.record) await writeFile(values.record, `${JSON.stringify(results, null, 2)}\n`);
process.exit(missed ? 1 : 0);
