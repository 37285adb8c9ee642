// SPDX-License-Identifier: Apache-2.0
// Keeps the page as it is now: fetches it again and puts the parts that changed in the place of
// the old ones. What comes is parsed without running anything, and is drawn and escaped by the
// service, in one place.
"use strict";

const STEP_MS = 2000;
const TIMEOUT_MS = 5000;
const connection = document.getElementById("connection");

function isBeingRead(part) {
  const selection = document.getSelection();
  return selection && !selection.isCollapsed && part.contains(selection.anchorNode);
}

// A part keeps its place in the document, so that a screen reader hears of it, what is open in
// it and what has the focus.
function renew(old, fresh) {
  old.className = fresh.className;
  if (old.innerHTML === fresh.innerHTML || isBeingRead(old)) return;
  for (const details of old.querySelectorAll("details[open]")) {
    const same = fresh.querySelector("#" + details.id);
    if (same) same.open = true;
  }
  const focused = old.contains(document.activeElement)
    ? document.activeElement.closest("[id]").id : null;
  old.replaceChildren(...fresh.childNodes);
  if (focused) {
    const same = document.getElementById(focused);
    (same && (same.querySelector("summary") || same))?.focus({ preventScroll: true });
  }
}

function renewIssuers(next) {
  const ids = (list) => Array.from(list.children, (one) => one.id).join(" ");
  const old = document.getElementById("issuer-list");
  const fresh = next.getElementById("issuer-list");
  if (ids(old) !== ids(fresh)) old.replaceChildren(...fresh.childNodes);
}

function say(state, text) {
  document.body.className = state;
  if (connection.textContent !== text) connection.textContent = text;
}

async function look() {
  const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) throw new Error(String(answer.status));
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  renewIssuers(next);
  for (const fresh of next.querySelectorAll("[data-live]")) {
    const old = document.getElementById(fresh.id);
    if (old) renew(old, fresh);
  }
}

async function keepLooking() {
  if (!document.hidden) {
    try {
      await look();
      say("", "live");
    } catch {
      say("lost", "the service does not answer; this is how it last was");
    }
  }
  setTimeout(keepLooking, STEP_MS);
}

keepLooking();
