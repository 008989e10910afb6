import { DEFAULT_TLS_POLICY, type TlsPolicy } from '../config/tls-options.ts';

/** TLS options in a few words: what is not as built in. */
export function printTlsPolicy(name: string, policy: TlsPolicy): string {
  const { minVersion, maxVersion, ciphers, curves, sniStrict, clientAuth, refused } = policy;
  if (refused !== undefined) return `${name}\n  refused: ${refused}`;
  const lines = [name, `  ${minVersion === maxVersion ? minVersion : `${minVersion} to ${maxVersion}`}`];
  if (ciphers.join() !== DEFAULT_TLS_POLICY.ciphers.join()) lines.push(`  ciphers ${ciphers.join(' ')}`);
  if (curves.length > 0) lines.push(`  curves ${curves.join(' ')}`);
  if (sniStrict) lines.push('  known names only');
  if (clientAuth !== undefined) {
    const { mode, isVerified, caPem } = clientAuth;
    const roots = caPem.split('-----BEGIN').length - 1;
    const by = isVerified ? `signed by ${roots} ${roots === 1 ? 'root' : 'roots'}` : 'not verified';
    lines.push(`  certificates of clients ${mode === 'require' ? 'required' : 'optional'}, ${by}`);
  }
  return lines.join('\n');
}
