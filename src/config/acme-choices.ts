import { testDirectoryFor } from './acme-directories.ts';
import { KEY_TYPES, parseKeyType, type KeyType } from './key-type.ts';
import type { OwnOptions } from './own-static.ts';
import type { AcmeConfig } from './static-config.ts';

/** Reads `acme-key-type` and `acme-staging`; `traefik` is the key type that Traefik's options name. */
export function readAcmeChoices(
  own: OwnOptions,
  directories: readonly string[],
  traefik: KeyType | undefined,
): Pick<AcmeConfig, 'keyType' | 'testDirectory'> {
  const keyType = readKeyType(own) ?? traefik;
  const testDirectory = readTestDirectory(own, directories);
  return {
    ...(keyType === undefined ? {} : { keyType }),
    ...(testDirectory === undefined ? {} : { testDirectory }),
  };
}

function readKeyType(own: OwnOptions): KeyType | undefined {
  const value = own.get('acme-key-type');
  if (value === undefined) return undefined;
  const keyType = parseKeyType(value.text);
  if (keyType === undefined) own.fail(value, 'is no type of keys', `write ${KEY_TYPES.join(', ')}`);
  return keyType;
}

function readTestDirectory(own: OwnOptions, directories: readonly string[]): AcmeConfig['testDirectory'] {
  const value = own.get('acme-staging');
  const found = testDirectoryFor(value?.text ?? 'auto', directories);
  if (found !== 'wrong') return found;
  if (value !== undefined) own.fail(value, 'is no directory of a CA', 'write its URL, auto or off');
  return undefined;
}
