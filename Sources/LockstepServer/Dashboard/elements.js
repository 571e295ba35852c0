// Elements and small tools.
const $ = id => document.getElementById(id);
const minute = 60_000, span = 15 * minute;

/** An element; text only ever goes in as text. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in node && name !== 'role') node[name] = value; else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}
function shape(tag, attributes = {}, text) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}
/** Writes only what differs, so that selections and the caret stay. */
function put(node, text) { if (node.textContent !== text) node.textContent = text; }
function attr(node, name, value) { if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value); }
/** `code` in backticks, as messages have it. */
function prose(node, text) {
  if (node.dataset.text === text) return;
  node.dataset.text = text;
  node.replaceChildren(...text.split('`').map((part, i) => i % 2 ? el('code', { textContent: part }) : part));
}
const plain = text => text.replaceAll('`', '');
const sum = (list, value) => list.reduce((total, one) => total + value(one), 0);
const sleep = (milliseconds, wake) => new Promise(done => { wake(done); setTimeout(done, milliseconds); });
