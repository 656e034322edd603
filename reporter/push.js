// Asks the browser whether it may show notices when no page is open, and tells the server where. Only the settings refer to this file.

const part = document.querySelector('[data-push]');
const [button, words] = [part?.querySelector('button'), part?.querySelector('[role="status"]')];
const ADDRESS = '/api/account/push';
/** How long an answer may take, in milliseconds. */
const WITHIN = 15_000;

if (part && 'PushManager' in window && navigator.serviceWorker) void begin();

async function begin() {
  const registration = await navigator.serviceWorker.ready;
  let subscription = await ours(registration).catch(() => null);
  button.addEventListener('click', async () => {
    button.disabled = true;
    words.textContent = '';
    try {
      subscription = subscription ? await leave(subscription) : await join(registration);
    } catch (error) {
      words.textContent =
        Notification.permission === 'denied' ? 'This browser does not let us: allow notifications of this site first.' : `That did not work: ${error.message}`;
    }
    show(subscription);
    button.disabled = false;
  });
  show(subscription);
  part.hidden = false;
}

/** What this browser is subscribed with. Under another key of the server's, or of somebody else who was signed in here, it counts no more. */
async function ours(registration) {
  const subscription = await registration.pushManager.getSubscription();
  if (!subscription) return null;
  const key = subscription.options.applicationServerKey;
  if (key && encoded(key) === part.dataset.push) {
    const answer = await fetch(`${ADDRESS}?endpoint=${encodeURIComponent(subscription.endpoint)}`, { signal: AbortSignal.timeout(WITHIN) });
    if (!answer.ok || (await answer.json()).is_told) return subscription;
  }
  await subscription.unsubscribe();
  return null;
}

async function join(registration) {
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: part.dataset.push });
  try {
    await tell('PUT', subscription.toJSON());
  } catch (error) {
    await subscription.unsubscribe();
    throw error;
  }
  return subscription;
}

async function leave(subscription) {
  await tell('DELETE', { endpoint: subscription.endpoint });
  await subscription.unsubscribe();
  return null;
}

async function tell(method, body) {
  const answer = await fetch(ADDRESS, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(WITHIN),
  });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? `the server answered ${answer.status}`);
}

function show(subscription) {
  button.textContent = subscription ? 'Show no notices in this browser' : 'Show notices in this browser';
}

/** As keys are written: base64 for addresses, without padding. */
function encoded(key) {
  return btoa(String.fromCharCode(...new Uint8Array(key))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
