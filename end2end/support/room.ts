// A member of a room, by the official client of socket.io.
import { randomUUID } from 'node:crypto';
import { expect } from '@playwright/test';
import { io, type Socket } from 'socket.io-client';
import type { Guest } from './guest';
import type { Site } from './server';

export interface Place {
  readonly epoch: string;
  readonly offset: number;
}

export interface Entry {
  readonly offset: number;
  readonly kind: string;
  readonly data: { readonly id: string; readonly body?: string; readonly html?: string; readonly client_id?: string };
}

export interface Entered {
  readonly place: Place;
  readonly role: string;
  readonly entries?: readonly Entry[];
  readonly reload?: true;
  readonly here: readonly string[];
}

export type Answered<T> = { readonly ok: T } | { readonly error: { readonly code: string; readonly message: string } };

export interface Standing {
  readonly room: string;
  readonly role: string;
  readonly place: Place;
}

/** The room of a project, as its owner. */
export function roomOf(owner: Guest, project: string): Promise<Standing> {
  return owner.json<Standing>(`/api/projects/${project}/room`);
}

/** Lets somebody in by a link. */
export async function letIn(owner: Guest, room: string, guest: Guest, role = 'commenter'): Promise<void> {
  const invited = await owner.post(`/api/rooms/${room}/invitations`, { role });
  if (invited.status !== 201) throw new Error(`${invited.status}: ${invited.text}`);
  const { url } = JSON.parse(invited.text) as { url: string };
  const came = await guest.post(`/api/invitations/${url.split('/').at(-1) ?? ''}`);
  if (came.status !== 200) throw new Error(`${came.status}: ${came.text}`);
}

/** Somebody's connection, once they are in the room. */
export async function inRoom(talker: Talker): Promise<Talker> {
  await expect.poll(() => talker.isIn).toBe(true);
  return talker;
}

/** A connection that comes back by itself, keeps what it is told, and asks for what it missed. */
export class Talker {
  readonly socket: Socket;
  readonly entries: Entry[] = [];
  readonly told: { readonly event: string; readonly data: unknown }[] = [];
  /** How often the room had to be loaded anew. */
  reloads = 0;
  /** Whether this connection is in the room. */
  isIn = false;
  private place: Place | undefined;

  constructor(
    site: Site,
    readonly room: string,
    options: Record<string, unknown>,
  ) {
    this.socket = io(site.url('/rooms'), {
      transports: ['websocket'],
      reconnectionDelay: 50,
      reconnectionDelayMax: 300,
      ackTimeout: 5_000,
      forceNew: true,
      ...options,
    });
    this.socket.on('connect', () => void this.enter());
    this.socket.on('disconnect', () => (this.isIn = false));
    this.socket.on('entry', (room: string, entry: Entry) => {
      if (room === this.room) this.take(entry);
    });
    for (const event of ['typing', 'presence', 'out'])
      this.socket.on(event, (data: unknown) => this.told.push({ event, data }));
  }

  static of(site: Site, guest: Guest, room: string, options: Record<string, unknown> = {}): Talker {
    return new Talker(site, room, { extraHeaders: guest.headers(), ...options });
  }

  ask<T>(event: string, asked: object): Promise<Answered<T>> {
    return this.socket.emitWithAck(event, asked) as Promise<Answered<T>>;
  }

  /** Says something, again and again until it is answered. */
  async say(body: string, clientId: string = randomUUID()): Promise<Answered<{ id: string; place: Place }>> {
    for (;;) {
      const asked = { room: this.room, client_id: clientId, body };
      const answered = await this.ask<{ id: string; place: Place }>('say', asked).catch(() => undefined);
      if (answered) return answered;
    }
  }

  end(): void {
    this.socket.disconnect();
  }

  private async enter(): Promise<void> {
    const asked = this.place ? { room: this.room, place: this.place } : { room: this.room };
    const answered = await this.ask<Entered>('enter', asked).catch(() => undefined);
    if (!answered || 'error' in answered) return;
    const { entries, reload, place } = answered.ok;
    if (this.place && reload) this.reloads += 1;
    this.place ??= place;
    entries?.forEach((entry) => this.take(entry));
    this.isIn = true;
  }

  private take(entry: Entry): void {
    if (!this.place || entry.offset <= this.place.offset) return;
    if (entry.offset > this.place.offset + 1) {
      void this.enter();
      return;
    }
    this.place = { ...this.place, offset: entry.offset };
    this.entries.push(entry);
  }
}
