// The event log of a generation as it comes over the wire.
export interface LoggedEvent {
  readonly id: number;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads an event stream as a browser would (WHATWG HTML, section 9.2), as far as the program uses it. */
export function parseEvents(stream: string): LoggedEvent[] {
  const blocks = stream.split('\n\n').filter((block) => /^id: /m.test(block));
  return blocks.map((block) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
    return {
      id: Number(field('id')),
      kind: field('event'),
      data: JSON.parse(field('data')) as Record<string, unknown>,
    };
  });
}

/**
 * Addresses of what a reader holds after these events: each stage's pieces since its last restart and what is drawn from them, its
 * checks, and the receipt.
 */
export function piecesHeld(events: readonly LoggedEvent[]): string[] {
  const restarted = new Map<unknown, number>();
  events.filter(({ kind }) => kind === 'restart').forEach(({ id, data }) => restarted.set(data['stage'], id));
  const held = events.flatMap(({ id, kind, data }) => {
    const stage = String(data['stage']);
    if (kind === 'piece' && id > (restarted.get(data['stage']) ?? 0)) return [`${stage}/${String(data['path'])}`];
    if (kind === 'checks') return [`${stage}/checks`];
    return kind === 'receipt' ? ['receipt'] : [];
  });
  const drawn = held.some((path) => path.startsWith('code/files/')) ? ['code/tree'] : [];
  return [...new Set([...held, ...drawn])];
}

/** 1, 2, 3 … without a gap. */
export function numbersFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}
