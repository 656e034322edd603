import { Pool, types } from 'pg';
import { titleOf } from './directive';

export type Visibility = 'private' | 'unlisted' | 'public';
export type Status = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

export interface Project {
  readonly id: string;
  readonly title: string;
  readonly directive: string;
  readonly visibility: Visibility;
  /** The day, in UTC. */
  readonly createdOn: string;
  readonly status: Status;
}

export interface Page {
  readonly items: readonly Project[];
  readonly nextCursor: string | null;
}

interface Row {
  readonly id: string;
  readonly title: string | null;
  readonly directive: string;
  readonly visibility: Visibility;
  readonly created_at: string;
  readonly status: Status;
}

const ROWS = 20;

// As PostgreSQL writes them: a cursor needs the microseconds, which a Date does not have.
types.setTypeParser(types.builtins.TIMESTAMPTZ, String);

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 20, options: '-c TimeZone=UTC' });

// The statement of our own list. It has a name, so that each connection prepares it once.
const LIST = {
  name: 'list-newest',
  text: `
    select p.id, p.title, p.directive, p.visibility, p.archived_at, p.deleted_at, p.created_at, p.updated_at,
           p.latest_generation as generation_id, p.latest_status as status
    from projects p
    where p.owner_id = $1
      and (case when p.deleted_at is not null then 'deleted' when p.archived_at is not null then 'archived'
           else 'active' end) = $2
      and (p.created_at, p.id) < ($4, $5)
    order by p.created_at desc, p.id desc limit $3`,
};
// Comes before no row.
const START = ['9999-12-31T23:59:59Z', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];

/** The first page of somebody's projects, newest first. */
export async function listProjects(owner: string): Promise<Page> {
  // One more than shown tells whether there is another page.
  const values = [owner, 'active', ROWS + 1, ...START];
  const { rows } = await pool.query<Row>({ ...LIST, values });
  const shown = rows.slice(0, ROWS);
  const last = rows.length > ROWS ? shown.at(-1) : undefined;
  return { items: shown.map(project), nextCursor: last ? cursor(last) : null };
}

function project({ id, title, directive, visibility, created_at, status }: Row): Project {
  const createdOn = created_at.slice(0, 'YYYY-MM-DD'.length);
  return { id, title: title ?? titleOf(directive, 120), directive, visibility, createdOn, status };
}

/** The place of a row in the list: its time in microseconds, and its id. */
function cursor({ id, created_at }: Row): string {
  const [seconds, fraction = ''] = created_at.replace('+00', '').split('.');
  const bytes = Buffer.alloc(24);
  bytes.writeBigInt64BE(BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0')));
  bytes.write(id.replaceAll('-', ''), 8, 'hex');
  return bytes.toString('base64url');
}
