// What the room's island talks through. Only the page of a room refers to this file.
import { io } from 'socket.io-client';

/** How long an answer may take, in milliseconds; what was not answered by then is said again. */
const ANSWER_WITHIN = 15_000;

globalThis.atlas9Connect = () => io('/rooms', { ackTimeout: ANSWER_WITHIN, reconnectionDelay: 500, reconnectionDelayMax: 5_000 });
dispatchEvent(new Event('atlas9:rooms'));
