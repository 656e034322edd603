// What the room's island talks through. Only the page of a room refers to this file.
import { io } from 'socket.io-client';

/** How long an answer may take, in milliseconds; what was not answered by then is said again. */
const ANSWER_WITHIN = 15_000;

/** Polling only where nothing else gets through: to begin with it and change over would take three round trips more. */
const WAYS = { transports: ['websocket', 'polling'], tryAllTransports: true };

globalThis.atlas9Connect = () => io('/rooms', { ...WAYS, ackTimeout: ANSWER_WITHIN, reconnectionDelay: 500, reconnectionDelayMax: 5_000 });
dispatchEvent(new Event('atlas9:rooms'));
