// node bench/peers/socketio.mjs PORT: rooms with node's own socket.io and pg, as its documents show them, to be measured beside ours. DATABASE_URL is where
// messages are written before anybody is told, with the tables below. Standard input: lines of { room, token }, those who may come in; "up" is printed then.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { Server } from 'socket.io';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 });
await pool.query(`create table peer_members (token text primary key, room uuid not null, name text not null);
  create table peer_messages (id bigserial primary key, room uuid not null, token text not null references peer_members, client_id text not null, body text not null,
    created_at timestamptz not null default now(), unique (token, client_id));
  create index on peer_messages (room, id desc)`);

const [rooms, tokens] = [[], []];
for await (const line of createInterface({ input: process.stdin })) {
  const { room, token } = JSON.parse(line);
  rooms.push(room);
  tokens.push(token);
}
await pool.query(`insert into peer_members select token, room, 'Load ' || n from unnest($1::text[], $2::uuid[]) with ordinality as m (token, room, n)`, [tokens, rooms]);

const http = createServer();
const io = new Server(http, { serveClient: false });

io.of('/rooms')
  .use(async (socket, next) => {
    const { rows } = await pool.query('select room, name from peer_members where token = $1', [socket.handshake.auth.token]);
    if (rows.length === 0) return next(new Error('not-signed-in'));
    socket.data = { ...rows[0], token: socket.handshake.auth.token };
    next();
  })
  .on('connection', (socket) => {
    const { room, name, token } = socket.data;
    socket.on('enter', async (asked, answer) => {
      if (asked.room !== room) return answer({ error: { message: 'not-found' } });
      const { rows } = await pool.query('select coalesce(max(id), 0)::int as last from peer_messages where room = $1', [room]);
      await socket.join(room);
      // Numbers of all rooms together: none is next to the one before.
      answer({ ok: { place: { offset: rows[0].last, isGapless: false } } });
    });
    socket.on('say', async (asked, answer) => {
      if (asked.room !== room || typeof asked.body !== 'string') return answer({ error: { message: 'bad-request' } });
      const { rows } = await pool.query(
        'insert into peer_messages (room, token, client_id, body) values ($1, $2, $3, $4) returning id::int, created_at',
        [room, token, asked.client_id, asked.body],
      );
      const { id, created_at } = rows[0];
      const data = { id, client_id: asked.client_id, author: { name }, body: asked.body, html: asked.body, created_at, reactions: [], replies: 0 };
      io.of('/rooms').to(room).emit('entry', room, { offset: id, kind: 'message', data });
      answer({ ok: { id } });
    });
  });

http.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('up\n'));
process.on('SIGTERM', () => process.exit(0));
