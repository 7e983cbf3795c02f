// Sends a chosen file ahead of its form, in chunks, and goes on where a lost line left off.
// Enhances <input type="file" data-unggah="KIND" data-maks="BYTES">. Without this script the form sends the file itself.
"use strict";
(() => {
  const LONGEST_WAIT = 20000;
  const megabytes = (size) => (size / 1048576).toLocaleString("id", { maximumFractionDigits: 1 }) + " MB";
  const pause = (ms) => new Promise((done) => {
    const timer = setTimeout(done, ms);
    addEventListener("online", () => { clearTimeout(timer); done(); }, { once: true });
  });

  function enhance(input) {
    const form = input.form;
    const state = input.parentElement.querySelector("[data-unggah-keadaan]");
    const words = state.dataset;
    const bar = state.querySelector("progress");
    bar.hidden = false;
    let running = 0, waiting = false, taken = null;

    const show = (text, done, total) => {
      state.hidden = false;
      state.querySelector("p").textContent = text;
      bar.remove();
      if (!total) return;
      bar.max = total;
      bar.value = done;
      state.append(bar);
    };
    const forget = () => {
      if (taken) taken.remove();
      taken = null;
      input.name = input.id;
      input.required = true;
    };
    const call = async (url, method, headers, body) => {
      const token = form.querySelector("[name=csrf_token]").value;
      return fetch(url, { method, body, headers: { "X-CSRFToken": token, Accept: "application/json", ...headers } });
    };

    async function begin(file, key) {
      const known = localStorage.getItem(key);
      if (known) {
        const answer = await call(known, "GET", {});
        if (answer.ok) return { url: known, ...(await answer.json()) };
        localStorage.removeItem(key);
      }
      const fields = new URLSearchParams({ kind: input.dataset.unggah, name: file.name, size: file.size });
      const answer = await call("/unggahan", "POST", {}, fields);
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) throw Object.assign(new Error(told.detail || words.gagal), { final: answer.status < 500 });
      localStorage.setItem(key, told.url);
      return told;
    }

    async function send(file, upload, mine) {
      let at = upload.received;
      while (at < file.size) {
        if (mine !== running) return;
        show(`${words.kirim} ${megabytes(at)} / ${megabytes(file.size)}`, at, file.size);
        const piece = file.slice(at, at + upload.chunk);
        const answer = await call(upload.url, "PATCH",
          { "Content-Type": "application/offset+octet-stream", "Upload-Offset": at }, piece);
        const there = answer.headers.get("Upload-Offset");
        if (there === null) throw Object.assign(new Error(words.gagal), { final: answer.status < 500 && answer.status !== 429 });
        at = Number(there);
      }
    }

    async function upload(file) {
      const mine = ++running;
      const key = ["unggah", input.dataset.unggah, file.name, file.size, file.lastModified].join(":");
      for (let attempt = 0; mine === running; attempt++) {
        try {
          const begun = await begin(file, key);
          await send(file, begun, mine);
          if (mine !== running) return;
          show(words.periksa, file.size, file.size);
          const answer = await call(begun.url + "/selesai", "POST", {});
          const told = await answer.json().catch(() => ({}));
          if (answer.status === 409) continue;
          if (!answer.ok) {
            localStorage.removeItem(key);
            throw Object.assign(new Error(told.detail || words.gagal), { final: answer.status < 500 });
          }
          return ready(begun.url);
        } catch (error) {
          if (mine !== running) return;
          if (error.final) return refuse(error.message);
          show(words.putus);
          await pause(Math.min(LONGEST_WAIT, 500 * 2 ** attempt));
        }
      }
    }

    function ready(url) {
      taken = document.createElement("input");
      taken.type = "hidden";
      taken.name = input.id + "_unggahan";
      taken.value = url.split("/").pop();
      form.append(taken);
      input.removeAttribute("name");
      input.required = false;
      running = 0;
      show(words.siap);
      if (waiting) form.requestSubmit();
    }

    function refuse(message) {
      running = 0;
      waiting = false;
      input.value = "";
      show(message);
      input.focus();
    }

    input.addEventListener("change", () => {
      forget();
      running++;
      const file = input.files[0];
      if (!file) { running = 0; state.hidden = true; return; }
      if (file.size > Number(input.dataset.maks)) {
        refuse(`${words.besar} (${megabytes(file.size)} > ${megabytes(Number(input.dataset.maks))})`);
        return;
      }
      upload(file);
    });
    form.addEventListener("submit", (event) => {
      if (running) { event.preventDefault(); waiting = true; }
    });
  }
  document.querySelectorAll("input[type=file][data-unggah]").forEach(enhance);
})();
