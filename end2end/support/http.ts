// HTTP without a browser's manners: any header, any body, and the time at which each part of an answer came.
import { request as send, type IncomingHttpHeaders } from 'node:http';
import { StringDecoder } from 'node:string_decoder';

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** The whole answer has to be there by then. */
  readonly limitMs?: number;
  /** Stop reading once this holds of the text so far. */
  readonly enough?: (text: string) => boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Every part with the milliseconds between the request and its arrival. */
  readonly parts: readonly { readonly at: number; readonly text: string }[];
}

export function request(url: string, ask: Ask = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, limitMs = 15_000, enough } = ask;
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const limit = AbortSignal.timeout(limitMs);
    // No kept connection: it would outlive a server that is killed.
    const outgoing = send(
      url,
      { method, headers: { ...length, ...headers }, agent: false, signal: limit },
      (incoming) => {
        const decoder = new StringDecoder('utf8');
        const parts: { at: number; text: string }[] = [];
        let text = '';
        const finish = () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, parts });
        incoming.on('data', (bytes: Buffer) => {
          const part = decoder.write(bytes);
          text += part;
          parts.push({ at: performance.now() - began, text: part });
          if (enough?.(text)) {
            finish();
            incoming.destroy();
          }
        });
        incoming.on('end', finish);
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The media type of an answer, without its parameters. */
export function mediaType(answer: Answer): string {
  return (answer.headers['content-type'] ?? '').split(';')[0] ?? '';
}
