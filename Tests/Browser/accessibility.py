"""What can be judged by a program of how accessible a page is. Each function gives what is wrong, as sentences."""
from selenium.webdriver.common.by import By

# Text against what lies behind it, by WCAG 2.2: 4.5 at least. Disabled controls are judged too.
CONTRAST = """
const parse = text => (text.match(/[\\d.]+/g) ?? []).map(Number);
const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
const over = (top, below) => { const a = top[3] ?? 1; return [0, 1, 2].map(i => top[i] * a + below[i] * (1 - a)); };
function behind(node) {
  const layers = [];
  for (let n = node; n; n = n.parentElement) { const c = parse(getComputedStyle(n).backgroundColor); layers.push(c); if ((c[3] ?? 1) === 1) break; }
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
}
const wrong = [];
for (const node of document.querySelectorAll('body *')) {
  const text = [...node.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join('');
  if (!text || !node.checkVisibility() || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(node.tagName)) continue;
  const style = getComputedStyle(node), ground = behind(node);
  const ink = over(parse(node instanceof SVGElement ? style.fill : style.color), ground);
  const [low, high] = [light(ink), light(ground)].sort((a, b) => a - b), ratio = (high + .05) / (low + .05);
  if (ratio < 4.5) wrong.push(`contrast ${ratio.toFixed(2)} of "${text.slice(0, 40)}" in ${node.tagName}.${node.className}`);
}
return wrong;
"""

STRUCTURE = """
const wrong = [], all = selector => [...document.querySelectorAll(selector)];
if (!document.documentElement.lang) wrong.push('the page has no language');
if (!document.title) wrong.push('the page has no title');
const ids = all('[id]').map(n => n.id);
for (const id of new Set(ids)) if (ids.filter(i => i === id).length > 1) wrong.push(`the id ${id} is there more than once`);
for (const attribute of ['aria-labelledby', 'aria-describedby']) for (const n of all(`[${attribute}]`))
  if (!document.getElementById(n.getAttribute(attribute))) wrong.push(`${attribute} names ${n.getAttribute(attribute)}, which is not there`);
const levels = all('h1,h2,h3,h4,h5,h6').filter(n => n.checkVisibility()).map(n => Number(n.tagName[1]));
if (levels.filter(l => l === 1).length !== 1) wrong.push('there is not one h1');
levels.forEach((level, i) => { if (i && level > levels[i - 1] + 1) wrong.push(`a heading of level ${level} follows one of ${levels[i - 1]}`); });
for (const table of all('table').filter(t => t.checkVisibility())) {
  const heads = [...table.querySelectorAll('thead th')];
  if (!heads.length) wrong.push('a table has no headers');
  for (const th of heads) if (th.scope !== 'col' || !th.textContent.trim()) wrong.push('a header of a table has no scope or no text');
}
if (all('[aria-live], [role=status], [role=alert], [role=log]').length > 1) wrong.push('more than one live region');
if (all('[tabindex]').some(n => n.tabIndex > 0)) wrong.push('a tabindex above 0 breaks the order');
return wrong;
"""


def contrast(page):
    return page.js(CONTRAST)


def structure(page):
    wrong = page.js(STRUCTURE)
    roles = [element.aria_role for element in page.driver.find_elements(By.CSS_SELECTOR, "header, main, footer")]
    if sorted(roles) != ["banner", "contentinfo", "main"]:
        wrong.append(f"the landmarks are {roles}")
    for table in page.driver.find_elements(By.CSS_SELECTOR, "table"):
        if table.is_displayed() and table.aria_role != "table":
            wrong.append(f"a table has the role {table.aria_role}")
    return wrong


def names(page):
    """Every control and every picture has a name."""
    selector = "button, select, input, a, pre[tabindex], section, article, [role=img], [role=meter], [role=progressbar]"
    return [f"{element.tag_name} {element.get_attribute('id')} has no name"
            for element in page.driver.find_elements(By.CSS_SELECTOR, selector)
            if element.is_displayed() and not element.accessible_name.strip()]


def overflow(page):
    """What reaches beyond the right edge of the window."""
    return page.js("""
        const width = document.documentElement.clientWidth, wrong = [];
        if (document.documentElement.scrollWidth > width) wrong.push(`the page is ${document.documentElement.scrollWidth} wide in ${width}`);
        for (const n of document.querySelectorAll('body *')) {
          const box = n.getBoundingClientRect();
          if (n.checkVisibility() && box.right > width + 1 && box.width > 1) wrong.push(`${n.tagName}#${n.id}.${n.className} reaches to ${box.right}`);
        }
        return wrong""")


def everything(page):
    return contrast(page) + structure(page) + names(page)
