import { askSite, type SiteAnswer } from '../../test/support/lab/site.ts';
import { waitFor } from '../../test/support/lab/wait-for.ts';
import { SITE, type DemoStack } from './demo-stack.ts';
import type { Narrator } from './narrator.ts';

/**
 * The site answers over HTTPS with a certificate of the authority, and plain HTTP leads there.
 * Rejects with the reason when it does not.
 */
export async function checkSite(stack: DemoStack, narrator: Narrator): Promise<void> {
  const caPem = await stack.pebble.rootPem();
  const answer = await waitFor('an answer over HTTPS with a certificate of Pebble', async () =>
    expectStatus(200, await askSite({ at: stack.https, name: SITE, caPem })),
  );
  const tookMs = Math.round(performance.now() - stack.appStartedAt);
  narrator.say(`https://${SITE}/ answers ${answer.status}, ${tookMs} ms after the app was told to start`);
  narrator.say(`its certificate is issued by ${answer.issuer} and validates against Pebble's root`);
  const { headers } = expectStatus(308, await askSite({ at: stack.http, name: SITE, path: '/path?query' }));
  const wanted = `https://${SITE}/path?query`;
  if (headers.location !== wanted) throw new Error(`plain HTTP leads to ${headers.location}, not to ${wanted}`);
  narrator.say(`http://${SITE}/path?query leads to ${headers.location}`);
}

function expectStatus(status: number, answer: SiteAnswer): SiteAnswer {
  if (answer.status === status) return answer;
  throw new Error(`expected status ${status}, got ${answer.status}: ${answer.body.slice(0, 500)}`);
}
