/*
 * The gates' dialogs. A form sends itself here instead of leaving the page, so that a refusal is read where the person was
 * typing, and nothing that was typed is lost.
 */
(function () {
  "use strict";

  const POLL = 15000;

  function headers() {
    // Jenkins' own object, which knows the crumb's name and value.
    return window.crumb ? window.crumb.wrap({ Accept: "application/json" }) : { Accept: "application/json" };
  }

  function show(form, message) {
    const error = form.querySelector("[data-countersign-error]");
    if (error) {
      error.textContent = message;
      error.hidden = false;
      error.scrollIntoView({ block: "nearest" });
    } else if (message && window.notificationBar) {
      window.notificationBar.show(message, window.notificationBar.ERROR);
    }
  }

  function hide(form) {
    const error = form.querySelector("[data-countersign-error]");
    if (error) {
      error.hidden = true;
    }
  }

  async function refusal(response) {
    try {
      return (await response.json()).message;
    } catch (e) {
      return response.status + " " + response.statusText;
    }
  }

  function body(form) {
    const data = new FormData(form);
    return form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
  }

  async function send(form, button) {
    hide(form);
    button.disabled = true;
    form.setAttribute("aria-busy", "true");
    // One key for one filled-in form: a second press, or a lost answer, does not sign twice.
    form.dataset.countersignKey = form.dataset.countersignKey || window.crypto.randomUUID?.() || String(Math.random());
    try {
      const response = await fetch(form.action, {
        method: "POST",
        headers: Object.assign(headers(), { "Idempotency-Key": form.dataset.countersignKey }),
        body: body(form),
      });
      if (!response.ok) {
        delete form.dataset.countersignKey;
        show(form, await refusal(response));
        return;
      }
      if (form.dataset.countersignDownload) {
        save(await response.blob(), form.dataset.countersignDownload);
        delete form.dataset.countersignKey;
        return;
      }
      // The registry is asked at once; a moment later the page can show what it answered.
      window.setTimeout(() => window.location.reload(), 700);
    } catch (e) {
      show(form, e.message);
    } finally {
      button.disabled = false;
      form.removeAttribute("aria-busy");
    }
  }

  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-countersign-open]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.countersignOpen);
      dialog.showModal();
      dialog.querySelector("select, textarea, input:not([type=hidden])")?.focus();
      return;
    }
    if (event.target.closest("[data-countersign-close]")) {
      event.target.closest("dialog").close();
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-countersign-act], [data-countersign-download]")) {
      return;
    }
    event.preventDefault();
    send(form, event.submitter || form.querySelector("[type=submit]"));
  });

  document.addEventListener("input", (event) => {
    const filter = event.target.closest("[data-countersign-filter]");
    if (filter) {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      document.querySelectorAll("[data-countersign-row]").forEach((row) => {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      });
      const nothing = document.querySelector("[data-countersign-nothing]");
      nothing.hidden = Boolean(document.querySelector("[data-countersign-row]:not([hidden])"));
    }
  });

  // Times in the reader's own zone and language; the exact one stays at hand.
  function localTimes() {
    document.querySelectorAll(".cs-gate time, .cs-waiting__table time").forEach((time) => {
      const date = new Date(time.dateTime);
      if (!isNaN(date)) {
        time.title = time.dateTime;
        time.textContent = date.toLocaleString(navigator.language, {
          dateStyle: "medium",
          timeStyle: "short",
        });
      }
    });
  }

  // The script is loaded before what it is for.
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", localTimes);
  } else {
    localTimes();
  }

  // Gates move while the page is open. Never under somebody's hands.
  async function poll() {
    const gates = Array.from(document.querySelectorAll("[data-countersign-state^='waiting|']"));
    if (gates.length === 0 || document.hidden || document.querySelector("dialog[open]")) {
      return;
    }
    for (const gate of gates.slice(0, 5)) {
      try {
        const response = await fetch(gate.dataset.countersignGate + "api/json?tree=state,why");
        if (response.ok) {
          const now = await response.json();
          if (now.state + "|" + now.why !== gate.dataset.countersignState && !document.querySelector("dialog[open]")) {
            window.location.reload();
            return;
          }
        }
      } catch (e) {
        return;
      }
    }
  }

  window.setInterval(poll, POLL);
})();
