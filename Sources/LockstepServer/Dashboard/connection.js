// The stream of events, and what is shown without it.
const link = { heard: 0, stop: null, since: 0, nextAt: 0, wake: () => {}, why: null };

async function follow() {
  let pause = 1000;
  for (;;) {
    link.stop = new AbortController();
    link.heard = performance.now();
    try {
      const response = await ask('/v1/events', { signal: link.stop.signal, headers: { Accept: 'text/event-stream' } });
      await read(response.body, (event, data) => {
        if (event === 'status') {
          takeStatus(data);
          if (state.phase !== 'live') { pause = 1000; live(); }
        } else if (event === 'changes') changes.take(data);
      });
      link.why = null;
    } catch (error) {
      link.why = error instanceof Trouble && error.status ? error : null;
      if (error.status === 401) { await locked(); continue; }
      if (!(error instanceof Trouble) && !link.stop.signal.aborted && error.name !== 'TypeError') console.error(error); // a defect of this page
    }
    link.stop.abort();
    lost(pause);
    await sleep(pause, wake => { link.wake = wake; });
    pause = Math.min(pause * 2, 10_000);
  }
}
/** Server-sent events from a stream of bytes; EventSource cannot send the token. */
async function read(stream, handle) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '', event = '', data = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    link.heard = performance.now();
    const parts = (rest + value).split('\n');
    rest = parts.pop();
    for (const part of parts) {
      const line = part.endsWith('\r') ? part.slice(0, -1) : part;
      if (line === '') { if (data.length) handle(event, JSON.parse(data.join('\n'), exact)); event = ''; data = []; }
      else if (line.startsWith('event:')) event = line.slice(6).trim();
      else if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
    }
  }
}
function live() {
  state.phase = 'live';
  $('lost').hidden = true;
  $('main').classList.remove('old');
  $('link').className = 'tag good';
  tagged($('link'), '●', 'page connected');
  showStatus(state.status);
  failures.load(); // what was shown is of before
  takeHistory().catch(() => {}); // the chart fills by itself
}
function lost(pause) {
  if (state.phase !== 'lost') { link.since = Date.now(); if (state.phase === 'live') tell('The page has lost its connection to Lockstep. What is shown is old.'); }
  state.phase = 'lost';
  link.nextAt = Date.now() + pause;
  $('lost').hidden = false;
  $('loading').hidden = true;
  attr($('main'), 'aria-busy', false);
  $('main').classList.add('old');
  $('link').className = 'tag bad';
  tagged($('link'), '✕', 'page disconnected');
  if (state.status) tagged($('word'), '○', `until ${clock.format(link.since)}: ${verdict(state.status).word.toLowerCase()}`);
  tab('quiet', '○', 'page disconnected');
  spoken = '';
  for (const button of document.querySelectorAll('.listener .acts button:not(:last-of-type)')) lock(button);
  failures.relock();
  tick();
}
async function locked() {
  state.phase = 'locked';
  state.status = null;
  for (const id of ['loading', 'lost', 'state', 'all']) $(id).hidden = true;
  attr($('main'), 'aria-busy', false);
  $('link').className = 'tag warn';
  tagged($('link'), '▲', 'token wanted');
  tab('warn', '▲', 'token wanted');
  await askToken(false);
  $('loading').hidden = false;
}
function tick() {
  if (state.phase === 'live' && performance.now() - link.heard > 10_000) link.stop.abort(); // half open
  if (state.phase !== 'lost') return;
  const left = Math.max(0, Math.ceil((link.nextAt - Date.now()) / 1000)), known = state.status;
  prose($('lost-what'), link.why ? `${link.why.message} ${link.why.hint ?? ''}`.trim() : `No connection to Lockstep since ${clock.format(link.since)}.`);
  put($('lost-then'), `${known ? `What you see is ${lasts((Date.now() - link.since) / 1000)} old. ` : ''}Is the process running? Changes made meanwhile are caught up with. ${left ? `Trying again in ${left} s.` : 'Trying …'}`);
}
$('again').onclick = () => link.wake();
addEventListener('online', () => link.wake());
addEventListener('hashchange', () => { if (takeToken()) { refused = false; if ($('ask').open) $('ask').close(); link.stop?.abort(); link.wake(); } });
setInterval(tick, 1000);

try { token = sessionStorage.getItem('lockstep.token'); } catch { /* then it is asked for */ }
takeToken();
follow();
