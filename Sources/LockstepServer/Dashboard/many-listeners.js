// Many listeners, a row each, in groups.
const dense = (() => {
  const table = $('dense').querySelector('table'), groups = new Map(), rows = new Map();
  const opened = new Set(), unfolded = new Set(); // groups that are shown whole; listeners with their details
  const columns = ['', '', '', 'Pending', 'Parked', 'Outputs', 'Model'];
  const isWrong = rank => rank <= 2, mostWrong = 8; // of more, the groups tell
  let now = null;
  function cells(tag, isGroup) {
    return columns.map((label, i) => {
      const cell = el(i ? 'td' : 'th', { role: i ? 'cell' : 'rowheader', className: i > 2 ? 'num' : '' });
      if (!i) cell.setAttribute('scope', isGroup ? 'rowgroup' : 'row');
      if (label) cell.dataset.label = label;
      return cell;
    });
  }
  function bar() {
    const share = el('div', { className: 'share', role: 'img' }), text = el('span', { className: 'num' }), slices = Object.fromEntries(kinds.map(kind => [kind, el('i', { className: kind })]));
    share.append(...Object.values(slices));
    return { node: el('div', { className: 'meter' }, share, text), show(l, word) {
      for (const kind of kinds) { slices[kind].hidden = !l[kind]; slices[kind].style.flexGrow = l[kind]; }
      attr(share, 'aria-label', shares(l));
      put(text, word);
    } };
  }
  function number(cell, value, text) { put(cell, text ?? count(value)); cell.toggleAttribute('data-none', !value); }
  function groupFor(name) {
    const [head, tag, share, ...numbers] = cells('td', true), opener = el('button', { type: 'button', className: 'opener' }), label = el('span'), about = el('span', { className: 'muted' });
    const chip = el('span', { className: 'tag' }), fresh = bar(), body = el('tbody', { role: 'rowgroup' });
    opener.append(label);
    head.append(opener, ' ', about);
    tag.append(chip);
    share.append(fresh.node);
    const node = el('tr', { role: 'row', className: 'group' }, head, tag, share, ...numbers);
    body.append(node);
    opener.onclick = () => { if (opened.has(name)) opened.delete(name); else opened.add(name); show(now); };
    function show2(all, shown, s) {
      const worst = all.map(l => condition(l, s)).reduce((a, b) => b.rank < a.rank ? b : a), wrong = all.filter(l => condition(l, s).rank === worst.rank).length;
      put(label, name);
      put(about, all.length === shown ? some(all.length, 'listener') : shown ? `${count(shown)} of ${some(all.length, 'listener')}` : some(all.length, 'listener'));
      attr(opener, 'aria-expanded', shown === all.length);
      node.classList.toggle('quiet', worst.tone === 'quiet');
      chip.className = `tag ${worst.tone}`;
      tagged(chip, worst.icon, all.length > 1 && worst.rank < 5 ? `${count(wrong)} ${worst.word}` : worst.word);
      const total = Object.fromEntries([...kinds, 'documents', 'waiting', 'predictionsPerSecond'].map(key => [key, sum(all.filter(l => l.state !== 'paused'), l => l[key] ?? 0)]));
      fresh.show({ ...total, state: 'ok' }, total.documents ? percent(total.fresh, total.documents) : '–');
      number(numbers[0], total.waiting);
      number(numbers[1], sum(all, l => l.failed));
      numbers[1].classList.toggle('some', sum(all, l => l.failed) > 0);
      number(numbers[2], total.predictionsPerSecond, rate(total.predictionsPerSecond));
      number(numbers[3], 0, '');
    }
    return { body, node, show: show2 };
  }
  function rowFor(l) {
    const [head, tag, share, ...numbers] = cells('td', false), opener = el('button', { type: 'button', className: 'opener' }), chip = el('span', { className: 'tag' }), fresh = bar();
    head.append(opener);
    tag.append(chip);
    share.append(fresh.node);
    const node = el('tr', { role: 'row', className: 'one' }, head, tag, share, ...numbers), more = el('td', { role: 'cell', colSpan: columns.length, className: 'more' });
    const details = el('tr', { role: 'row', hidden: true }, more);
    opener.onclick = () => { if (unfolded.has(l.id)) unfolded.delete(l.id); else unfolded.add(l.id); show(now); };
    let card = null;
    return { node, details, show(l, s, byModel) {
      const is = condition(l, s), open = unfolded.has(l.id);
      put(opener, byModel ? `${l.on}.${keyOf(l)}` : `${keyOf(l)} → ${l.model}`);
      attr(opener, 'aria-expanded', open);
      attr(opener, 'title', l.reason ? brief(l.reason)[0] : l.id);
      node.classList.toggle('quiet', is.tone === 'quiet');
      chip.className = `tag ${is.tone}`;
      tagged(chip, is.icon, is.word);
      fresh.show(l, l.state === 'paused' ? 'paused' : !l.documents ? 'none' : percent(l.fresh, l.documents));
      number(numbers[0], l.waiting);
      number(numbers[1], l.failed);
      numbers[1].classList.toggle('some', l.failed > 0);
      number(numbers[2], l.predictionsPerSecond, rate(l.predictionsPerSecond));
      number(numbers[3], l.modelSeconds?.p50, l.modelSeconds ? millis(l.modelSeconds.p50 * 1000) : '–');
      details.hidden = !open;
      if (!open) return;
      card ??= listenerCard(l);
      if (card.node.parentNode !== more) more.append(card.node);
      card.show(l, s);
    } };
  }
  const search = () => $('search').value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  function show(s) {
    now = s;
    const byModel = $('group').value === 'model', words = search(), onlyWrong = $('wrong').checked;
    const ranked = s.listeners.map(l => ({ l, rank: condition(l, s).rank }));
    const found = ranked.filter(({ l, rank }) => words.every(word => [l.id, l.on, keyOf(l), l.model, l.output, l.where ?? '', l.reason ?? ''].some(text => text.toLowerCase().includes(word))) && (!onlyWrong || isWrong(rank)));
    const by = new Map();
    for (const one of found) { const name = byModel ? one.l.model : one.l.on; by.set(name, [...by.get(name) ?? [], one]); }
    // What is wrong first, then by name.
    const worst = list => Math.min(...list.map(one => one.rank));
    const order = [...by].sort(([a, x], [b, y]) => worst(x) - worst(y) || (a < b ? -1 : 1));
    const wanted = new Set(order.map(([name]) => name)), showsWrong = found.filter(one => isWrong(one.rank)).length <= mostWrong;
    for (const [name, group] of groups) if (!wanted.has(name)) { group.body.remove(); groups.delete(name); }
    order.forEach(([name, list], at) => {
      if (!groups.has(name)) groups.set(name, groupFor(name));
      const group = groups.get(name), body = group.body;
      if (table.tBodies[at] !== body) table.insertBefore(body, table.tBodies[at] ?? null);
      const all = list.sort((a, b) => a.rank - b.rank || (a.l.id < b.l.id ? -1 : 1));
      const shown = opened.has(name) || words.length || onlyWrong ? all : all.filter(one => showsWrong && isWrong(one.rank) || unfolded.has(one.l.id));
      group.show(all.map(one => one.l), shown.length, s);
      const wantedRows = [group.node];
      for (const { l } of shown) {
        if (!rows.has(l.id)) rows.set(l.id, rowFor(l));
        const row = rows.get(l.id);
        row.show(l, s, byModel);
        wantedRows.push(row.node, row.details);
      }
      for (const child of [...body.children]) if (!wantedRows.includes(child)) child.remove();
      wantedRows.forEach((row, i) => { if (body.children[i] !== row) body.insertBefore(row, body.children[i] ?? null); });
    });
    for (const id of [...rows.keys()]) if (!s.listeners.some(l => l.id === id)) rows.delete(id);
    $('no-match').hidden = found.length > 0;
  }
  for (const [id, event] of [['search', 'input'], ['group', 'change'], ['wrong', 'change']]) $(id).addEventListener(event, () => { if (id === 'group') opened.clear(); if (now) show(now); });
  return { show };
})();
/** What changes something is off without a token of the server, and while there is no connection. */
function lock(button, s = state.status) {
  button.disabled = !s?.canChange || state.phase !== 'live';
  if (s && !s.canChange) button.setAttribute('aria-describedby', 'locked'); else button.removeAttribute('aria-describedby');
}
