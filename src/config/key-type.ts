/** Kinds of keys that certificates are made for: ECDSA P-256 and P-384, RSA of 2048 and 4096 bits. */
export const KEY_TYPES = ['ec256', 'ec384', 'rsa2048', 'rsa4096'] as const;

export type KeyType = (typeof KEY_TYPES)[number];

/** The key type a text names, in our spelling or Traefik's (`EC256`, `RSA4096`); undefined: none. */
export function parseKeyType(text: string): KeyType | undefined {
  const lower = text.trim().toLowerCase();
  return KEY_TYPES.find((known) => known === lower);
}
