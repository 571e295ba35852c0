// The token, and actions that need it.
let refused = false;
/** Resolves to true once there is a new token. `modal`: for one action, which can be given up. */
function askToken(modal) {
  const box = $('ask');
  return new Promise(done => {
    put($('ask-why'), (refused ? 'The token was refused. ' : '') + (modal ? 'To change something, Lockstep wants to know that you may.' : 'This Lockstep shows itself only to who has its token.'));
    $('ask-token').value = '';
    if (box.open) box.close();
    if (modal) box.showModal(); else box.show();
    $('ask-token').focus();
    const end = value => { box.onclose = null; if (box.open) box.close(); refused = false; done(value); };
    box.querySelector('form').onsubmit = event => {
      event.preventDefault();
      keep($('ask-token').value.trim());
      end(true);
    };
    $('ask-no').onclick = () => end(false);
    box.onclose = () => end(false);
  });
}
/** Does what changes something; asks for the token as often as needed. */
async function change(path, body) {
  for (;;) {
    if (!token && !(await askToken(true))) throw new Trouble(401, 'Nothing was changed: there is no token.');
    try { return await post(path, body); } catch (error) { if (error.status !== 401) throw error; refused = true; }
  }
}
/** A button's work: busy meanwhile, then what came of it beside it. */
async function press(button, said, work) {
  if (button.dataset.busy) return;
  button.dataset.busy = '1';
  attr(button, 'aria-busy', true);
  say(said, '', 'One moment …');
  try {
    const text = await work();
    say(said, text ? 'yes' : '', text ?? '');
    if (text) tell(text);
  } catch (error) {
    const text = error instanceof Trouble ? `${error.message} ${error.hint ?? ''}`.trim() : 'Lockstep did not answer in time.';
    say(said, 'no', text);
    tell(text);
  } finally {
    delete button.dataset.busy;
    button.removeAttribute('aria-busy');
  }
}
function say(node, tone, text) {
  node.hidden = !text;
  node.className = `said ${tone}`;
  prose(node, (tone === 'no' && text ? '✕ ' : tone === 'yes' && text ? '✓ ' : '') + text);
}
/** Read aloud. Called when the state becomes another one or an action ends, never for numbers. */
function tell(text) { put($('voice'), plain(text)); }
