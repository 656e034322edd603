// node bench/table.mjs --program FILE --bench-program FILE --peers DIR --bare FILE [--cache FILE] [--rounds 5] [--seconds 3] [--record FILE]
// What Atlas9 does beside others on this machine, in one run: every figure is the median of several rounds in which all take turns, so that a machine
// that becomes slower becomes so for all. Prints a table; the exit code is 1 when a promise is not kept. DATABASE_URL is a database that is migrated and
// may be filled; REDIS_URL and ATLAS9_SECRET as for the program.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { ask, median, memory, oha, start, wrk } from './load.mjs';

const run = promisify(execFile);
const { values: options } = parseArgs({
  options: {
    program: { type: 'string' },
    'bench-program': { type: 'string' },
    peers: { type: 'string' },
    bare: { type: 'string' },
    cache: { type: 'string' },
    record: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);

const PORT = 27_300;
const at = (path) => `http://127.0.0.1:${PORT}${path}`;
const BROTLI = { 'accept-encoding': 'br' };
const ROWS = 1_000_000;
/** Rows of the list before its page 10,000, of twenty each. */
const DEEP = 9_999 * 20;
/** Requests a second that the interface is to answer at its peak. */
const PEAK = 6_200;
/** Milliseconds after which whoever is refused knows, on a machine that has far more to do than it can. */
const REFUSED_WITHIN = 500;
/** Records that a run is measured against. */
const RECORDS = 5;
/** Of that, the steps of growing load. */
const STRESS = [0.5, 1, 2, 4, 8];

// ── Servers ─────────────────────────────────────────────────────────────────────────────────────────────────────

const ours = (program = options.program) =>
  start(program, ['serve', '--no-worker'], { ATLAS9_ADDR: `127.0.0.1:${PORT}`, ATLAS9_LOG: 'warn', ATLAS9_CHECKS: 'false' }, at('/'));
const bare = (file) => start(options.bare, [`127.0.0.1:${PORT}`, file], {}, at('/'));
const peer = (name, owner, path) =>
  start('bench/peers/peers.sh', ['serve', name, options.peers, String(PORT)], { OWNER: owner }, at(path));

/** A server for as long as something is done with it. */
async function during(starting, work) {
  const server = await starting;
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

// ── Data ────────────────────────────────────────────────────────────────────────────────────────────────────────

const sql = async (text, ...args) => {
  const { stdout } = await run('psql', ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', ...args, process.env.DATABASE_URL, '-c', text]);
  return stdout.trim();
};

/** Somebody who came without a cookie and got one by starting something. */
async function guest(directive) {
  const answer = await fetch(at('/fn/start_generation'), {
    method: 'POST',
    redirect: 'manual',
    headers: { accept: 'text/html', 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ directive }),
  });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  const project = /\/projects\/([0-9a-f-]+)/.exec(answer.headers.get('location') ?? '')?.[1];
  if (!cookie || !project) throw new Error(`nobody was let in: ${answer.status}`);
  return { cookie, owner: await sql(`select owner_id from projects where id = '${project}'`) };
}

/** Two people: one with sixty projects, one with a million. */
async function people() {
  const { few, many } = await during(ours(), async () => ({ few: await guest('A bakery'), many: await guest('A library') }));
  const made = ['-v', `few=${few.owner}`, '-v', `many=${many.owner}`, '-v', `rows=${ROWS}`, '-v', 'ON_ERROR_STOP=1'];
  await run('psql', ['--no-psqlrc', '--quiet', ...made, '-f', 'bench/projects.sql', process.env.DATABASE_URL], { timeout: 600_000 });
  return { few, many };
}

/** The cursor of a list's page 10,000, as model/src/cursor.rs writes one: eight bytes of time and the id. */
async function deepCursor(owner) {
  const row = `select (extract(epoch from created_at) * 1000000)::bigint, id from projects where owner_id = '${owner}' and deleted_at is null
    and archived_at is null order by created_at desc, id desc limit 1 offset ${DEEP - 1}`;
  const [micros, id] = (await sql(row)).split('|');
  const bytes = Buffer.alloc(24);
  bytes.writeBigInt64BE(BigInt(micros));
  bytes.write(id.replaceAll('-', ''), 8, 'hex');
  return bytes.toString('base64url');
}

// ── What is measured ────────────────────────────────────────────────────────────────────────────────────────────

/** Requests a second of a page after a second to get warm. Whoever renders slowly is asked by few, so that none of them waits for ever. */
const rate = (path, how = {}) => async () => {
  await wrk(at(path), { ...how, seconds: 1 });
  return wrk(at(path), { ...how, seconds });
};

/** Contestants of one line each: who, how they are started, and what is asked of them. The first is us. */
function contests({ few }, page) {
  const mine = { headers: { cookie: few.cookie } };
  const list = '/projects';
  const json = '/api/projects?limit=20';
  const table = '/table?rows=1000';
  const slowly = { connections: 4 };
  return {
    'public page from memory': {
      Atlas9: [() => ours(), rate('/', { headers: BROTLI })],
      'bare axum': [() => bare(page), rate('/', { headers: BROTLI })],
    },
    'projects page': {
      Atlas9: [() => ours(), rate(list, mine)],
      'Next.js': [() => peer('nextjs', few.owner, list), rate(list)],
      SvelteKit: [() => peer('sveltekit', few.owner, list), rate(list)],
    },
    'projects JSON': {
      Atlas9: [() => ours(), rate(json, mine)],
      FastAPI: [() => peer('fastapi', few.owner, json), rate(json)],
    },
    'table of 1,000 rows': {
      Atlas9: [() => ours(options['bench-program']), rate(`/bench${table}`, slowly)],
      'Next.js': [() => peer('nextjs', few.owner, table), rate(table, slowly)],
      SvelteKit: [() => peer('sveltekit', few.owner, table), rate(table, slowly)],
    },
  };
}

async function compete(contests) {
  const figures = {};
  for (let round = 1; round <= rounds; round += 1) {
    for (const [what, contestants] of Object.entries(contests)) {
      for (const [who, [begin, measure]] of Object.entries(contestants)) {
        const figure = await during(begin(), measure);
        ((figures[what] ??= {})[who] ??= []).push(figure);
        process.stderr.write(`  ${round}/${rounds} ${what}, ${who}: ${Math.round(figure)}/s\n`);
      }
    }
  }
  return figures;
}

/** How much more page 10,000 costs than page 1, in turns on one server. */
async function deepPages({ many }) {
  const cursor = await deepCursor(many.owner);
  const headers = { cookie: many.cookie };
  const first = '/api/projects?limit=20';
  return during(ours(), async () => {
    await wrk(at(first), { headers, seconds: 1 });
    const turns = [];
    for (let round = 0; round < rounds; round += 1) {
      const one = await wrk(at(first), { headers, seconds });
      turns.push(one / (await wrk(at(`${first}&cursor=${cursor}`), { headers, seconds })));
    }
    return turns;
  });
}

/**
 * Percentiles at the peak that is promised, offered whatever comes back; and memory under that. Beside it a server that only hands out the same bytes:
 * what is left is the machine's and the generator's, which takes more of the machine than what it measures.
 */
async function peak({ few }, answer) {
  const offered = { rate: PEAK, seconds: 10, connections: 64 };
  const turns = [];
  const limit = [];
  let most = 0;
  for (let round = 0; round < Math.min(rounds, 3); round += 1) {
    await during(ours(), async ({ pid }) => {
      turns.push(await oha(at('/api/projects?limit=20'), { ...offered, headers: { cookie: few.cookie } }));
      most = Math.max(most, (await memory(pid)).most);
    });
    limit.push(await during(bare(answer), () => oha(at('/'), offered)));
  }
  return { turns, limit, most };
}

/** Process start to the first answer, with everything but the process warm. */
async function coldStarts() {
  const turns = [];
  for (let round = 0; round < rounds; round += 1) turns.push(await during(ours(), ({ milliseconds }) => milliseconds));
  return turns;
}

/** Ever more requests a second, each for five seconds: what is answered must not fall once more come than can be. */
async function stress({ few }) {
  const headers = { cookie: few.cookie };
  return during(ours(), async () => {
    const steps = [];
    for (const times of STRESS) {
      const offered = times * PEAK;
      const { rate, statuses, errors, p99 } = await oha(at('/api/projects?limit=20'), { rate: offered, seconds: 5, connections: 512, headers });
      const all = Object.values(statuses).reduce((sum, count) => sum + count, 0);
      steps.push({ offered, answered: (rate * (statuses['200'] ?? 0)) / all, p99, statuses, errors });
    }
    const after = await ask(at('/projects'), headers);
    return { steps, after: after.status };
  });
}

/** Half a minute of ten times as many as are let in at once, then whether all is well at once. */
async function spike({ few }) {
  const headers = { cookie: few.cookie };
  return during(ours(), async () => {
    const offered = oha(at('/projects'), { rate: 10 * PEAK, seconds: 30, connections: 2_000, headers });
    await pause(2_000);
    const refused = [];
    for (let tries = 0; tries < 200 && refused.length < 20; tries += 1) {
      const began = performance.now();
      const answer = await ask(at('/projects'), headers);
      if (answer.status === 503) refused.push({ after: answer.headers['retry-after'], milliseconds: performance.now() - began });
    }
    const { statuses, errors, rate } = await offered;
    const after = await ask(at('/projects'), headers);
    return { statuses, errors, rate, refused, after: after.status };
  });
}

// ── The table ───────────────────────────────────────────────────────────────────────────────────────────────────

const whole = (figure) => Math.round(figure).toLocaleString('en');

function lines({ figures, deep, peaks, cold, steps, crowd, cache }) {
  const mid = (what, who) => median(figures[what][who]);
  const beside = (what, who, least) => {
    const ratio = mid(what, 'Atlas9') / mid(what, who);
    return {
      what,
      figure: `${whole(mid(what, 'Atlas9'))}/s`,
      peer: `${who} ${whole(mid(what, who))}/s`,
      rival: who,
      ratio,
      goal: `≥ ${least} ×`,
      kept: ratio >= least,
    };
  };
  const most = Math.max(...steps.steps.map((step) => step.answered));
  const last = steps.steps.at(-1);
  const isRight = ({ statuses, errors }) => Object.keys(statuses).every((status) => status === '200' || status === '503') && !Object.keys(errors).length;
  const p99 = median(peaks.turns.map((turn) => turn.p99));
  const peakAnswers = peaks.turns.every((turn) => Object.keys(turn.statuses).every((status) => status === '200'));
  const refusal = crowd.refused.length ? median(crowd.refused.map((one) => one.milliseconds)) : Infinity;
  const retry = crowd.refused.every(({ after }) => Number(after) >= 1);
  const start = median(cold);
  return [
    beside('public page from memory', 'bare axum', 0.6),
    beside('projects page', 'Next.js', 25),
    beside('projects page', 'SvelteKit', 6),
    beside('projects JSON', 'FastAPI', 4),
    beside('table of 1,000 rows', 'Next.js', 50),
    beside('table of 1,000 rows', 'SvelteKit', 6),
    {
      what: `projects JSON at ${whole(PEAK)}/s offered`,
      figure: `p50 ${median(peaks.turns.map((turn) => turn.p50))}, p95 ${median(peaks.turns.map((turn) => turn.p95))}, p99 ${p99} ms`,
      peer: `bare axum p50 ${median(peaks.limit.map((turn) => turn.p50))}, p99 ${median(peaks.limit.map((turn) => turn.p99))} ms`,
      goal: 'p99 < 50 ms',
      kept: p99 < 50 && peakAnswers,
    },
    { what: 'memory under that', figure: `${peaks.most} MB`, goal: '< 128 MB', kept: peaks.most < 128 },
    { what: 'page 10,000 beside page 1, of a million', figure: `${((median(deep) - 1) * 100).toFixed(1)} % more`, ratio: median(deep), goal: '≤ 10 %', kept: median(deep) <= 1.1 },
    { what: 'process start to first answer', figure: `${start.toFixed(0)} ms`, goal: '< 100 ms', kept: start < 100 },
    {
      what: `stress: ${STRESS.map((times) => whole(times * PEAK)).join(', ')}/s offered`,
      figure: `${steps.steps.map((step) => whole(step.answered)).join(', ')}/s`,
      peer: `p99 ${steps.steps.map((step) => Math.round(step.p99)).join(', ')} ms`,
      rival: 'itself',
      ratio: last.answered / most,
      goal: '≥ 0.7 × at the end',
      kept: last.answered >= 0.7 * most && steps.after === 200 && steps.steps.every(isRight),
    },
    {
      what: `spike: ${whole(10 * PEAK)}/s offered for 30 s`,
      figure: Object.entries(crowd.statuses).map(([status, count]) => `${status}: ${whole(count)}`).join(', '),
      peer: `refused in ${refusal.toFixed(0)} ms`,
      goal: `no other, in < ${REFUSED_WITHIN} ms, then 200`,
      kept: isRight(crowd) && retry && refusal < REFUSED_WITHIN && crowd.after === 200,
    },
    ...cache,
  ];
}

const show = (lines) => {
  const cells = lines.map(({ what, figure, peer = '', ratio, goal, kept }) => [what, figure, peer, ratio ? `${ratio.toFixed(2)} ×` : '', goal, kept ? 'kept' : 'MISSED']);
  const table = [['what', 'Atlas9', 'beside it', 'ratio', 'goal', ''], ...cells];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
};

/**
 * What fell by a quarter or more since the newest records, of those that had not fallen themselves: against the median of each line, so that neither one
 * lucky run nor one loss after another moves the mark. Figures of two days cannot be compared; ratios within a run can.
 */
async function fallen(lines) {
  const names = options.record ? await readdir(dirname(options.record)).catch(() => []) : [];
  const read = async (name) => JSON.parse(await readFile(join(dirname(options.record), name), 'utf8'));
  const records = await Promise.all(names.filter((name) => name.endsWith('.json')).map(async (name) => ({ name, ...(await read(name)) })));
  const sound = records.filter(({ fell = [] }) => fell.length === 0).toSorted((a, b) => a.name.localeCompare(b.name)).slice(-RECORDS);
  // Older records say beside whom by the words before the figure alone.
  const rival = (line) => line.rival ?? line.peer?.replace(/ [\d,]+\/s$/, '');
  return lines.flatMap(({ what, ratio, goal, ...line }) => {
    const then = sound.flatMap((record) => record.lines.filter((one) => one.what === what && rival(one) === rival(line) && one.ratio));
    if (!ratio || !goal.startsWith('≥') || then.length === 0) return [];
    const mark = median(then.map((one) => one.ratio));
    return ratio > 0.75 * mark ? [] : [`${what}${line.rival ? ` beside ${line.rival}` : ''}: ${mark.toFixed(2)} × before, ${ratio.toFixed(2)} × now`];
  });
}

const folder = await mkdtemp(join(tmpdir(), 'atlas9-table-'));
try {
  const everybody = await people();
  const [page, json] = [join(folder, 'page.br'), join(folder, 'projects.json')];
  await during(ours(), async () => {
    await writeFile(page, (await ask(at('/'), BROTLI)).body);
    await writeFile(json, (await ask(at('/api/projects?limit=20'), { cookie: everybody.few.cookie })).body);
  });
  const measured = {
    figures: await compete(contests(everybody, page)),
    deep: await deepPages(everybody),
    peaks: await peak(everybody, json),
    cold: await coldStarts(),
    steps: await stress(everybody),
    crowd: await spike(everybody),
    cache: options.cache ? JSON.parse(await readFile(options.cache, 'utf8')) : [],
  };
  const table = lines(measured);
  console.log(show(table));
  const worse = await fallen(table);
  worse.forEach((line) => console.error(`✗ ${line}`));
  if (options.record) {
    await mkdir(dirname(options.record), { recursive: true });
    await writeFile(options.record, `${JSON.stringify({ lines: table, fell: worse, measured }, null, 1)}\n`);
  }
  process.exitCode = table.every(({ kept }) => kept) && worse.length === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
