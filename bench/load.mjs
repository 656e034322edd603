// Servers, and load on them: what bin/bench measures with.
import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Asks once; rejects when nobody answers. */
export function ask(url, headers = {}) {
  return new Promise((resolve, reject) => {
    const asked = get(url, { headers, agent: false, timeout: 20_000 }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }));
    });
    asked.on('timeout', () => asked.destroy(new Error(`${url} took more than 20 seconds`)));
    asked.on('error', reject);
  });
}

/** Starts a server and waits until `url` answers 200. `milliseconds` is how long that took. */
export async function start(command, args, env, url) {
  const began = performance.now();
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    const killed = setTimeout(() => child.kill('SIGKILL'), 8_000);
    await ended;
    clearTimeout(killed);
  };
  while (performance.now() - began < 30_000) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
    const answered = await ask(url).catch(() => undefined);
    if (answered?.status === 200) return { pid: child.pid, milliseconds: performance.now() - began, stop };
    await pause(1);
  }
  await stop();
  throw new Error(`${url} did not come up within 30 seconds`);
}

/** Requests a second that a server answers to `connections` that never rest. Fails when any answer is an error. */
export async function wrk(url, { seconds = 3, connections = 32, headers = {} } = {}) {
  const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s', ...named, url];
  const { stdout } = await run('wrk', args, { timeout: (seconds + 30) * 1_000 });
  const errors = /Non-2xx or 3xx responses: \d+|Socket errors: .+/.exec(stdout);
  if (errors) throw new Error(`${url}: ${errors[0]}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
}

/** What `rate` requests a second, sent whatever comes back, are answered with. Times in milliseconds, counted from when a request was due. */
export async function oha(url, { rate, seconds, connections, headers = {} }) {
  const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = ['--no-tui', '--output-format', 'json', '--latency-correction', '-q', rate, '-c', connections];
  const told = await run('oha', [...args.map(String), '-z', `${seconds}s`, ...named, url], {
    timeout: (seconds + 60) * 1_000,
    maxBuffer: 64 << 20,
  });
  const { summary, latencyPercentiles: at, statusCodeDistribution: statuses, errorDistribution: errors } = JSON.parse(told.stdout);
  const milliseconds = (time) => Math.round(time * 100_000) / 100;
  return {
    rate: Math.round(summary.requestsPerSec),
    p50: milliseconds(at.p50),
    p95: milliseconds(at.p95),
    p99: milliseconds(at.p99),
    statuses,
    // Those that were under way when the time was over are no errors.
    errors: Object.fromEntries(Object.entries(errors).filter(([words]) => !words.includes('deadline'))),
  };
}

/** Megabytes of memory of a process: now, and the most it had. */
export async function memory(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)[1]) / 1_024);
  return { now: megabytes('VmRSS'), most: megabytes('VmHWM') };
}

/** The one in the middle. */
export function median(figures) {
  const sorted = figures.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
