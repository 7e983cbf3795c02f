// Passkeys: fetch a challenge, ask the browser, send its answer as the ordinary form that it sits in.
"use strict";
(() => {
  const FIELDS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

  // By hand and not by parse…FromJSON/toJSON: phones of some years ago know passkeys but not those.
  const prepared = (options) => {
    const listed = (list) => (list || []).map((item) => ({ ...item, id: bytes(item.id) }));
    const ready = { ...options, challenge: bytes(options.challenge) };
    if (options.user) ready.user = { ...options.user, id: bytes(options.user.id) };
    ready.allowCredentials = listed(options.allowCredentials);
    ready.excludeCredentials = listed(options.excludeCredentials);
    return ready;
  };
  const answered = (key) => {
    const response = {};
    for (const name of FIELDS) if (key.response[name]) response[name] = text(key.response[name]);
    if (key.response.getTransports) response.transports = key.response.getTransports();
    return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response });
  };

  const ask = async (form) => {
    const got = await fetch(form.dataset.tantangan, { method: "POST", body: new FormData(form) });
    if (got.redirected || got.status === 401) return location.reload(); // signed out meanwhile, or a proof is owed
    if (!got.ok) throw new Error(got.statusText);
    const publicKey = prepared(await got.json());
    const make = form.dataset.passkey === "daftar";
    const key = await (make ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
    form.elements.tanggapan.value = answered(key);
    form.submit();
  };

  if (!window.PublicKeyCredential) return;
  document.querySelectorAll("[data-tanpa-passkey]").forEach((note) => { note.hidden = true; });
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    const failed = form.querySelector("[role=alert]");
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      failed.hidden = true;
      event.submitter.disabled = true; // a second challenge would make the answer to the first one wrong
      ask(form).catch(() => {
        failed.textContent = form.dataset.gagal;
        failed.hidden = event.submitter.disabled = false;
      });
    });
  });
})();
