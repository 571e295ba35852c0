// Recent changes.
const outcomes = { stored: ['good', '✓', 'stored'], removed: ['quiet', '−', 'removed'], parked: ['bad', '✕', 'parked'] };
const changes = (() => {
  const section = $('changes'), table = section.querySelector('table'), body = table.tBodies[0], most = 50;
  let waiting = [], hovered = false, pressed = false, timer = 0, last = 0;
  function take({ changes, skipped }) {
    const news = changes.filter(change => change.seq > last); // a new connection brings the latest once more
    last = Math.max(last, ...news.map(change => change.seq));
    if (skipped) waiting.push({ skipped });
    waiting.push(...news);
    const over = waiting.splice(0, Math.max(0, waiting.length - most));
    if (over.length) waiting.unshift({ skipped: passed(over) });
    timer ||= setTimeout(() => { timer = 0; show(); }, 250); // at most four times a second
  }
  const passed = list => sum(list, one => one.skipped ?? 1);
  function show() {
    const held = pressed || hovered;
    put($('held'), held ? `held${hovered && !pressed ? ' while the pointer is on it' : ''}; ${count(passed(waiting))} new` : '');
    put($('hold'), pressed ? 'Go on' : 'Hold');
    if (held || !waiting.length) return;
    body.prepend(...waiting.map(row).reverse());
    waiting = [];
    while (body.rows.length > most) body.lastElementChild.remove();
    table.hidden = false;
    $('no-changes').hidden = true;
  }
  function row(change) {
    if (change.skipped) return el('tr', { role: 'row' }, el('td', { role: 'cell', colSpan: 5, className: 'muted', textContent: `${some(change.skipped, 'more change')}, not shown` }));
    const [tone, icon, word] = outcomes[change.outcome] ?? ['quiet', '·', change.outcome];
    const cell = (className, ...content) => el('td', { role: 'cell', className }, ...content);
    return el('tr', { role: 'row', className: 'new' }, cell('nowrap muted', moment(change.at)), cell('nowrap', tagged(el('span', { className: `tag ${tone}` }), icon, word)),
      cell('num', change.milliseconds === null ? '–' : millis(change.milliseconds)), cell('', el('span', { className: 'mono', textContent: idText(change.document) })), cell('', titleOf(change.listener)));
  }
  $('hold').onclick = () => { pressed = !pressed; attr($('hold'), 'aria-pressed', pressed); show(); };
  body.addEventListener('pointerenter', event => { if (event.pointerType === 'mouse') { hovered = true; show(); } });
  body.addEventListener('pointerleave', () => { hovered = false; show(); });
  return { take, restart() { last = 0; } }; // a new process counts from 1
})();
