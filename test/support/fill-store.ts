import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { storePath } from '../../src/certs/store.ts';
import { encodeCertificate } from '../../src/certs/store-records.ts';
import { createTestCa, issueCertificate } from './issue-certificate.ts';

const DAY_MS = 86_400_000;
const LINE = /.{1,64}/g;

/** Names of one length, so that one takes the place of another in DER. */
export function manyName(index: number): string {
  return `n${String(index).padStart(5, '0')}.many.test`;
}

/**
 * Writes so many certificates into the store of a data folder as if they had been obtained. Each is the first with another name in it: its
 * signature is wrong, which nobody asks who serves it, and ten thousand take seconds.
 */
export async function fillStore(dataDir: string, directory: string, count: number): Promise<void> {
  const life = { notBefore: Date.now() - DAY_MS, notAfter: Date.now() + 89 * DAY_MS };
  const { keyPem, chainPem } = await issueCertificate(await createTestCa(), { names: [manyName(0)], ...life });
  const leaf = new X509Certificate(chainPem);
  const rest = chainPem.slice(chainPem.indexOf('-----END CERTIFICATE-----\n') + 26);
  const template = leaf.raw.toString('latin1');
  mkdirSync(join(dataDir, 'acme'), { recursive: true, mode: 0o700 });
  writeFileSync(join(dataDir, 'acme/version'), '1\n', { mode: 0o600 });
  for (let index = 0; index < count; index++) {
    const names = [manyName(index)];
    const der = Buffer.from(template.replace(manyName(0), names[0]!), 'latin1');
    const certificate = {
      id: createHash('sha256').update(der).digest('hex'),
      names,
      keyPem,
      chainPem: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').match(LINE)!.join('\n')}\n-----END CERTIFICATE-----\n${rest}`,
      notBefore: leaf.validFromDate.getTime(),
      notAfter: leaf.validToDate.getTime(),
      source: 'acme' as const,
      issuer: 'Test CA',
    };
    const spec = { names, directory, profile: undefined, keyType: 'ec256' as const };
    const folder = join(dataDir, 'acme/ca', storePath(spec).replace('/', '/certs/'));
    const stored = { spec, certificate, issuedAt: certificate.notBefore, accountUrl: '', orderUrl: '' };
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, 'current.json'), encodeCertificate(stored), { mode: 0o600 });
  }
}
