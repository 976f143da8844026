// Happy and refused flows with openid-client (a certified relying party) and oauth4webapi underneath it.
// Prints one JSON object: flow name -> what happened. `node flows.mjs` reads its settings from standard input.
import * as oauth from "oauth4webapi";
import * as client from "openid-client";
import { importJWK } from "jose";

const settings = JSON.parse(await new Response(process.stdin).text());
const { issuer, callback, baseline, fapi } = settings;
const details = JSON.stringify([settings.details]);
const insecure = { execute: [client.allowInsecureRequests], algorithm: "oauth2" };
const seen = {};

const code = (error) => error.error ?? error.cause?.error ?? error.code ?? String(error);
async function refused(promise) {
  try {
    await promise;
    return "accepted";
  } catch (error) {
    return code(error);
  }
}

// The worker's part: follow the redirect to the consent page, and say yes.
async function approve(url) {
  const first = await fetch(url, { redirect: "manual" });
  const location = new URL(first.headers.get("location"), issuer);
  if (location.href.startsWith(callback)) return location;
  const handle = location.pathname.split("/").pop();
  const answer = await fetch(`${issuer}/test/approve/${handle}`, { redirect: "manual" });
  return new URL(answer.headers.get("location"));
}

async function fapiConfig() {
  const key = await importJWK(fapi.jwk, "ES256");
  const auth = client.PrivateKeyJwt({ key, kid: "k1" });
  return client.discovery(new URL(issuer), fapi.id, undefined, auth, insecure);
}

async function start(config, extra = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const parameters = {
    redirect_uri: callback,
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    authorization_details: details,
    ...extra,
  };
  return { verifier, state, parameters };
}

{
  const config = await client.discovery(new URL(issuer), baseline.id, undefined, client.ClientSecretBasic(baseline.secret), insecure);
  const { verifier, state, parameters } = await start(config);
  const back = await approve(client.buildAuthorizationUrl(config, parameters));
  const checks = { pkceCodeVerifier: verifier, expectedState: state };
  const tokens = await client.authorizationCodeGrant(config, back, checks);
  const described = await client.tokenIntrospection(config, tokens.access_token);
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
  seen.baseline = {
    type: tokens.token_type,
    grant: tokens.grant_id === described.grant_id,
    details: tokens.authorization_details,
    rotated: refreshed.refresh_token !== tokens.refresh_token,
    replayed_code: await refused(client.authorizationCodeGrant(config, back, checks)),
    after_replay: (await client.tokenIntrospection(config, refreshed.access_token)).active,
  };
  const mixed = new URL(back);
  mixed.searchParams.set("iss", "https://evil.example");
  seen.mix_up = await refused(client.authorizationCodeGrant(config, mixed, checks));
  const denied = await start(config, { authorization_details: "[]" });
  const error = await approve(client.buildAuthorizationUrl(config, denied.parameters));
  seen.bad_details = await refused(
    client.authorizationCodeGrant(config, error, { pkceCodeVerifier: denied.verifier, expectedState: denied.state }),
  );
  const second = await start(config);
  const again = await approve(client.buildAuthorizationUrl(config, second.parameters));
  seen.wrong_verifier = await refused(
    client.authorizationCodeGrant(config, again, { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: second.state }),
  );
  const own = await client.clientCredentialsGrant(config, {
    authorization_details: JSON.stringify([{ type: "gig_data", purpose: "job_matching" }]),
  });
  await client.tokenRevocation(config, own.access_token);
  seen.revoked = (await client.tokenIntrospection(config, own.access_token)).active;
}

{
  const config = await fapiConfig();
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  const { verifier, state, parameters } = await start(config);
  const url = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP });
  const back = await approve(url);
  const checks = { pkceCodeVerifier: verifier, expectedState: state };
  const tokens = await client.authorizationCodeGrant(config, back, checks, undefined, { DPoP });
  const described = await client.tokenIntrospection(config, tokens.access_token);
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  const scope = "grant_management_query grant_management_revoke";
  const own = await client.clientCredentialsGrant(config, { scope }, { DPoP });
  const grant = new URL(`${issuer}/oauth/grants/${tokens.grant_id}`);
  const ask = (method) =>
    client.fetchProtectedResource(config, own.access_token, grant, method, undefined, undefined, { DPoP });
  const queried = await (await ask("GET")).json();
  const deleted = (await ask("DELETE")).status;
  seen.fapi = {
    type: tokens.token_type,
    bound: typeof described.cnf?.jkt === "string",
    by_reference: [...url.searchParams.keys()].sort(),
    rotated: "refresh_token" in refreshed,
    queried: JSON.stringify(queried.authorization_details) === JSON.stringify(tokens.authorization_details),
    deleted,
    after_delete: (await client.tokenIntrospection(config, refreshed.access_token)).active,
    refresh_after_delete: await refused(client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })),
  };
  const plain = await start(config);
  const answer = await approve(client.buildAuthorizationUrl(config, plain.parameters));
  seen.plain_request_of_fapi_client = answer.searchParams.get("error");
  const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  const stolen = await start(config);
  const taken = await approve(await client.buildAuthorizationUrlWithPAR(config, stolen.parameters, { DPoP }));
  seen.code_with_another_key = await refused(
    client.authorizationCodeGrant(config, taken, { pkceCodeVerifier: stolen.verifier, expectedState: stolen.state }, undefined, { DPoP: other }),
  );
}

{
  const server = { issuer, token_endpoint: `${issuer}/oauth/token` };
  const wrong = oauth.ClientSecretBasic("wrong");
  const answer = await oauth.clientCredentialsGrantRequest(server, { client_id: baseline.id }, wrong, {}, { [oauth.allowInsecureRequests]: true });
  seen.wrong_secret = [answer.status, (await answer.json()).error];
}

console.log(JSON.stringify(seen));
