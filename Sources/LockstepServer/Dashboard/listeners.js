// Listeners, a card each.
const kinds = ['fresh', 'stale', 'missing', 'failed', 'unchecked'], kindWords = { failed: 'parked' };
const worked = ['following', 'backfilling'], manyListeners = 8;
/** What is to be said of it besides its state, as of a collection that is not there. */
const warningsOf = (l, s) => s.problems.filter(p => p.severity === 'warning' && p.listeners.includes(l.id) && !['failures', 'modelOut', 'budget'].includes(p.code)).map(p => p.message);
/** How a listener looks, a mark and a word; the first of a list is the worst. */
function condition(l, s) {
  if (l.state === 'paused') return { tone: 'calm', icon: '‖', word: 'paused', rank: 3 };
  // What was known before MongoDB went away is no news of now.
  if (!worked.includes(s.state)) return { tone: 'quiet', icon: '○', word: s.state === 'disconnected' ? 'not known' : 'not running', rank: 5 };
  if (l.state === 'out') return { tone: 'bad', icon: '✕', word: 'unavailable', rank: 0 };
  if (l.state === 'refused') return { tone: 'bad', icon: '✕', word: 'writes refused', rank: 0 };
  if (l.state === 'spent') return { tone: 'warn', icon: '‖', word: 'budget spent', rank: 2 };
  if (l.state === 'blocked') return { tone: 'bad', icon: '■', word: 'blocked', rank: 0 };
  if (l.failed && l.failed * 2 >= l.documents) return { tone: 'warn', icon: '▲', word: `${percent(l.failed, l.documents)} parked`, rank: 1 };
  if (warningsOf(l, s).length) return { tone: 'warn', icon: '▲', word: 'warning', rank: 1 };
  if (l.reconcile) return { tone: 'calm', icon: '◔', word: 'following, scan', rank: 4 };
  return { tone: 'good', icon: '✓', word: 'following', rank: l.failed ? 2 : 6 };
}
const cards = new Map();
function showListeners(s) {
  const list = $('listeners'), isMany = s.listeners.length >= manyListeners;
  const collections = new Set(s.listeners.map(l => l.on)).size;
  put($('listeners-sum'), s.listeners.length > 1 ? `${count(s.listeners.length)} on ${some(collections, 'collection')}` : '');
  $('elsewhere').hidden = s.listeners.length > 0;
  put($('elsewhere'), s.state === 'standingBy' ? 'The process that works knows their state; this one has it once it takes over.' : 'None yet.');
  $('tools').hidden = $('dense').hidden = !isMany;
  $('all').classList.toggle('many', isMany);
  list.hidden = isMany;
  if (isMany) { cards.forEach(card => { if (list.contains(card.node)) card.node.remove(); }); return dense.show(s); }
  for (const [id, card] of cards) if (!s.listeners.some(l => l.id === id)) { card.node.remove(); cards.delete(id); }
  s.listeners.forEach((l, i) => {
    if (!cards.has(l.id)) cards.set(l.id, listenerCard(l));
    const card = cards.get(l.id);
    if (list.children[i] !== card.node) list.insertBefore(card.node, list.children[i] ?? null);
    card.show(l, s);
  });
}
function listenerCard(l) {
  const name = title(l), path = `/v1/listeners/${encodeURIComponent(l.id)}`;
  const part = (tag, className, ...children) => el(tag, { className }, ...children);
  const tag = part('span', 'tag end'), reason = part('p', 'muted'), whole = el('div'), warnings = part('ul', 'muted'), share = el('div', { className: 'share', role: 'img' });
  const slices = Object.fromEntries(kinds.map(kind => [kind, part('i', kind)]));
  share.append(...Object.values(slices));
  const numbers = {}, entries = kinds.map(kind => el('li', {}, part('i', kind), numbers[kind] = el('b'), ` ${kindWords[kind] ?? kind}`));
  entries.forEach((entry, i) => { entry.firstChild.setAttribute('aria-hidden', 'true'); entry.dataset.kind = kinds[i]; });
  const without = el('li', { className: 'none' }, numbers.without = el('b'), ' no input');
  const cut = el('li', { className: 'none', title: 'The text is longer than the model takes' }, numbers.cut = el('b'), ' cut');
  const facts = part('dl', 'facts'), dd = {};
  for (const [key, word] of [['waiting', 'Pending'], ['rate', 'Outputs'], ['model', 'Model p50 / p99'], ['today', 'Today'], ['budget', 'Budget'], ['version', 'Version'], ['output', 'Output'], ['where', 'where']]) facts.append(el('div', {}, el('dt', { textContent: word }), dd[key] = part('dd', ['output', 'version', 'where'].includes(key) ? 'mono' : '')));
  const bar = el('div', { className: 'bar', role: 'progressbar', 'aria-label': `Scan for ${name}` }, el('i')), progress = part('p', '');
  const look = el('div', {}, progress, bar);
  const toggle = el('button', { type: 'button' }), again = el('button', { type: 'button', textContent: 'Scan again' });
  again.setAttribute('aria-label', `Scan again: ${name}`);
  const failing = el('button', { type: 'button' }), said = part('span', 'said');
  let now = l;
  toggle.onclick = () => { const verb = now.state === 'paused' ? 'resume' : 'pause'; press(toggle, said, async () => { await change(`${path}/${verb}`); return verb === 'pause' ? 'Paused. Its pending changes are dropped; a scan finds them when it is resumed.' : 'Resumed. Its documents are scanned.'; }); };
  again.onclick = () => press(again, said, async () => { await change(`${path}/reconcile`); return 'All its documents are scanned.'; });
  failing.onclick = () => { failures.only(l.id); $('failures').scrollIntoView({ block: 'start' }); $('filter').focus({ preventScroll: true }); };
  const node = el('article', { className: 'card listener', id: `listener-${l.id}` },
    part('div', 'head', el('h3', {}, el('span', { textContent: `${l.on}.${keyOf(l)}` }), ` → ${l.model}`), tag), reason, whole, warnings,
    share, part('ul', 'legend', ...entries, without, cut), look, facts, part('div', 'acts', toggle, again, failing, said));
  for (const ul of node.querySelectorAll('ul')) ul.setAttribute('role', 'list');
  node.setAttribute('aria-label', name);
  function show(l, s) {
    now = l;
    const { tone, icon, word } = condition(l, s);
    node.classList.toggle('quiet', tone === 'quiet');
    tag.className = `tag end ${tone}`;
    tagged(tag, icon, word);
    const [short, isCut] = brief(l.reason ?? '');
    reason.hidden = !l.reason;
    prose(reason, short);
    whole.hidden = !isCut;
    if (isCut && whole.dataset.text !== l.reason) { whole.dataset.text = l.reason; whole.replaceChildren(raw('The whole message', l.reason)); }
    const notes = warningsOf(l, s);
    warnings.hidden = !notes.length;
    if (warnings.dataset.text !== notes.join('\n')) { warnings.dataset.text = notes.join('\n'); warnings.replaceChildren(...notes.map(text => { const li = el('li'); prose(li, `▲ ${text}`); return li; })); }
    for (const kind of kinds) {
      slices[kind].hidden = !l[kind];
      slices[kind].style.flexGrow = l[kind];
      put(numbers[kind], count(l[kind]));
      numbers[kind].parentNode.className = l[kind] ? '' : 'none';
    }
    without.hidden = !l.withoutInput;
    put(numbers.without, count(l.withoutInput));
    cut.hidden = !l.truncated;
    put(numbers.cut, count(l.truncated));
    attr(share, 'aria-label', shares(l));
    put(dd.waiting, count(l.waiting));
    put(dd.rate, rate(l.predictionsPerSecond));
    put(dd.model, l.modelSeconds ? `${millis(l.modelSeconds.p50 * 1000)} / ${millis(l.modelSeconds.p99 * 1000)}` : 'no calls lately');
    const m = s.models.find(one => one.model === l.model);
    dd.today.parentNode.hidden = !m;
    dd.budget.parentNode.hidden = !m?.budget;
    if (m) put(dd.today, `${some(m.calls, 'call')}, ${some(m.tokens, 'token')}${m.price === null ? '' : `, price ${money(m.price)}`}`);
    if (m?.budget) put(dd.budget, `${money(m.budget.spent)} of ${m.budget.text} spent`);
    put(dd.version, l.version.length > 12 ? l.version.slice(0, 10) + '…' : l.version);
    attr(dd.version, 'title', l.version);
    put(dd.output, l.output);
    dd.where.parentNode.hidden = !l.where;
    put(dd.where, l.where ?? '');
    const r = l.reconcile;
    look.hidden = !r;
    if (r) {
      put(progress, `Scan: ${count(r.documents)} of ${count(r.total)}${r.total ? ` (${percent(Math.min(r.documents, r.total), r.total)})` : ''}, ${rate(r.perSecond ?? 0)}${r.secondsLeft === null || r.secondsLeft === undefined ? '' : `, about ${lasts(r.secondsLeft)} left`}`);
      meter(bar, r.documents, r.total || 1, progress.textContent);
    }
    put(toggle, l.state === 'paused' ? 'Resume' : 'Pause');
    attr(toggle, 'aria-label', `${toggle.textContent} ${name}`);
    failing.hidden = !l.failed;
    put(failing, `Show ${some(l.failed, 'failure')}`);
    for (const button of [toggle, again]) lock(button, s);
  }
  return { node, show };
}
/** A listener's documents in words. */
function shares(l) {
  if (l.state === 'paused') return `Paused: how many of ${some(l.documents, 'document')} are fresh is not known`;
  return l.documents ? `Of ${some(l.documents, 'document')}: ${kinds.filter(kind => l[kind]).map(kind => `${count(l[kind])} ${kindWords[kind] ?? kind}`).join(', ')}` : 'No documents yet';
}
