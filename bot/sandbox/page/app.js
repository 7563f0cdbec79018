// The sandbox page: what a person sees of the workspace, and what they do in it.
"use strict";

const at = (id) => document.getElementById(id);
const COLOURS = ["#b4560f", "#2b6cb0", "#7b3fa0", "#39763a", "#99366b"];
const ROLES = { licensed_broker: "licensed broker", entry_writer: "entry writer", compliance: "compliance", viewer: "viewer" };
const TOPICS = { "customs-review": "one card for each shipment; everything about it in its thread", "customs-ops": "what only a person can mend", compliance: "denied-party matches, for few eyes" };
let state = null;
let user = localStorage.getItem("user") || "U01DANA";
let channel = null;
let thread = null;
let shownView = null;

async function ask(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return answer.json();
}

function toast(text) {
  at("toast").textContent = text;
  at("toast").classList.add("on");
  setTimeout(() => at("toast").classList.remove("on"), 4000);
}

const nameOf = () => Object.fromEntries(state.users.map((one) => [one.id, one.name.split(" ")[0]]));
const initials = (name) => name.split(" ").map((part) => part[0]).join("").slice(0, 2);
const clock = (ts) => new Date(Number(ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function drawPeople() {
  at("people").replaceChildren(...state.users.map((one, index) => el("button", {
    role: "radio", "aria-checked": String(one.id === user), "data-testid": `person-${one.id}`,
    onclick: () => { user = one.id; localStorage.setItem("user", user); refresh(); },
  }, el("span", { class: "face" }, initials(one.name)),
    el("span", {}, one.name, el("small", {}, ROLES[one.role] || one.role)))));
  at("people").querySelectorAll(".face").forEach((face, index) => { face.style.background = COLOURS[index % 5]; });
}

function drawChannels() {
  channel ||= state.channels[0].id;
  at("channels").replaceChildren(...state.channels.map((one) => el("button", {
    "aria-current": String(one.id === channel), onclick: () => { channel = one.id; thread = null; draw(); },
  }, "# " + one.name)));
  const here = state.channels.find((one) => one.id === channel);
  if (!here) return;
  at("title").textContent = "# " + here.name;
  at("topic").textContent = TOPICS[here.name] || "";
}

function drawApp() {
  const places = [["home", "Home"], ["D" + user.slice(1), "Messages with Tidewaiter"]];
  at("app").replaceChildren(...places.map(([id, label]) => el("button", { "aria-current": String(id === channel), "data-testid": `app-${id === "home" ? "home" : "messages"}`,
    onclick: () => { channel = id; thread = null; if (id === "home") ask("/sandbox/home", { user }); draw(); } }, (id === "home" ? "⌂ " : "✉ ") + label)));
  if (channel === "home") { at("title").textContent = "⌂ Home"; at("topic").textContent = "the app's own page for you"; }
  else if (channel[0] === "D") { channel = places[1][0]; at("title").textContent = "✉ Tidewaiter"; at("topic").textContent = "only the two of you"; }
}

function drawHome() {
  const act = async (block, element, button, selected) => {
    if (button && button.tagName === "BUTTON") button.disabled = true;
    const said = await ask("/sandbox/click", { user, home: true, block_id: block.block_id, action_id: element.action_id, selected });
    if (button) button.disabled = false;
    if (!said.ok) toast(said.said || "The app did not respond.");
  };
  const home = state.home;
  const before = at("messages").scrollTop;
  at("messages").replaceChildren(...(home ? [el("div", { class: "home", "data-testid": "home" }, ...home.blocks.map((block) => drawBlock(block, nameOf(), act)))] : [el("p", { class: "empty" }, "The app draws your Home when you open it.")]));
  at("messages").scrollTop = before;
}

async function use(message, block, element, button, selected) {
  if (element.confirm && !(await sure(element.confirm, element.style))) return;
  button.disabled = true;
  const said = await ask("/sandbox/click", { user, channel: message.channel, ts: message.ts, block_id: block.block_id, action_id: element.action_id, selected });
  button.disabled = false;
  if (!said.ok) toast(said.said || "The app did not respond.");
}

function sure(confirm, style) {
  return new Promise((resolve) => {
    const done = (answer) => { at("ask").close(); resolve(answer); };
    at("ask").replaceChildren(el("header", { id: "ask-title" }, confirm.title.text), el("div", { class: "body" }, ...textOf(confirm.text, nameOf())),
      el("footer", {}, el("button", { onclick: () => done(false) }, confirm.deny.text),
        el("button", { class: style === "danger" ? "danger" : "primary", "data-testid": "confirm-yes", onclick: () => done(true) }, confirm.confirm.text)));
    at("ask").oncancel = () => resolve(false);
    at("ask").showModal();
  });
}

function drawMessage(message, { inThread = false } = {}) {
  const names = nameOf();
  const act = (block, element, button, selected) => use(message, block, element, button, selected);
  const person = message.to ? null : state.users.find((one) => one.id === message.user);
  const body = el("div", {}, el("div", {}, el("span", { class: "who" }, person ? person.name : "Tidewaiter"), person ? null : el("span", { class: "app" }, "APP"), " ", el("span", { class: "when" }, clock(message.ts)),
    message.to ? null : el("button", { class: "plain more", title: "Attach to a shipment", "aria-label": "Attach to a shipment", "data-testid": `attach-${message.ts}`,
      onclick: () => ask("/sandbox/shortcut", { user, channel: message.channel, ts: message.ts, callback_id: "attach_message" }) }, "⋯")));
  if (message.blocks.length) body.append(...message.blocks.map((block) => drawBlock(block, names, act)));
  else body.append(el("div", { class: "block" }, ...mrkdwn(message.text, names)));
  for (const file of message.files || []) body.append(el("div", { class: "file" }, "📎 " + file.name));
  if (message.to) { body.classList.add("whisper"); body.prepend(el("div", { class: "only" }, "👁 Only visible to you")); }
  if (!inThread && !message.to) {
    const replies = state.messages.filter((one) => one.thread_ts === message.ts).length;
    const root = message.thread_ts || message.ts;
    const label = message.thread_ts ? "also sent to the channel · view thread" : replies ? `${replies} ${replies === 1 ? "reply" : "replies"}` : message.channel[0] === "D" ? "" : "Reply in thread";
    if (label) body.append(el("button", { class: "tothread", "data-testid": `thread-${root}`, onclick: () => { thread = root; draw(); } }, label));
  }
  return el("article", { class: "message", "data-testid": `message-${message.ts}` }, el("span", { class: person ? "face" : "face bot", style: null, "aria-hidden": "true" }, person ? initials(person.name) : "≈"), body);
}

function keepPlace(box, nodes) {
  const low = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  const before = box.scrollTop;
  box.replaceChildren(...nodes);
  box.scrollTop = low ? box.scrollHeight : before;
}

function drawMessages() {
  const here = state.messages.filter((one) => one.channel === channel && (!one.thread_ts || one.broadcast));
  const told = state.whispers.filter((one) => one.channel === channel && !one.thread_ts);
  const all = [...here, ...told].sort((a, b) => a.ts.localeCompare(b.ts));
  const recent = state.whispers.filter((one) => one.channel === channel && one.thread_ts && Date.now() / 1000 - Number(one.ts) < 60 && one.thread_ts !== thread);
  keepPlace(at("messages"), [...all, ...recent].map((one) => drawMessage(one)));
  if (!all.length) at("messages").append(el("p", { class: "empty" }, "Nothing yet. A mail to the intake address becomes a card here."));
}

function drawThread() {
  at("thread").hidden = !thread;
  document.body.classList.toggle("threaded", Boolean(thread));
  if (!thread) return;
  const all = [...state.messages.filter((one) => one.ts === thread || one.thread_ts === thread), ...state.whispers.filter((one) => one.thread_ts === thread)];
  all.sort((a, b) => a.ts.localeCompare(b.ts));
  keepPlace(at("replies"), all.filter((one) => one.ts !== thread).map((one) => drawMessage(one, { inThread: true })));
}

const HOLDS = { hold_documents: "documents", hold_value: "value", hold_classification: "classification", hold_exam: "examination", hold_adcvd: "AD/CVD", hold_restricted: "restricted goods" };

function holdBox(entry, act) {
  const kinds = Object.entries(HOLDS).map(([event, words]) => el("option", { value: event }, words));
  return el("select", { "aria-label": "Place a hold", "data-testid": `hold-${entry.key}`, onchange: (event) => event.target.value && act(entry.key, event.target.value) },
    el("option", { value: "" }, "Hold for…"), ...kinds);
}

function drawWorld() {
  const act = (key, event) => ask("/sandbox/authority", { key, event });
  const entries = state.authority.entries.toReversed().map((entry) => {
    const last = entry.events.at(-1);
    const code = last ? last.code : "filed";
    return el("div", { class: "card", "data-testid": `authority-${entry.key}` }, el("span", { class: `state ${code}` }, code),
      el("strong", {}, entry.entryNumber), el("div", { class: "when" }, entry.reference, last ? ` · ${last.reason}` : ""),
      el("div", { class: "row" }, el("button", { onclick: () => act(entry.key, "release") }, "Release"),
        holdBox(entry, act), el("button", { onclick: () => act(entry.key, "lift") }, "Lift"),
        el("button", { onclick: () => act(entry.key, "reject") }, "Reject")));
  });
  at("entries").replaceChildren(...(entries.length ? entries : [el("p", { class: "when" }, "No entry was filed yet.")]));
  const forms = state.signing.toReversed().map((one) => el("a", { class: "card", href: "/sign/" + encodeURIComponent(one.key), target: "_blank", "data-testid": `sign-${one.key}` },
    el("span", { class: `state ${one.state}` }, one.state), el("strong", {}, one.grantor), el("div", { class: "when" }, `${one.signer.name} · ${one.signer.mail}`)));
  at("forms").replaceChildren(...(forms.length ? forms : [el("p", { class: "when" }, "Nothing waits for a signature.")]));
  at("outage").checked = state.authority.away;
  at("mails").replaceChildren(...state.mails.toReversed().slice(0, 30).map((mail) => el("button", { class: "card mail", onclick: () => read(mail) },
    el("span", { class: `way ${mail.way}` }, mail.way === "out" ? "SENT BY TIDEWAITER" : "TO THE INTAKE"),
    el("div", { class: "cut" }, mail.way === "out" ? mail.to.join(", ") : mail.from), el("div", { class: "cut" }, el("strong", {}, mail.subject)))));
  if (!state.mails.length) at("mails").replaceChildren(el("p", { class: "when" }, "No mail yet."));
}

function read(mail) {
  at("reader").replaceChildren(el("header", { id: "reader-title" }, mail.subject || "(no subject)"),
    el("div", { class: "body" }, el("p", { class: "when" }, `${mail.from} → ${mail.to.join(", ")}`), el("pre", {}, mail.text),
      mail.files.length ? el("p", {}, "Attached: " + mail.files.join(", ")) : null),
    el("footer", {}, el("button", { onclick: () => at("reader").close() }, "Close")));
  at("reader").showModal();
}

function drawView() {
  const view = state.views.at(-1);
  if (!view) { shownView = null; if (at("modal").open) at("modal").close(); return; }
  if (shownView === view.id + view.hash) return;
  shownView = view.id + view.hash;
  const act = async (block, element, asked, selected) => {
    if (typeof asked !== "string") {
      if (element.confirm && !(await sure(element.confirm, element.style))) return [];
      const told = await ask("/sandbox/view", { user, view_id: view.id, block_id: block.block_id, action_id: element.action_id, selected, values: valuesOf(form) });
      if (!told.ok) toast(told.said || "The app did not respond.");
      return [];
    }
    const said = await ask("/sandbox/suggest", { user, view_id: view.id, block_id: block.block_id, action_id: element.action_id, value: asked });
    return (said.body && said.body.options) || [];
  };
  const close = () => ask("/sandbox/close", { view_id: view.id });
  const form = el("form", { method: "dialog", onsubmit: async (event) => {
    event.preventDefault();
    form.querySelectorAll(".error").forEach((one) => { one.textContent = ""; });
    const said = await ask("/sandbox/submit", { user, view_id: view.id, values: valuesOf(form) });
    const body = said.body || {};
    if (!said.ok) toast(said.said || "We had some trouble connecting. Try again?");
    for (const [block, text] of Object.entries(body.errors || {})) {
      const place = form.querySelector(`[data-error="${CSS.escape(block)}"]`);
      if (place) place.textContent = text; else toast(text);
    }
  } }, el("header", { id: "modal-title" }, view.title.text), el("div", { class: "body" }, ...view.blocks.map((block) => drawBlock(block, nameOf(), act))),
  el("footer", {}, el("button", { type: "button", onclick: close }, view.close ? view.close.text : "Cancel"),
    view.submit ? el("button", { class: "primary", "data-testid": "modal-submit" }, view.submit.text) : null));
  const before = at("modal").open && at("modal").dataset.view === view.id ? at("modal").querySelector("form") : null;
  const scrolled = before ? before.querySelector(".body").scrollTop : 0;
  const focused = before && document.activeElement.closest("[data-block]");
  if (before) keepTyped(form, valuesOf(before));
  at("modal").dataset.view = view.id;
  at("modal").replaceChildren(form);
  form.querySelector(".body").scrollTop = scrolled;
  if (focused) { const again = form.querySelector(`[data-block="${CSS.escape(focused.dataset.block)}"]`); if (again) again.focus(); }
  at("modal").oncancel = (event) => { event.preventDefault(); close(); };
  if (!at("modal").open) at("modal").showModal();
}

function draw() {
  drawPeople(); drawChannels(); drawApp();
  at("steps").hidden = channel === "home" || channel[0] === "D"; at("command").hidden = channel === "home";
  if (channel === "home") drawHome(); else drawMessages();
  drawThread(); drawWorld(); drawView();
}

// An address of a message, such as the Home gives: its channel, and its thread if it has one.
function followAddress() {
  const [, where, ts] = location.hash.match(/^#([A-Z0-9]+)\/p(\d+)$/) || [];
  if (!where) return;
  channel = where; thread = ts.slice(0, -6) + "." + ts.slice(-6);
  history.replaceState(null, "", "/");
  draw();
}

async function refresh() {
  state = await (await fetch("/sandbox/state?user=" + encodeURIComponent(user))).json();
  draw();
}

at("unthread").addEventListener("click", () => { thread = null; draw(); });
at("outage").addEventListener("change", (event) => ask("/sandbox/outage", { away: event.target.checked }));
at("command").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [command, ...rest] = at("typed").value.trim().split(" ");
  const text = at("typed").value.trim();
  at("typed").value = "";
  if (!command.startsWith("/")) { if (text) await ask("/sandbox/say", { user, channel, text }); return; }
  const said = await ask("/sandbox/command", { user, channel, command, text: rest.join(" ") });
  if (!said.ok) toast(said.said || "The app did not respond.");
});
const encoded = (file) => new Promise((resolve) => {
  const reader = new FileReader();
  reader.onload = () => resolve({ name: file.name, data: reader.result.split(",")[1] });
  reader.readAsDataURL(file);
});
at("reply").addEventListener("submit", async (event) => {
  event.preventDefault();
  const files = await Promise.all([...at("enclosed").files].map(encoded));
  const text = at("answer").value.trim();
  if (!text && !files.length) return;
  event.target.reset();
  const said = await ask("/sandbox/say", { user, channel: threadChannel(), text, thread_ts: thread, files });
  if (!said.ok) toast(said.said || "The app did not respond.");
});
const threadChannel = () => (state.messages.find((one) => one.ts === thread) || { channel }).channel;
at("letter").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = await ask("/sandbox/mail", Object.fromEntries(new FormData(event.target)));
  event.target.querySelector("output").textContent = said.ok ? " Sent." : " " + said.said;
});
refresh().then(followAddress);
addEventListener("hashchange", followAddress);
new EventSource("/sandbox/changes").onmessage = refresh;
