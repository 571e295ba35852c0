// Charts of the last minutes.
/** Round steps for an axis from 0: at most four of them. */
function ticks(top) {
  const rough = Math.max(top, 1e-9) / 4, ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find(n => n * ten >= rough) * ten;
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, i) => i * step);
}
const lines = {
  rates: { series: ['predictions', 'events'], unit: 'per second', least: 1, label: n => (n < 10 ? tenth : whole).format(n) },
  lags: { series: ['lag'], unit: 'seconds', least: 1, label: n => (n < 10 ? tenth : whole).format(n) },
};
let pointed = null; // the point that the pointer is at
function drawCharts() {
  if ($('all').hidden) return;
  for (const [id, chart] of Object.entries(lines)) draw($(id), chart);
  readOut();
  if ($('minutes').open) showMinutes();
}
function draw(svg, chart) {
  const width = svg.clientWidth, height = svg.clientHeight;
  if (!width) return;
  const until = Math.max(serverNow(), state.points.at(-1)?.at ?? 0);
  const shown = Math.min(span, Math.max(3 * minute, until - (state.points[0]?.at ?? until))), from = until - shown; // a young process fills the chart, too
  const points = state.points.filter(point => point.at >= from);
  const marks = ticks(Math.max(chart.least, ...points.flatMap(point => chart.series.map(name => point[name] ?? 0)))), top = marks.at(-1);
  const left = 12 + 6.6 * Math.max(...marks.map(n => chart.label(n).length)), right = width - 6, high = 18, low = height - 20;
  const x = at => left + (right - left) * (at - from) / shown, y = value => low - (low - high) * value / top;
  chart.at = px => from + shown * (px - left) / (right - left);
  const drawn = [shape('text', { x: 0, y: 10 }, chart.unit)];
  for (const value of marks) drawn.push(shape('line', { class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }), shape('text', { x: left - 6, y: y(value) + 4, 'text-anchor': 'end' }, chart.label(value)));
  const step = minute * ([1, 2, 5].find(n => (right - left) * n * minute / shown > 55) ?? 5), over = `the last ${Math.round(shown / minute)} minutes`;
  put($('rates-title'), `T${over.slice(1)}`);
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) {
    if (x(at) - left < 12 || right - x(at) < 14) continue;
    drawn.push(shape('line', { class: 'grid', x1: x(at), x2: x(at), y1: low, y2: low + 4 }), shape('text', { x: x(at), y: height - 5, 'text-anchor': 'middle' }, hours.format(at)));
  }
  // A gap in the points, as a restart makes it, is a gap in the line.
  const runs = [];
  points.forEach((point, i) => { if (!i || point.at - points[i - 1].at > 3000 * state.interval) runs.push([]); runs.at(-1).push(point); });
  for (const name of chart.series.toReversed()) {
    const path = run => run.filter(point => point[name] !== null && point[name] !== undefined).map((point, i) => `${i ? 'L' : 'M'}${x(point.at).toFixed(1)} ${y(point[name]).toFixed(1)}`).join('');
    if (name === 'predictions') for (const run of runs) drawn.push(shape('path', { class: 'area', d: `${path(run)}L${x(run.at(-1).at).toFixed(1)} ${low}L${x(run[0].at).toFixed(1)} ${low}Z` }));
    drawn.push(shape('path', { class: name, d: runs.map(path).join('') }));
  }
  if (pointed && pointed.at >= from) drawn.push(shape('line', { class: 'cross', x1: x(pointed.at), x2: x(pointed.at), y1: high, y2: low }));
  if (!points.length) drawn.push(shape('text', { x: (left + right) / 2, y: high + (low - high) * .3, 'text-anchor': 'middle' }, 'the first point comes in some seconds'));
  attr(svg, 'viewBox', `0 0 ${width} ${height}`);
  svg.replaceChildren(...drawn);
  const last = points.at(-1), peak = name => Math.max(...points.map(point => point[name] ?? 0));
  attr(svg, 'aria-label', !last ? 'No points yet' : chart === lines.rates
    ? `Predictions and changes per second over ${over}. Predictions: now ${rate(last.predictions)}, at most ${rate(peak('predictions'))}. Changes: now ${rate(last.events)}, at most ${rate(peak('events'))}. The table below has the numbers.`
    : `How far Lockstep was behind over ${over}: now ${last.lag === null ? 'not known' : lasts(last.lag)}, at most ${lasts(peak('lag'))}.`);
}
function readOut() {
  const point = pointed ?? state.points.at(-1);
  put($('now-predictions'), point ? rate(point.predictions) : '');
  put($('now-events'), point ? rate(point.events) : '');
  put($('now-lag'), point && point.lag !== null ? lasts(point.lag) : '');
  put($('now-at'), pointed ? `at ${clock.format(pointed.at)}` : '');
}
function showMinutes() {
  const by = new Map();
  for (const point of state.points) { const at = Math.floor(point.at / minute) * minute; by.set(at, [...by.get(at) ?? [], point]); }
  const mean = (points, name) => sum(points, point => point[name]) / points.length, cell = text => el('td', { className: 'num', textContent: text });
  $('minutes').querySelector('tbody').replaceChildren(...[...by].reverse().map(([at, points]) => {
    const lags = points.map(point => point.lag).filter(lag => lag !== null);
    return el('tr', {}, el('td', { textContent: hours.format(at) }), cell(tenth.format(mean(points, 'predictions'))), cell(tenth.format(mean(points, 'events'))), cell(lags.length ? lasts(Math.max(...lags)) : '–'));
  }));
}
for (const [id, chart] of Object.entries(lines)) {
  $(id).addEventListener('pointermove', event => {
    const at = chart.at?.(event.clientX - $(id).getBoundingClientRect().left);
    pointed = state.points.reduce((best, point) => !best || Math.abs(point.at - at) < Math.abs(best.at - at) ? point : best, null);
    drawCharts();
  });
  $(id).addEventListener('pointerleave', () => { pointed = null; drawCharts(); });
}
$('minutes').addEventListener('toggle', showMinutes);
new ResizeObserver(drawCharts).observe($('main'));
