// A client that registers itself with openid-client (RFC 7591) and then uses what it got. Settings on standard input.
import * as client from "openid-client";

const { issuer, token } = JSON.parse(await new Response(process.stdin).text());
const config = await client.dynamicClientRegistration(
  new URL(issuer),
  { client_name: "Registered by openid-client", redirect_uris: ["http://127.0.0.1:9/callback"], token_endpoint_auth_method: "client_secret_basic" },
  client.ClientSecretBasic(),
  { initialAccessToken: token, algorithm: "oauth2", execute: [client.allowInsecureRequests] },
);
const { client_id, registration_client_uri, registration_access_token } = config.clientMetadata();
const tokens = await client.clientCredentialsGrant(config, {
  authorization_details: JSON.stringify([{ type: "gig_data", purpose: "job_matching" }]),
});
const read = await fetch(registration_client_uri, { headers: { authorization: `Bearer ${registration_access_token}` } });
console.log(JSON.stringify({ client_id, type: tokens.token_type, name: (await read.json()).client_name }));
