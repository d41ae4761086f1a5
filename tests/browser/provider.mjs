// A certified OpenID provider on a free port: whoever it is given the name of logs in with any password.

import { once } from "node:events";
import Provider from "oidc-provider";

export const CLIENT = "fundoscope";
export const SECRET = "a secret of the tests, not of anybody";

/// Starts it for a server at an address. `people` says by subject what else the provider tells of somebody.
export async function startProvider(port, address, people = {}) {
  // Under another name than the server, so that it is another site to the browser.
  const issuer = `http://localhost:${port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT,
        client_secret: SECRET,
        redirect_uris: [`${address}/log-in/openid/callback`],
        post_logout_redirect_uris: [`${address}/log-in`],
      },
    ],
    claims: { profile: ["preferred_username", "clinic_roles"] },
    conformIdTokenClaims: false, // claims in the ID token, as the providers of hospitals do
    cookies: { keys: ["a key of the tests"] },
    findAccount: (_, subject) => ({ accountId: subject, claims: () => ({ sub: subject, ...people[subject] }) }),
    pkce: { required: () => true },
  });
  const server = provider.listen(port, "localhost");
  await once(server, "listening");
  return {
    issuer,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/// Fills in the provider's own pages, which ask another host for their letters.
export async function identify(page, subject) {
  await page.fill("[name=login]", subject);
  await page.fill("[name=password]", "anything");
  await page.click("[type=submit]");
  await page.waitForSelector("text=Authorize");
  await page.click("[type=submit]");
}
