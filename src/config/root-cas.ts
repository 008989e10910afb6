/** Certificates to trust, as PEM text without anything else; or why there are none. */
export type RootCas = { readonly pem: string } | { readonly message: string; readonly hint: string };

/** Resolves one item of a `rootCAs` option: the path of a PEM file, or PEM text itself. Never throws. */
export type ReadRootCas = (source: string) => RootCas;

/** A list of every public root is a quarter of this. */
export const MAX_CA_BYTES = 1_048_576;

/** Whether an item is PEM text and no path. */
export function isPemText(source: string): boolean {
  return source.includes('-----BEGIN');
}

/** Items of a `rootCAs` option. PEM text stays whole: its explanations may have commas. */
export function rootCaSources(text: string): readonly string[] {
  if (isPemText(text)) return [text];
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** The certificates of a text, one behind the other. Keys and explanations between them are left out; empty: there is none. */
export function certificatesIn(text: string): readonly string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => `${block}\n`);
}
