import { mkdir, writeFile } from 'node:fs/promises';
import { REFERENCE_PAGES } from '../../src/config/reference-pages.ts';

/** `npm run docs`: writes the generated pages of `docs/`. */
const folder = new URL('../../docs/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [file, page] of REFERENCE_PAGES) await writeFile(new URL(file, folder), page());
