// Shows the status.
let spoken = '';
function showStatus(s) {
  $('loading').hidden = true;
  $('state').hidden = $('all').hidden = false;
  attr($('main'), 'aria-busy', false);
  put($('where').firstChild, s.database);
  put($('where').lastChild, ` at ${s.uri}`);
  showVerdict(s);
  // One that is standby sees no changes.
  for (const id of ['figures', 'course', 'changes']) $(id).hidden = s.state === 'standingBy';
  showFigures(s);
  showListeners(s);
  showTotals(s);
  showEmpty(s);
  $('locked').hidden = s.canChange || !s.listeners.length;
  failures.filters(s);
  put($('about'), `Lockstep ${s.version} on ${s.host}, process ${s.pid}`);
}
function showVerdict(s) {
  const v = verdict(s);
  $('state').className = `card verdict ${v.look}`;
  tagged($('word'), v.icon, v.word);
  prose($('sentence'), v.text);
  $('sentence').className = v.text.length > 110 ? 'long' : '';
  prose($('hint'), v.hint);
  $('hint').hidden = !v.hint;
  extras($('whole'), v.problem);
  const behind = s.lagSeconds === null ? '' : ` Lag ${lasts(s.lagSeconds)}.`;
  // Nothing is known of one that is paused.
  const asked = s.listeners.filter(l => l.state !== 'paused'), all = sum(asked, l => l.documents), good = sum(asked, l => l.fresh);
  const left = s.listeners.length - asked.length, without = left ? ` ${some(left, 'paused listener')} ${left === 1 ? 'is' : 'are'} not counted.` : '';
  put($('sum'), all && s.state !== 'disconnected' ? `${count(good)} of ${some(all, 'prediction')} ${good === 1 ? 'is' : 'are'} fresh (${percent(good, all)}).${without}${behind}` : without.trim());
  const list = $('problems'), drawn = JSON.stringify(v.rest);
  if (list.dataset.drawn !== drawn) {
    list.dataset.drawn = drawn;
    list.replaceChildren(...v.rest.map(problem => {
      const [look, icon, word] = marks[problem.severity] ?? marks.info, text = el('p'), hint = el('p', { className: 'muted' });
      prose(text, problem.message);
      prose(hint, problem.hint ?? '');
      const more = el('div', { className: 'extras' });
      extras(more, problem);
      return el('li', {}, tagged(el('span', { className: `tag ${look}` }), icon, word), el('div', {}, text, hint, more));
    }));
    list.hidden = !v.rest.length;
  }
  const kind = `${v.word} ${s.problems.map(p => p.code + p.listener).join()}`;
  if (kind !== spoken) { spoken = kind; tell(`${v.word}. ${v.text} ${v.hint}`); }
  tab(v.look, v.icon, v.look === 'good' ? 'fresh' : v.word.toLowerCase());
}
/** The whole text that a message shortens, and the listeners that one cause hits. */
function extras(node, problem) {
  const ids = problem?.listeners ?? [], drawn = JSON.stringify([problem?.detail, ids.length > 1 ? ids : []]);
  node.hidden = !problem?.detail && ids.length < 2;
  if (node.dataset.drawn === drawn) return;
  node.dataset.drawn = drawn;
  node.replaceChildren();
  if (problem?.detail) node.append(raw('The whole message', problem.detail));
  if (ids.length > 1) node.append(el('details', {}, el('summary', { textContent: some(ids.length, 'listener') }), el('div', { className: 'hits' }, ...ids.map(id => el('span', { className: 'mono', textContent: id })))));
}
function raw(title, text) {
  return el('details', { className: 'raw' }, el('summary', { textContent: title }), el('pre', { textContent: text, tabIndex: 0, role: 'group', 'aria-label': title }));
}
/** A long text up to the end of a clause, and whether something is left out. */
function brief(text, limit = 160) {
  if (text.length <= limit) return [text, false];
  const head = text.slice(0, limit), ends = [': [', ' [', '\n', '. ', '; '].map(end => head.indexOf(end)).filter(at => at > 20);
  return [ends.length ? head.slice(0, Math.min(...ends)) : head.slice(0, head.lastIndexOf(' ') > 20 ? head.lastIndexOf(' ') : limit) + ' …', true];
}
/** Icon and word; the icon is for eyes alone. */
function tagged(node, icon, word) {
  if (node.dataset.tag !== icon + word) {
    node.dataset.tag = icon + word;
    node.replaceChildren(el('span', { 'aria-hidden': 'true', textContent: icon }), word);
  }
  return node;
}
const paints = { good: '#16946c', warn: '#c77c0a', bad: '#cf3a32', calm: '#3b78d0', quiet: '#7d8894' };
function tab(look, icon, word) {
  document.title = `${look === 'good' ? '●' : icon} ${word} – Lockstep`;
  const drawn = look === 'bad' ? "<path d='M3 3l10 10M13 3L3 13' stroke='C' stroke-width='4'/>" : look === 'warn' ? "<path d='M8 1l7 14H1z' fill='C'/>" : look === 'quiet' ? "<circle cx='8' cy='8' r='5.5' fill='none' stroke='C' stroke-width='3'/>" : "<circle cx='8' cy='8' r='7' fill='C'/>";
  attr($('icon'), 'href', 'data:image/svg+xml,' + encodeURIComponent(`<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>${drawn.replaceAll('C', paints[look])}</svg>`));
}
function showFigures(s) {
  put($('lag'), s.lagSeconds === null ? 'not known' : lasts(s.lagSeconds));
  if (s.position?.time) { if ($('lag-at').dataset.at !== s.position.time) { $('lag-at').dataset.at = s.position.time; $('lag-at').replaceChildren('all reflected up to ', moment(s.position.time)); } } else put($('lag-at'), 'no position yet');
  const room = s.headroom && { ...s.headroom, seconds: Math.min(s.headroom.seconds, s.headroom.windowSeconds) };
  const isWorking = worked.includes(s.state);
  put($('room'), room ? lasts(room.seconds) : isWorking ? 'not shown' : 'not known');
  put($('room-of'), room ? `of ${lasts(room.windowSeconds)} in the oplog` : isWorking ? 'the user needs the role clusterMonitor' : '');
  meter($('room-bar'), room?.seconds, room?.windowSeconds, room ? `${lasts(room.seconds)} of ${lasts(room.windowSeconds)}` : '');
  const q = s.queue;
  $('queue').replaceChildren(count(q.documents), el('small', { textContent: q.documents === 1 ? ' document' : ' documents' }));
  put($('queue-of'), `${bytes(q.bytes)} of ${bytes(q.limitBytes)}`);
  meter($('queue-bar'), q.bytes, q.limitBytes, `${bytes(q.bytes)} of ${bytes(q.limitBytes)}`);
  put($('memory'), bytes(s.memoryBytes));
  put($('uptime'), `running for ${lasts((Date.parse(s.at) - Date.parse(s.startedAt)) / 1000)}`);
}
function meter(node, value, limit, text) {
  node.hidden = !limit;
  if (!limit) return;
  for (const [name, v] of [['aria-valuemin', 0], ['aria-valuemax', Math.round(limit)], ['aria-valuenow', Math.round(value)], ['aria-valuetext', text]]) attr(node, name, v);
  node.firstElementChild.style.width = `${Math.min(100, 100 * value / limit)}%`;
}
const counted = {
  inserts: 'Inserts seen', updates: 'Updates seen', replaces: 'Replaces seen', deletes: 'Deletes seen',
  modelCalls: 'Calls of models', modelInputs: 'Inputs to models', outputs: 'Predictions stored', superseded: 'Superseded by a change',
  alreadyFresh: 'Fresh already', parked: 'Parked', retries: 'Retries', positionsSaved: 'Positions saved',
};
function showTotals(s) {
  const list = $('totals');
  if (!list.children.length) list.append(...Object.entries(counted).map(([name, word]) => el('div', {}, el('dt', { textContent: word }), el('dd', { id: `count-${name}` }))));
  for (const name of Object.keys(counted)) put($(`count-${name}`), count(s.counts[name]));
}
function showEmpty(s) {
  // Only one that works knows that there are none.
  const none = s.listeners.length > 0 && ['following', 'backfilling'].includes(s.state) && !s.listeners.some(l => l.documents || l.withoutInput);
  $('empty').hidden = !none;
  if (!none) return;
  const l = s.listeners[0], path = Array.isArray(l.key) ? l.key[0] : l.key.split(',')[0];
  const value = path.split('.').reverse().reduce((inner, name) => `{${JSON.stringify(name)}: ${inner}}`, '"Hello"');
  prose($('empty-keys'), s.listeners.map(l => `\`${l.on}.${keyOf(l)}\``).join(', '));
  put($('empty-code'), `from pymongo import MongoClient\n\nMongoClient("${s.uri}")["${s.database}"]["${l.on}"].insert_one(${value})`);
}
