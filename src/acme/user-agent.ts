import packageJson from '../../package.json' with { type: 'json' };

/** How we name ourselves to CAs, which ask for it to reach the makers of broken clients. */
export const USER_AGENT = `sluice/${packageJson.version}`;
