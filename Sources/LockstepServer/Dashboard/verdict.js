// The state in one sentence.
const severities = ['error', 'warning', 'info'];
const marks = {
  error: ['bad', '✕', 'Error'], warning: ['warn', '▲', 'Warning'], info: ['calm', 'ℹ', 'Note'],
};
/** From a status: how it looks, a word, the sentence, what to do, and the problems not said by it. */
function verdict(s) {
  const problems = s.problems.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  const own = (look, icon, word, text) => ({ look, icon, word, text, hint: '', rest: problems });
  const by = (problem, look, icon, word) => ({ look, icon, word, text: problem.message, hint: problem.hint ?? '', problem, rest: problems.filter(p => p !== problem) });
  const gravest = problems[0], coded = code => problems.find(p => p.code === code);
  const documents = sum(s.listeners, l => l.documents), fresh = sum(s.listeners, l => l.fresh);
  const failed = sum(s.listeners, l => l.failed), open = documents - fresh - failed;
  if (s.state === 'standingBy') {
    const p = coded('otherConfiguration') ?? coded('standingBy');
    return p ? by(p, p.severity === 'warning' ? 'warn' : 'calm', '‖', 'Standby') : own('calm', '‖', 'Standby', 'Another process follows the changes. This one takes over when that ends.');
  }
  if (gravest?.severity === 'error') return by(gravest, 'bad', '✕', 'Not current');
  if (s.state === 'disconnected') return own('bad', '✕', 'Not current', 'Lockstep has no connection to MongoDB. Nothing is lost: it goes on when MongoDB answers.');
  if (s.state === 'ended') return own('bad', '✕', 'Ended', 'Lockstep follows no changes any more: it ended.');
  if (gravest?.severity === 'warning') return by(gravest, 'warn', '▲', 'Warning');
  if (s.state === 'starting') return own('calm', '◔', 'Starting', 'Lockstep starts: it connects and loads the models.');
  if (documents === 0) return own('calm', '◇', 'Ready', 'There are no documents to predict yet.');
  const looks = s.listeners.filter(l => l.reconcile), paused = s.listeners.filter(l => l.state === 'paused');
  const only = code => { const found = problems.filter(p => p.code === code); return found.length === 1 ? found[0] : null; };
  if (s.state === 'backfilling' || looks.length) {
    const p = only('backfilling'), left = Math.max(0, ...looks.map(l => l.reconcile.secondsLeft ?? 0));
    if (p) return by(p, 'calm', '◔', 'Catching up');
    return own('calm', '◔', 'Catching up', 'Documents are scanned.' + (left >= 1 ? ` About ${lasts(left)} left.` : ''));
  }
  if (paused.length) {
    const p = only('paused');
    return p ? by(p, 'calm', '‖', 'Paused') : own('calm', '‖', 'Paused', `${some(paused.length, 'listener')} paused; predictions may be old.`);
  }
  if (open > 0 && (s.lagSeconds ?? 0) > 5) return own('calm', '◔', 'Catching up', `${some(open, 'prediction')} ${open === 1 ? 'is' : 'are'} on the way.`);
  if (failed > 0) return own('warn', '▲', 'Fresh but for failures', `Everything is fresh but ${some(failed, 'parked document')}.`);
  if (open > 0 || s.queue.documents > 0) return own('good', '✓', 'Fresh', 'Predictions keep up with the changes.');
  return own('good', '✓', 'Fresh', 'Everything is fresh.');
}
const keyOf = l => Array.isArray(l.key) ? l.key.join(', ') : l.key;
const title = l => `${l.on}.${keyOf(l)} → ${l.model}`;
const titleOf = id => { const l = state.status?.listeners.find(l => l.id === id); return l ? title(l) : id; };
/** An _id as people write it: texts in quotes, ObjectIds bare. */
function idText(id) {
  if (id && typeof id === 'object' && typeof id.$oid === 'string' && Object.keys(id).length === 1) return id.$oid;
  return JSON.stringify(id);
}
