// Failures.
const failuresMoved = (before, s) => before.counts.parked !== s.counts.parked || before.counts.retries !== s.counts.retries || sum(before.listeners, l => l.failed) !== sum(s.listeners, l => l.failed);
const failures = (() => {
  const section = $('failures'), table = section.querySelector('table'), body = table.tBodies[0], said = $('failures-said');
  const pageSize = 10, few = 5, rows = new Map();
  let after = [null], next = null, timer = 0, latest = 0, total = 0, shown = [], opened = null; // null: as many as fit are shown
  const filter = () => $('filter').value;

  /** Soon, and once, however many ask. */
  function soon(delay = 300) { timer ||= setTimeout(() => { timer = 0; load(); }, delay); }
  async function load() {
    const mine = ++latest, query = new URLSearchParams({ limit: pageSize });
    if (filter()) query.set('listener', filter());
    if (after.at(-1)) query.set('after', after.at(-1));
    try {
      const answer = await get(`/v1/failures?${query}`);
      const grouped = await get(`/v1/failures/reasons?${new URLSearchParams({ limit: 20, ...(filter() && { listener: filter() }) })}`);
      if (mine !== latest) return; // an older question
      reasons(grouped);
      if (!answer.failures.length && after.length > 1) { after.pop(); return load(); }
      total = answer.total;
      next = answer.next;
      shown = answer.failures;
      show();
    } catch (error) {
      if (mine === latest && error.status) say(said, 'no', `${error.message} ${error.hint}`);
    }
  }
  /** By reason and listener, the most first: with more than one document it says what to do first. */
  function reasons({ groups, hasMore }) {
    const list = $('reasons'), drawn = JSON.stringify([groups, hasMore]);
    list.hidden = !groups.some(g => g.count > 1);
    if (list.dataset.drawn === drawn || list.contains(document.activeElement)) return;
    list.dataset.drawn = drawn;
    list.replaceChildren(...groups.map(g => {
      const [short, isCut] = brief(g.reason), text = el('div'), said = el('span', { className: 'said', hidden: true });
      prose(text, short);
      const button = el('button', { type: 'button', className: 'small', textContent: 'Retry' });
      button.setAttribute('aria-label', `Retry ${some(g.count, 'document')} of ${titleOf(g.listener)}: ${plain(short)}`);
      button.onclick = () => press(button, said, async () => {
        const { retried } = await change('/v1/failures/retry', { listener: g.listener, reason: g.reason });
        soon();
        return retried ? `${some(retried, 'document')} ${retried === 1 ? 'is' : 'are'} retried.` : 'There was nothing to retry.';
      });
      lock(button);
      return el('li', {}, el('b', { textContent: count(g.count) }), el('div', {}, text, ...(isCut ? [raw('The whole message', g.reason)] : []), said),
        el('div', { className: 'muted' }, `${titleOf(g.listener)}, since `, moment(g.since)), el('div', { className: 'acts' }, button));
    }), ...(hasMore ? [el('li', { className: 'muted' }, el('b'), 'There are more reasons than are shown.')] : []));
  }
  const inUse = () => body.matches(':hover') || body.contains(document.activeElement);
  function show() {
    const keys = new Set(shown.map(keyFor)), busy = inUse();
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      if (row.tried) { row.tried = false; const text = `${row.text} is no failure any more.`; say(said, 'yes', text); tell(text); }
      // A row does not go from under the pointer or the focus; it says that it is done.
      if (busy && row.node.isConnected) { row.node.className = 'gone'; row.button.disabled = true; put(row.button, 'Done'); } else { row.node.remove(); rows.delete(key); }
    }
    shown.forEach((failure, i) => {
      const key = keyFor(failure);
      if (!rows.has(key)) rows.set(key, failureRow(failure));
      const row = rows.get(key);
      row.show(failure);
      if (!busy && body.children[i] !== row.node) body.insertBefore(row.node, body.children[i] ?? null);
      else if (!row.node.isConnected) body.append(row.node);
    });
    table.hidden = !body.children.length;
    list();
    const none = $('no-failures');
    none.hidden = total > 0;
    put(none, filter() ? '✓ None of this listener.' : '✓ None. A document that a model refuses or breaks on is parked here with its reason; the others go on.');
    const all = $('retry-all');
    put(all, total > 1 ? `Retry all ${count(total)}` : 'Retry all');
    lock(all);
    all.disabled ||= total === 0;
    const pages = section.querySelector('.pages'), first = (after.length - 1) * pageSize;
    pages.hidden = total <= pageSize && after.length === 1;
    put($('page'), `${count(Math.min(first + 1, total))}–${count(first + shown.length)} of ${count(total)}`);
    $('before').disabled = after.length === 1;
    $('next').disabled = !next;
  }
  /** Each document, where they are few or somebody wants to see them. */
  function list() {
    const isOpen = opened ?? total <= few, button = $('documents');
    $('failures-list').hidden = !isOpen;
    button.hidden = total <= few;
    attr(button, 'aria-expanded', isOpen);
    put(button, isOpen ? 'Hide the documents' : `Show the ${count(total)} documents`);
  }
  $('documents').onclick = () => { opened = $('failures-list').hidden; list(); };
  const keyFor = failure => JSON.stringify([failure.listener, failure.document]);
  function failureRow(f) {
    const text = idText(f.document), button = el('button', { type: 'button', className: 'small', textContent: 'Retry' });
    button.setAttribute('aria-label', `Retry ${text} of ${titleOf(f.listener)}`);
    const reason = el('div'), note = el('span', { className: 'said', hidden: true });
    const cell = (label, ...content) => { const td = el('td', { role: 'cell' }, ...content); if (label) td.dataset.label = label; return td; };
    const attempts = cell('Attempts'), since = cell('Since');
    attempts.className = 'num';
    since.className = 'nowrap';
    const node = el('tr', { role: 'row' }, cell('', el('span', { className: 'mono', textContent: text })), cell('', reason, note), cell('', titleOf(f.listener)), attempts, since, cell('', button));
    const row = { node, button, text, tried: false, show };
    let now = f;
    button.onclick = () => press(button, note, async () => {
      const { retried } = await change('/v1/failures/retry', { listener: f.listener, document: f.document });
      row.tried = retried > 0;
      soon();
      return retried ? 'It is retried.' : 'It was no failure any more.';
    });
    function show(f) {
      if (row.tried && f.at !== now.at) { row.tried = false; say(note, 'no', `Retried at ${clock.format(new Date(f.at))}: it failed again.`); tell(`${text} failed again.`); }
      now = f;
      node.className = '';
      if (button.textContent === 'Done') put(button, 'Retry');
      const [short, isCut] = brief(f.reason);
      if (reason.dataset.whole !== f.reason) { reason.dataset.whole = f.reason; const text = el('span'); prose(text, short); reason.replaceChildren(text, ...(isCut ? [raw('The whole message', f.reason)] : [])); }
      put(attempts, count(f.attempts));
      if (since.dataset.at !== f.since) { since.dataset.at = f.since; since.replaceChildren(moment(f.since)); }
      lock(button);
    }
    return row;
  }
  function turn(filtered) {
    if (filtered) { after = [null]; say(said, '', ''); }
    rows.forEach(row => row.node.remove());
    rows.clear();
    load();
  }
  /** The choices with their numbers; the select keeps what is chosen. */
  function filters(s) {
    const select = $('filter');
    if (document.activeElement !== select || select.options.length !== s.listeners.length + 1) {
      while (select.options.length > s.listeners.length + 1) select.options[select.options.length - 1].remove();
      s.listeners.forEach((l, i) => {
        const option = select.options[i + 1] ?? select.appendChild(el('option'));
        if (option.value !== l.id) option.value = l.id;
        put(option, `${title(l)} (${count(l.failed)})`);
      });
      put(select.options[0], `all (${count(sum(s.listeners, l => l.failed))})`);
    }
    lock($('retry-all'), s);
    $('retry-all').disabled ||= total === 0;
    for (const row of rows.values()) if (row.button.textContent !== 'Done') lock(row.button, s);
    for (const button of $('reasons').querySelectorAll('button')) lock(button, s);
  }
  $('filter').onchange = () => turn(true);
  $('before').onclick = () => { after.pop(); turn(); };
  $('next').onclick = () => { if (next) { after.push(next); turn(); } };
  $('retry-all').onclick = () => press($('retry-all'), said, async () => {
    const { retried } = await change('/v1/failures/retry', filter() ? { listener: filter() } : {});
    soon();
    return retried ? `${some(retried, 'document')} ${retried === 1 ? 'is' : 'are'} retried. What fails again stays in the table.` : 'There was nothing to retry.';
  });
  body.addEventListener('pointerleave', () => soon(600));
  body.addEventListener('focusout', () => soon(600));
  setInterval(() => { if (state.phase === 'live' && !document.hidden) soon(); }, 15_000); // other processes retry too
  return { soon, load, filters, only(id) { $('filter').value = id; opened = true; turn(true); }, relock() { for (const row of rows.values()) lock(row.button); for (const button of $('reasons').querySelectorAll('button')) lock(button); lock($('retry-all')); } };
})();
