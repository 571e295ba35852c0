// Numbers, lengths of time, moments.
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const count = n => whole.format(n ?? 0);
const some = (n, word) => `${count(n)} ${word}${n === 1 ? '' : 's'}`;
const rate = n => (n >= 100 || n === 0 ? whole : tenth).format(n) + '/s';
const percent = (part, all) => `${tenth.format(Math.floor(1000 * part / all) / 10)}\u00a0%`; // never 100 % of not quite all
const cents = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 4 });
const money = n => cents.format(n);
function millis(ms) { return ms >= 10_000 ? lasts(ms / 1000) : `${(ms >= 100 ? whole : tenth).format(ms)} ms`; }
function lasts(seconds) {
  const s = Math.max(0, seconds);
  if (s < 9.95) return `${tenth.format(s)} s`;
  if (s < 90) return `${whole.format(s)} s`;
  const m = Math.round(s / 60);
  if (m < 90) return `${m} min`;
  if (m < 48 * 60) return m % 60 ? `${Math.floor(m / 60)} h ${m % 60} min` : `${m / 60} h`;
  return `${tenth.format(m / 1440)} days`;
}
function bytes(n) {
  for (const unit of ['B', 'KiB', 'MiB']) { if (n < 1000) return `${(n < 10 ? tenth : whole).format(n)} ${unit}`; n /= 1024; }
  return `${tenth.format(n)} GiB`;
}
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const hours = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
/** The time of day, with the date when that is another than today. */
function moment(at, now = Date.now()) {
  const d = new Date(at), today = day.format(d) === day.format(now);
  return el('time', { dateTime: d.toISOString(), title: d.toISOString(), textContent: (today ? '' : day.format(d) + ', ') + clock.format(d) });
}
