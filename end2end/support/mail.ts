// A mail server that takes everything and keeps it, as a mailbox would.
import { domainToASCII } from 'node:url';
import { SMTPServer } from 'smtp-server';
import PostalMime from 'postal-mime';

export interface Letter {
  /** Who the mail server was told to deliver to. */
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Header names, lower case, in order. */
  readonly headers: readonly string[];
}

const ARRIVES_WITHIN_MS = 10_000;

export class MailServer {
  private readonly letters: Letter[] = [];
  private readonly waiting = new Set<() => void>();
  private port = 0;
  private readonly server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: 1_000_000,
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        void this.keep(Buffer.concat(parts), recipients).then(() => done(), done);
      });
    },
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.server.server.address();
    if (address === null || typeof address === 'string') throw new Error('The mail server has no port.');
    this.port = address.port;
  }

  async end(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  /** Everything that came for an address, in order. */
  lettersTo(address: string): readonly Letter[] {
    const wanted = ascii(address);
    return this.letters.filter(({ recipients }) => recipients.some((recipient) => ascii(recipient) === wanted));
  }

  /** The letter number `count` for an address, once it is there. */
  async letterTo(address: string, count = 1): Promise<Letter> {
    const deadline = Date.now() + ARRIVES_WITHIN_MS;
    for (;;) {
      const letter = this.lettersTo(address)[count - 1];
      if (letter) return letter;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`Letter ${count} to ${address} did not arrive in time.`);
      await this.next(left);
    }
  }

  private next(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const arrived = () => {
        clearTimeout(timer);
        this.waiting.delete(arrived);
        resolve();
      };
      const timer = setTimeout(arrived, limitMs);
      this.waiting.add(arrived);
    });
  }

  private async keep(raw: Buffer, recipients: readonly string[]): Promise<void> {
    const parsed = await PostalMime.parse(raw);
    const headers = parsed.headers.map(({ key }) => key);
    this.letters.push({ recipients, subject: parsed.subject ?? '', text: parsed.text ?? '', headers });
    this.waiting.forEach((arrived) => arrived());
  }
}

/** An address with its domain in the form that the network knows. */
function ascii(address: string): string {
  const at = address.lastIndexOf('@');
  return address.slice(0, at + 1) + domainToASCII(address.slice(at + 1));
}

/** The link in a letter. */
export function linkIn(letter: Letter): string {
  const link = /https?:\/\/\S+/.exec(letter.text)?.[0];
  if (!link) throw new Error(`There is no link in:\n${letter.text}`);
  return link;
}
