// The card in the page: the key is opened with the PIN and a share from the counting server, signs, and never leaves
// the page. The format is told in consent/soft_card.py. No library, no storage.
"use strict";

const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const toBase64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const toBase64Url = (bytes) => toBase64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const fromBase64Url = (text) => fromBase64(text.replace(/-/g, "+").replace(/_/g, "/"));
const utf8 = (text) => new TextEncoder().encode(text);
const joined = (...parts) => {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  parts.reduce((at, part) => (whole.set(new Uint8Array(part), at), at + part.byteLength), 0);
  return whole;
};

async function derive(material, purpose) {
  const key = await crypto.subtle.importKey("raw", material, "HKDF", false, ["deriveBits"]);
  const algorithm = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(purpose) };
  return crypto.subtle.deriveBits(algorithm, key, 256);
}

async function ask(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) {
    throw Object.assign(new Error(told.text || ""), { reason: told.reason, left: told.left });
  }
  return told;
}

async function open(file, pin) {
  const card = JSON.parse(await file.text());
  if (card.format !== "hie-soft-card-1") throw Object.assign(new Error(), { reason: "card-format" });
  const secret = await crypto.subtle.importKey("raw", utf8(pin), "PBKDF2", false, ["deriveBits"]);
  const stretched = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt: fromBase64(card.kdf.salt), iterations: card.kdf.iterations }, secret, 256);
  const authenticator = toBase64(await derive(stretched, "hie-card-authenticator"));
  const { share } = await ask("/auth/card/attempt", { serial: card.serial, authenticator });
  const wrapping = await crypto.subtle.importKey(
    "raw", await derive(joined(stretched, fromBase64(share)), "hie-card-wrapping"), "AES-GCM", false, ["decrypt"]);
  const pkcs8 = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: fromBase64(card.cipher.iv), additionalData: utf8(card.serial) },
    wrapping, fromBase64(card.wrapped));
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  return {
    certificate: card.certificates[0],
    sign: (data) => crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, data),
  };
}

// Proves the card to this site: SHA-256(origin) ‖ SHA-256(nonce) under its signature.
async function prove(card) {
  const { nonce } = await ask("/auth/card/challenge", {});
  const digest = (bytes) => crypto.subtle.digest("SHA-256", bytes);
  const signed = joined(await digest(utf8(location.origin)), await digest(fromBase64Url(nonce)));
  return { certificate: card.certificate, nonce, signature: toBase64(await card.sign(signed)) };
}

// Signs a directive: the site gives the canonical text, the page shows it in words, the card signs it.
async function signed(card, address, fields) {
  const { text } = await ask(address, { ...fields, certificate: card.certificate });
  return `${text}.${toBase64Url(await card.sign(utf8(text)))}`;
}

function busy(form, is) {
  form.setAttribute("aria-busy", String(is));
  for (const button of form.querySelectorAll("button")) button.disabled = is;
}

for (const form of document.querySelectorAll("form[data-card]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = form.querySelector("[data-problem]");
    problem.hidden = true;
    busy(form, true);
    try {
      const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === "string"));
      const { pin, ...rest } = fields;
      const card = await open(form.querySelector("input[type=file]").files[0], pin);
      const body = form.dataset.card === "sign"
        ? { ...rest, jws: await signed(card, form.dataset.draft, rest) }
        : { ...rest, ...(await prove(card)) };
      location.assign((await ask(form.action, body)).next);
    } catch (fault) {
      const words = JSON.parse(document.getElementById("card-words").textContent);
      problem.textContent = (words[fault.reason] || words[""]).replace("{left}", fault.left ?? "");
      problem.hidden = false;
      problem.focus();
      busy(form, false);
    }
  });
}
