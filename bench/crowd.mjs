// Many people in rooms, each with the official client of socket.io: what bin/atlas9-load and bin/bench rooms send and measure with.
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { io } from 'socket.io-client';

const COME_AT_ONCE = 50;
const ANSWER_WITHIN = 15_000;
const AGAIN_AFTER = 200;
/** What is still on its way when nothing more is said has this long to arrive, in milliseconds. */
const GRACE = 5_000;

/** Latencies in milliseconds, in words: how many there are, their mean, and the 50th, 95th and 99th percentile. */
export function percentiles(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { count: sorted.length, mean, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) };
}

/** Somebody in one room, who comes back by themselves and notices whatever is missing. */
class Person {
  place;
  isIn = false;
  gaps = 0;
  heard = 0;

  constructor(crowd, url, { room, token }) {
    this.crowd = crowd;
    this.room = room;
    this.socket = io(`${url}/rooms`, {
      transports: ['websocket'],
      auth: { token },
      forceNew: true,
      ackTimeout: ANSWER_WITHIN,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
    });
    this.socket.on('connect', () => void this.enter());
    this.socket.on('disconnect', () => (this.isIn = false));
    this.socket.on('connect_error', (error) => crowd.refused(error));
    this.socket.on('entry', (of, entry) => of === room && this.take(entry));
  }

  async enter() {
    const asked = this.place ? { room: this.room, place: this.place } : { room: this.room };
    const answered = await this.socket.emitWithAck('enter', asked).catch((error) => ({ error }));
    if (answered.error) return this.crowd.refused(answered.error);
    const { place, entries, reload } = answered.ok;
    if (this.place && reload) this.gaps += 1;
    if (!this.place || reload) this.place = place;
    else for (const entry of entries ?? []) this.take(entry);
    this.isIn = true;
  }

  take({ offset, kind, data }) {
    if (!this.place || offset <= this.place.offset) return;
    // Between two people of one server nothing may be missing: it is asked for, and counted.
    if (this.place.isGapless !== false && offset > this.place.offset + 1) {
      this.gaps += 1;
      void this.enter();
      return;
    }
    this.place = { ...this.place, offset };
    if (kind !== 'message') return;
    this.heard += 1;
    this.crowd.heard(data.client_id);
  }

  /** Says it until it is answered, as the page does: whatever breaks on the way, under one name it is said once. */
  async say(id) {
    const until = performance.now() + ANSWER_WITHIN;
    for (;;) {
      try {
        return await this.socket.emitWithAck('say', { room: this.room, client_id: id, body: `Said at ${new Date().toISOString()}` });
      } catch (error) {
        if (performance.now() > until) throw error;
        await pause(AGAIN_AFTER);
      }
    }
  }
}

/** Everybody. `people` are `{ room, token }`. */
export class Crowd {
  latencies = [];
  acknowledged = [];
  errors = [];
  #sent = new Map();
  #number = 0;

  constructor(url, people) {
    this.url = url;
    this.asked = people;
    this.people = [];
    this.rooms = new Map();
    for (const { room } of people) this.rooms.set(room, (this.rooms.get(room) ?? 0) + 1);
  }

  /** All come, some at a time; resolves once they are in their rooms. */
  async come({ within = 120_000 } = {}) {
    const until = performance.now() + within;
    for (let from = 0; from < this.asked.length; from += COME_AT_ONCE) {
      const some = this.asked.slice(from, from + COME_AT_ONCE).map((asked) => new Person(this, this.url, asked));
      this.people.push(...some);
      while (some.some(({ isIn }) => !isIn)) {
        if (performance.now() > until) throw new Error(`${some.filter(({ isIn }) => !isIn).length} did not come in: ${this.errors.at(-1)}`);
        await pause(5);
      }
    }
  }

  /** Somebody says something, `rate` times a second in all, for so many seconds, whatever comes back. Then waits for what is on its way. */
  async talk({ rate, seconds, each = () => {} }) {
    const [began, before] = [performance.now(), this.#number];
    let lag = 0;
    for (let n = 0; n < rate * seconds; n += 1) {
      const due = began + (n * 1_000) / rate;
      while (performance.now() < due) await pause(Math.max(0, Math.floor(due - performance.now())));
      lag = Math.max(lag, performance.now() - due);
      this.#say(this.people[Math.floor(Math.random() * this.people.length)]);
      if (n % rate === 0) each(n / rate);
    }
    const until = performance.now() + GRACE;
    while (this.#sent.size > 0 && performance.now() < until) await pause(20);
    const missing = [...this.#sent.values()].reduce((sum, { waits }) => sum + waits, 0);
    const said = this.#number - before;
    this.#sent.clear();
    return { said, seconds, missing, lag, ...this.tell() };
  }

  tell() {
    const gaps = this.people.reduce((sum, person) => sum + person.gaps, 0);
    return { delivered: percentiles(this.latencies), acknowledged: percentiles(this.acknowledged), errors: this.errors.length, error: this.errors[0], gaps };
  }

  /** Forgets what was measured so far. */
  reset() {
    [this.latencies, this.acknowledged, this.errors] = [[], [], []];
    for (const person of this.people) person.gaps = 0;
  }

  #say(person) {
    const [id, at] = [`load-${process.pid}-${(this.#number += 1)}`, performance.now()];
    this.#sent.set(id, { at, waits: this.rooms.get(person.room) });
    person.say(id).then(
      (answered) => (answered.ok ? this.acknowledged.push(performance.now() - at) : this.errors.push(answered.error.message)),
      (error) => this.errors.push(error.message),
    );
  }

  heard(id) {
    const said = this.#sent.get(id);
    if (!said) return;
    this.latencies.push(performance.now() - said.at);
    said.waits -= 1;
    if (said.waits === 0) this.#sent.delete(id);
  }

  refused(error) {
    this.errors.push(error.message ?? String(error));
  }

  /** Breaks every connection, evenly over so many milliseconds, as a network does: nobody says goodbye. */
  async breakAll(over) {
    const began = performance.now();
    for (const [n, person] of this.people.entries()) {
      const due = began + (n * over) / this.people.length;
      if (performance.now() < due) await pause(due - performance.now());
      person.isIn = false;
      person.socket.io.engine.transport.ws?._socket?.destroy();
    }
  }

  end() {
    for (const { socket } of this.people) socket.disconnect();
  }
}

/** What a process has used, by its id: processor in seconds, memory in megabytes. */
export async function used(pid) {
  const [stat, status] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/status`, 'utf8')]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime and stime, in hundredths of a second: proc(5).
  return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, memory: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1_024 };
}

/** What a server has used, as it tells itself. */
export async function told(url) {
  const text = await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) })).text();
  const figure = (name) => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+]+)`, 'm').exec(text)?.[1]);
  return { cpu: figure('process_cpu_seconds_total'), memory: figure('process_resident_memory_bytes') / 2 ** 20 };
}

/** Looks every second how much a server uses, by `look`, until it is stopped; then the share of one processor, and memory in megabytes. */
export function watch(look) {
  const [looks, began] = [[], performance.now()];
  const take = async () => looks.push({ at: performance.now() - began, ...(await look().catch(() => ({ cpu: NaN, memory: NaN }))) });
  const timer = setInterval(() => void take(), 1_000);
  const first = take();
  return async () => {
    clearInterval(timer);
    await first;
    await take();
    const [from, to] = [looks[0], looks.at(-1)];
    const third = Math.max(1, Math.floor(looks.length / 3));
    const mean = (some) => some.reduce((sum, { memory }) => sum + memory, 0) / some.length;
    const [early, late] = [mean(looks.slice(third, 2 * third)), mean(looks.slice(-third))];
    return {
      cpu: ((to.cpu - from.cpu) * 1_000) / (to.at - from.at),
      memory: { first: from.memory, last: to.memory, most: Math.max(...looks.map(({ memory }) => memory)), growth: late / early - 1 },
    };
  };
}
