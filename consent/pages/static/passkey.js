// Passkeys: the one thing that a page cannot do without a script. Every form still works without it.
"use strict";

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function readOptions(json) {
  const options = JSON.parse(json);
  options.challenge = toBytes(options.challenge);
  if (options.user) options.user.id = toBytes(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials]) {
    for (const entry of list || []) entry.id = toBytes(entry.id);
  }
  return options;
}

function writeCredential(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = form.querySelector("[role=alert]");
    problem.textContent = "";
    try {
      const answer = await fetch(form.dataset.options, {
        method: "POST",
        body: new URLSearchParams({ csrf: form.elements.csrf.value }),
      });
      if (!answer.ok) throw new Error(answer.status);
      const challenge = await answer.json();
      const publicKey = readOptions(challenge.options);
      const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
      form.elements.state.value = challenge.state;
      form.elements.response.value = writeCredential(credential);
      form.submit();
    } catch {
      problem.textContent = form.dataset.problem;
    }
  });
}
