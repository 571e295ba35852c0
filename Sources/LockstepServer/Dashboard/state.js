// What the page knows.
//
// Values of the API have these names everywhere in this program; a test checks that the API has the fields that are read.
//   s, before, state.status: DeploymentStatus
//   s.counts, before.counts, c: Counts
//   s.queue, q: Queue
//   s.headroom, room: Headroom
//   s.position: Position
//   p, problem, gravest: Problem
//   l: ListenerStatus
//   l.reconcile, r: ScanProgress
//   l.modelSeconds: Quantiles
//   m: ModelCosts
//   m.budget: Budget
//   h: History
//   given: HistoryPoint
//   answer: FailurePage
//   f, failure: Failure
//   { groups, hasMore }: FailureReasons
//   g: FailureReason
//   { retried }: Retried
//   { changes, skipped }: Changes
//   change: Change | Changes
//   body.error: ErrorAnswer.Content
const state = { status: null, ahead: 0, points: [], interval: 5, mark: null, phase: 'loading' };
const serverNow = () => Date.now() + state.ahead;

function takeStatus(s) {
  const before = state.status;
  if (before && before.version !== s.version) return location.reload(); // the page of that version
  if (before?.startedAt !== s.startedAt) changes.restart();
  state.status = s;
  state.ahead = Date.parse(s.at) - Date.now();
  addPoint(s);
  showStatus(s);
  if (!before || failuresMoved(before, s)) failures.soon();
}
/** The history's next point, made from two statuses that lie its interval apart. */
function addPoint(s) {
  const at = Date.parse(s.at), c = s.counts, events = c.inserts + c.updates + c.replaces + c.deletes;
  const mark = state.mark, seconds = mark ? (at - mark.at) / 1000 : 0;
  if (!mark || mark.start !== s.startedAt || seconds < 0 || events < mark.events) { state.mark = { at, events, outputs: c.outputs, start: s.startedAt }; return; }
  if (seconds < state.interval - .5) return;
  state.points.push({ at, events: (events - mark.events) / seconds, predictions: Math.max(0, c.outputs - mark.outputs) / seconds, lag: s.lagSeconds });
  state.mark = { at, events, outputs: c.outputs, start: s.startedAt };
  trimPoints();
  drawCharts();
}
function trimPoints() {
  const from = serverNow() - span - minute;
  state.points = state.points.filter(point => point.at > from);
}
async function takeHistory() {
  const h = await get('/v1/history');
  state.interval = h.intervalSeconds;
  const known = h.points.map(given => ({ at: Date.parse(given.at), events: given.events, predictions: given.predictions, lag: given.lagSeconds }));
  const last = known.at(-1)?.at ?? 0;
  state.points = [...known, ...state.points.filter(point => point.at > last + 1000 * (state.interval - .5) && state.phase === 'live')];
  trimPoints();
  drawCharts();
}
