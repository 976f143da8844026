// OpenID providers by others (npm's oidc-provider), one for each name in the settings that come in the first line of
// standard input: honest ones, and ones whose ID tokens are bent on their way out. Prints their issuers as JSON when
// they listen, and ends when standard input does.
import { createInterface } from "node:readline";
import { createServer } from "node:http";
import { SignJWT, decodeJwt, exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

const lines = createInterface({ input: process.stdin });
const settings = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);
const secret = new TextEncoder().encode(settings.clients[0].client_secret);
const own = await generateKeyPair("RS256", { extractable: true });
const other = await generateKeyPair("RS256");
const jwk = { ...(await exportJWK(own.privateKey)), kid: "k1", use: "sig", alg: "RS256" };

// How an ID token with changed claims is signed.
const signers = {
  own: (claims) => new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "k1" }).sign(own.privateKey),
  other: (claims) => new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "k1" }).sign(other.privateKey),
  secret: (claims) => new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(secret),
  nobody: (claims) => [{ alg: "none" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".") + ".",
};

const issuers = {};
for (const [name, bent] of Object.entries(settings.providers)) {
  const server = createServer();
  await new Promise((listens) => server.listen(0, "127.0.0.1", listens));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: settings.clients,
    jwks: { keys: [jwk] },
    claims: { openid: ["sub"], profile: ["name"] },
    conformIdTokenClaims: false,
    cookies: { keys: ["a key for cookies"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: `${id} of elsewhere` }) }),
  });
  provider.use(async (context, next) => {
    await next();
    if (bent && context.body?.id_token) {
      const claims = { ...decodeJwt(context.body.id_token), ...bent.claims };
      context.body.id_token = await signers[bent.signer ?? "own"](claims);
    }
  });
  server.on("request", provider.callback());
  issuers[name] = issuer;
}
console.log(JSON.stringify(issuers));
lines.on("close", () => process.exit(0));
