// Requests to the server.
/** What went wrong, in the server's words when it has some. */
class Trouble extends Error {
  constructor(status, message, hint = '') { super(message); this.status = status; this.hint = hint; }
}
let token = null;
function keep(value) {
  token = value;
  try { if (value) sessionStorage.setItem('lockstep.token', value); else sessionStorage.removeItem('lockstep.token'); } catch { /* this page alone has it then */ }
}
/** `#token=…` is taken and leaves the address bar, so that nobody reads or copies it from there. */
function takeToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get('token');
  if (!found) return false;
  keep(found);
  history.replaceState(null, '', location.href.split('#')[0]);
  return true;
}
/** Whole numbers beyond 2^53, as an _id may be, stay what they are. */
function exact(key, value, context) {
  return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER && context && JSON.rawJSON && /^-?\d+$/.test(context.source)
    ? JSON.rawJSON(context.source) : value;
}
async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', redirect: 'error', ...options, headers: { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) } });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Trouble(0, 'Lockstep does not answer.');
  }
  if (response.ok) return response;
  let body = null;
  try { body = await response.json(); } catch { /* not from Lockstep */ }
  const trouble = new Trouble(response.status, body?.error?.message ?? `The answer was HTTP ${response.status}.`, body?.error?.hint);
  // A token of before a restart must not stand in the way of what needs none.
  if (response.status === 401 && token) {
    keep(null);
    refused = true;
    if (!options.method) return ask(path, options);
  }
  throw trouble;
}
async function get(path) { return JSON.parse(await (await ask(path, { signal: AbortSignal.timeout(15_000) })).text(), exact); }
async function post(path, body) {
  const response = await ask(path, { method: 'POST', signal: AbortSignal.timeout(30_000), headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body ?? {}) });
  return response.json();
}
