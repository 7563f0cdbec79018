// The signer's page: read the form, type the name, sign or decline.
"use strict";

const key = decodeURIComponent(location.pathname.split("/").at(-1));
const at = (id) => document.getElementById(id);

async function decide(body) {
  const answer = await fetch("/sandbox/sign", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key, ...body }) });
  const said = await answer.json();
  at("said").textContent = said.ok ? "" : said.said;
  await show();
}

async function show() {
  const state = await (await fetch("/sandbox/state")).json();
  const one = state.signing.find((each) => each.key === key);
  at("asked").textContent = `${one.signer.name} (${one.signer.title}) is asked to sign for ${one.grantor}: ${one.state}`;
  at("sign").querySelectorAll("input, button").forEach((each) => { each.disabled = !["sent", "delivered"].includes(one.state); });
  const paper = `/signing/envelopes/${encodeURIComponent(key)}/${one.state === "completed" ? "signed" : "form"}`;
  at("open").href = paper;
  const picture = `/signing/envelopes/${encodeURIComponent(key)}/picture?${one.state}`;
  if (at("form").getAttribute("src") !== picture) at("form").src = picture;
}

at("sign").addEventListener("submit", (event) => { event.preventDefault(); decide({ name: at("name").value, signs: true }); });
at("decline").addEventListener("click", () => decide({ name: "", signs: false, reason: "declined on the page" }));
show();
