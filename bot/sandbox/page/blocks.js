// Draws Block Kit as Slack would. Every text becomes a text node: nothing from outside is HTML.
"use strict";

const EMOJI = {
  alarm_clock: "⏰", arrow_right: "➡️", bell: "🔔", calendar: "📅", compass: "🧭", ghost: "👻",
  grey_question: "❔", hourglass: "⌛", hourglass_flowing_sand: "⏳", inbox_tray: "📥",
  envelope_with_arrow: "📩", incoming_envelope: "📨", information_source: "ℹ️", label: "🏷️", lock: "🔒",
  lower_left_fountain_pen: "🖋️", mag: "🔍", memo: "📝", money_with_wings: "💸", no_entry: "⛔",
  outbox_tray: "📤", package: "📦", page_facing_up: "📄", palm_tree: "🌴", paperclip: "📎",
  pencil: "📝", pencil2: "✏️", receipt: "🧾", rewind: "⏪", rotating_light: "🚨", round_pushpin: "📍", heavy_minus_sign: "➖", heavy_plus_sign: "➕", scales: "⚖️", scissors: "✂️", scroll: "📜",
  shield: "🛡️", straight_ruler: "📏", telephone_receiver: "📞", truck: "🚚", twisted_rightwards_arrows: "🔀", unlock: "🔓", warning: "⚠️",
  white_check_mark: "✅", x: "❌",
};

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((one) => one !== null && one !== undefined));
  return node;
}

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function safeLink(url) {
  return /^https?:\/\//.test(url) || url.startsWith("/") ? url : "#";
}

function angled(inside, names) {
  if (inside.startsWith("@")) return el("span", { class: "mention" }, "@" + (names[inside.slice(1)] || inside.slice(1)));
  if (inside.startsWith("!date^")) {
    const [stamp] = inside.slice(6).split("^");
    return el("time", {}, new Date(Number(stamp) * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
  }
  if (inside.startsWith("!") || inside.startsWith("#")) return document.createTextNode(inside.slice(1));
  const [url, label] = inside.split("|");
  return el("a", { href: safeLink(unescape(url)), target: "_blank", rel: "noopener noreferrer" }, unescape(label || url));
}

const INLINE = /<([^<>]+)>|`([^`\n]+)`|\*([^*\n]+)\*|(?<![\w])_([^_\n]+)_(?![\w])|~([^~\n]+)~|:([a-z0-9_+-]+):/;

function inline(text, names) {
  const nodes = [];
  let rest = text;
  while (rest) {
    const found = INLINE.exec(rest);
    if (!found) { nodes.push(unescape(rest)); break; }
    if (found.index) nodes.push(unescape(rest.slice(0, found.index)));
    const [, angle, code, bold, italic, struck, emoji] = found;
    if (angle !== undefined) nodes.push(angled(angle, names));
    else if (code !== undefined) nodes.push(el("code", {}, unescape(code)));
    else if (bold !== undefined) nodes.push(el("strong", {}, ...inline(bold, names)));
    else if (italic !== undefined) nodes.push(el("em", {}, ...inline(italic, names)));
    else if (struck !== undefined) nodes.push(el("s", {}, ...inline(struck, names)));
    else nodes.push(EMOJI[emoji] || `:${emoji}:`);
    rest = rest.slice(found.index + found[0].length);
  }
  return nodes;
}

// Between three backticks the text stays as it is, in columns.
function mrkdwn(text, names) {
  return text.split("```").flatMap((part, at, all) => {
    if (at % 2 && at < all.length - 1) return [el("pre", {}, unescape(part.replace(/^\n|\n$/g, "")))];
    return prose(part, names);
  });
}

function prose(text, names) {
  const out = [];
  text.split("\n").forEach((line, at) => {
    if (line.startsWith("&gt; ") || line.startsWith("> ")) {
      out.push(el("blockquote", {}, ...inline(line.replace(/^(&gt;|>) /, ""), names)));
      return;
    }
    if (at && !(out.at(-1) instanceof HTMLQuoteElement)) out.push(el("br"));
    out.push(...inline(line, names));
  });
  return out;
}

function textOf(object, names) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text, names) : [object.text];
}

// One block. `act` is called with (block, element, extra) when a person uses an element.
function drawBlock(block, names, act) {
  const node = el("div", { class: `block ${block.type}` });
  if (block.type === "header") node.append(...textOf(block.text, names));
  else if (block.type === "section") {
    const words = el("div", {}, ...textOf(block.text, names));
    if (block.fields) words.append(el("div", { class: "fields" }, ...block.fields.map((one) => el("div", {}, ...textOf(one, names)))));
    node.append(words);
    if (block.accessory) { node.classList.add("accessory"); node.append(drawElement(block, block.accessory, names, act)); }
  } else if (block.type === "context") {
    for (const one of block.elements) node.append(one.type === "image" ? drawPicture(one) : el("span", {}, ...textOf(one, names)), " ");
  } else if (block.type === "actions") {
    for (const one of block.elements) node.append(drawElement(block, one, names, act));
  } else if (block.type === "markdown") node.append(...mrkdwn(block.text, names));
  else if (block.type === "image") {
    if (block.title) node.append(el("div", { class: "caption" }, ...textOf(block.title, names)));
    node.append(drawPicture(block));
  } else if (block.type === "table" || block.type === "data_table") node.append(drawTable(block));
  else if (block.type === "input") return drawInput(block, act);
  return node;
}

function drawPicture(given) {
  const place = given.slack_file ? "/files/" + encodeURIComponent(given.slack_file.id || "") : safeLink(given.image_url);
  return el("img", { src: place, alt: given.alt_text, loading: "lazy" });
}

// A field that asks the app for options while somebody types; the arrow keys go through them.
function searchBox(block, element, act, choose) {
  const hint = element.placeholder ? element.placeholder.text : "Search";
  const box = el("input", { placeholder: hint, "aria-label": hint, autocomplete: "off", role: "combobox", "aria-expanded": "false", "data-action": element.action_id });
  const options = el("div", { class: "options", role: "listbox", hidden: true });
  const least = element.min_query_length ?? 3;
  const show = (on) => { options.hidden = !on; box.setAttribute("aria-expanded", String(on)); };
  const look = async () => {
    if (box.value.length < least) { show(false); return; }
    const asked = box.value;
    const found = await act(block, element, asked);
    if (asked !== box.value) return;
    options.replaceChildren(...found.map((one) => el("button", { type: "button", role: "option", onclick: () => {
      box.value = one.text.text; box.dataset.value = one.value; show(false); box.focus(); choose(box, one);
    } }, one.text.text)));
    show(found.length > 0);
  };
  box.addEventListener("input", () => { box.dataset.value = ""; look(); });
  box.addEventListener("focus", () => { if (!least && !box.dataset.value && options.hidden && !box.value) look(); });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && !options.hidden) { event.preventDefault(); options.firstElementChild.focus(); }
    if (event.key === "Enter") event.preventDefault();
  });
  options.addEventListener("keydown", (event) => {
    const to = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (to) { event.preventDefault(); (document.activeElement[to] || box).focus(); }
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); show(false); box.focus(); }
  });
  return [box, options];
}

// Several options, each with a button that takes it out again.
function manyBox(block, element, act) {
  const chosen = el("div", { class: "chosen" });
  const most = element.max_selected_items || 100;
  const add = (one) => {
    if (chosen.children.length >= most || [...chosen.children].some((chip) => chip.dataset.value === one.value)) return;
    chosen.append(el("span", { class: "chip", "data-value": one.value }, one.text.text,
      el("button", { type: "button", "aria-label": "Take out " + one.text.text, onclick: (event) => event.target.parentNode.remove() }, "×")));
  };
  (element.initial_options || []).forEach(add);
  const [box, options] = searchBox(block, element, act, (field, one) => { add(one); field.value = ""; field.dataset.value = ""; });
  const set = el("div", {}, chosen, box, options);
  set.add = add;
  return set;
}

function drawTable(block) {
  return el("div", { class: "scroll" }, el("table", {}, ...block.rows.map((row, at) => el("tr", {}, ...row.map((cell) => el(at ? "td" : "th", {}, cell.text || ""))))));
}

function drawElement(block, element, names, act) {
  if (element.type === "static_select" || element.type === "overflow") return drawChoice(block, element, act);
  if (element.type === "external_select") {
    return el("div", { class: "search" }, ...searchBox(block, element, act, (box, one) => act(block, element, box, one)));
  }
  if (element.type === "image") return drawPicture(element);
  if (element.type !== "button") return el("span", {}, `[${element.type}]`);
  if (element.url) return el("a", { class: "button", href: safeLink(element.url), target: "_blank", rel: "noopener noreferrer" }, element.text.text);
  const style = element.style || "";
  return el("button", {
    class: style, type: "button", "aria-label": element.accessibility_label,
    "data-testid": `action-${block.block_id}-${element.action_id}`, "data-action": element.action_id,
    onclick: (event) => act(block, element, event.currentTarget),
  }, element.text.text);
}

// A choice that acts at once: a select or an overflow menu outside of a form.
function drawChoice(block, element, act) {
  const start = element.initial_option ? element.initial_option.value : "";
  const label = element.placeholder ? element.placeholder.text : "More";
  const box = el("select", { "aria-label": label, title: element.type === "overflow" ? label : null, class: element.type === "overflow" ? "menu" : null, "data-testid": `action-${block.block_id}-${element.action_id}`, "data-action": element.action_id },
    start ? null : el("option", { value: "" }, element.type === "overflow" ? "⋯" : label),
    ...element.options.map((one) => el("option", { value: one.value, selected: one.value === start }, one.text.text)));
  box.addEventListener("change", () => {
    const chosen = element.options.find((one) => one.value === box.value);
    if (chosen) act(block, element, box, chosen);
  });
  return box;
}

function drawInput(block, act) {
  const element = block.element;
  // A label around several boxes would tick the first one wherever it is clicked.
  const field = el(["checkboxes", "multi_external_select"].includes(element.type) ? "div" : "label", { class: "field" }, el("strong", {}, block.label.text + (block.optional ? " (optional)" : "")));
  if (element.type === "plain_text_input") {
    const box = element.multiline ? el("textarea", { rows: 3 }) : el("input", {});
    box.value = element.initial_value || "";
    box.maxLength = element.max_length || 3000;
    box.dataset.block = block.block_id; box.dataset.action = element.action_id; box.dataset.kind = element.type;
    field.append(box);
  } else if (element.type === "static_select") {
    const box = el("select", {}, el("option", { value: "" }, element.placeholder ? element.placeholder.text : "Choose"),
      ...(element.options || []).map((one) => el("option", { value: one.value, selected: element.initial_option && element.initial_option.value === one.value }, one.text.text)));
    box.dataset.block = block.block_id; box.dataset.action = element.action_id; box.dataset.kind = element.type;
    box.addEventListener("change", () => { box.dataset.value = box.value; });
    box.dataset.value = box.value;
    field.append(box);
  } else if (element.type === "checkboxes") {
    const set = el("div", { class: "checks" }, ...element.options.map((one) => el("label", { class: "check" },
      el("input", { type: "checkbox", value: one.value, checked: (element.initial_options || []).some((on) => on.value === one.value), "data-testid": `check-${one.value}` }), " " + one.text.text)));
    set.dataset.block = block.block_id; set.dataset.action = element.action_id; set.dataset.kind = element.type;
    field.append(set);
  } else if (element.type === "external_select") {
    const [box, options] = searchBox(block, element, act, (made, one) => { if (block.dispatch_action) act(block, element, made, one); });
    box.dataset.block = block.block_id; box.dataset.action = element.action_id; box.dataset.kind = element.type;
    if (element.initial_option) { box.value = element.initial_option.text.text; box.dataset.value = element.initial_option.value; }
    field.append(box, options);
  } else if (element.type === "multi_external_select") {
    const set = manyBox(block, element, act);
    set.dataset.block = block.block_id; set.dataset.action = element.action_id; set.dataset.kind = element.type;
    field.append(set);
  }
  if (block.hint) field.append(el("small", {}, block.hint.text));
  field.append(el("p", { class: "error", "data-error": block.block_id, role: "alert" }));
  return field;
}

function valuesOf(form) {
  const values = {};
  for (const box of form.querySelectorAll("[data-block]")) {
    const { block, action, kind, value } = box.dataset;
    if (kind === "checkboxes") {
      const chosen = [...box.querySelectorAll("input:checked")].map((one) => ({ value: one.value }));
      values[block] = { [action]: { type: kind, selected_options: chosen } };
      continue;
    }
    if (kind === "multi_external_select") {
      const chosen = [...box.querySelectorAll(".chip")].map((chip) => ({ value: chip.dataset.value, text: { type: "plain_text", text: chip.firstChild.data } }));
      values[block] = { [action]: { type: kind, selected_options: chosen } };
      continue;
    }
    values[block] = { [action]: kind.endsWith("_select")
      ? { type: kind, selected_option: value ? { value, text: { type: "plain_text", text: box.value } } : null }
      : { type: kind, value: box.value || null } };
  }
  return values;
}

// As Slack: a window that is drawn anew keeps what stands in inputs of the same block and action.
function keepTyped(form, before) {
  for (const box of form.querySelectorAll("[data-block]")) {
    const { block, action, kind } = box.dataset;
    const was = before[block] && before[block][action];
    if (!was || was.type !== kind) continue;
    if (kind === "checkboxes") {
      for (const one of box.querySelectorAll("input")) one.checked = was.selected_options.some((on) => on.value === one.value);
    } else if (kind === "multi_external_select") {
      box.querySelector(".chosen").replaceChildren();
      was.selected_options.forEach(box.add);
    } else if (kind.endsWith("_select")) {
      if (!was.selected_option) continue;
      box.dataset.value = was.selected_option.value;
      box.value = box.tagName === "SELECT" ? was.selected_option.value : was.selected_option.text.text;
    } else box.value = was.value || "";
  }
}
