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
    return { id: Number(field('id')), kind: field('event'), data: JSON.parse(field('data')) as Record<string, unknown> };
  });
}

/** Addresses of the pieces that a reader holds after these events, in the order of their parts. */
export function piecesHeld(events: readonly LoggedEvent[]): string[] {
  const since = events.findLastIndex((event) => event.kind === 'restart');
  const pieces = events.slice(since + 1).filter((event) => event.kind === 'piece');
  return pieces.map((event) => String(event.data['path']));
}

/** 1, 2, 3 … without a gap. */
export function numbersFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}
