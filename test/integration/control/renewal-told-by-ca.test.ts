import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCaExtras, DAY, windowAnswer } from '../../support/ca-extras.ts';
import { waitFor } from '../../support/lab/wait-for.ts';
import { startRouterCaLab } from '../../support/router-ca-lab.ts';
import { isSoak, noteRow } from '../../support/soak.ts';

const NAME = 'told.test';
const RETRY_SECONDS = 60;
const WITHIN_MS = 60_000;
/** With the full counts the running router asks again by itself, else at its start: the CA may name no shorter time than a minute. */
const ASKS_WITHIN_MS = isSoak ? RETRY_SECONDS * 1000 + 35_000 : 10_000;

/** Puts back the dates in the file of the certificate: one that is a minute old is not renewed, whatever its CA says. */
async function age(dataDir: string): Promise<void> {
  for await (const file of glob('acme/ca/*/certs/*/{current,renewal}.json', { cwd: dataDir })) {
    const path = join(dataDir, file);
    const text = await readFile(path, 'utf8');
    const older = text.replace(/"(issuedAt|askAt)": (\d+)/g, (_, key, at) => `"${key}": ${Number(at) - DAY}`);
    expect(older).not.toBe(text);
    await writeFile(path, older);
  }
}

test(
  'a window of the CA that moves to now: the new certificate serves within a minute, and its order names the old one',
  { timeout: 240_000 },
  async () => {
    const extras = createCaExtras();
    await using lab = await startRouterCaLab({ extras, pebble: { validitySeconds: 90 * 86_400 } });
    const far = windowAnswer(Date.now() + 60 * DAY, Date.now() + 61 * DAY, RETRY_SECONDS);
    extras.renewal = () => far;
    await lab.setHosts([NAME]);
    const first = await lab.startRouter();
    const before = await lab.trusted(NAME);
    await waitFor('the question after the order', () => extras.asked.length > 0);
    const [ariId] = extras.asked;
    await first.stop();
    await age(first.dataDir);

    const moveToNow = (): void => {
      extras.renewal = (asked) => (asked === ariId ? windowAnswer(Date.now() - DAY, Date.now(), RETRY_SECONDS) : far);
    };
    if (!isSoak) moveToNow();
    const asked = extras.asked.length;
    const router = await lab.startRouter();
    if (isSoak) {
      await waitFor('the question at the start', () => extras.asked.length > asked);
      expect((await lab.look(NAME)).serial).toBe(before.serial);
      moveToNow();
    }
    const movedAt = performance.now();
    await waitFor('the next question', () => extras.asked.length > asked + (isSoak ? 1 : 0), ASKS_WITHIN_MS);
    const askedAt = performance.now();
    await waitFor('the new certificate', async () => (await lab.look(NAME)).serial !== before.serial, WITHIN_MS);
    noteRow('renewal told by the CA', {
      askedAfterMs: Math.round(askedAt - movedAt),
      servedAfterMs: Math.round(performance.now() - askedAt),
    });
    expect((await lab.look(NAME)).isTrusted).toBe(true);
    expect([...extras.replaced]).toEqual([ariId]);
    expect(await router.logged('obtaining certificate')).toMatchObject({ names: [NAME], reason: 'ari' });
    // The new one is asked about, and is not renewed as well.
    await waitFor('a question about the new one', () => extras.asked.some((id) => id !== ariId));
    expect(lab.proxy.count('/order-plz')).toBe(2);
  },
);
