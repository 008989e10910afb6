import { X509Certificate } from 'node:crypto';

/** What is answered beside JSON. */
export interface Page {
  readonly type: string;
  readonly body: string;
  /** Browsers store it under this name. Absent: they show it. */
  readonly fileName?: string;
}

/** The pages about the local authority's root, by path; `rootPem` is the root. */
export const ROOT_PAGES: ReadonlyMap<string, (rootPem: string) => Page> = new Map([
  ['/root', rootPage],
  ['/root.pem', rootFile],
]);

function rootFile(rootPem: string): Page {
  return { type: 'application/x-x509-ca-cert', body: rootPem, fileName: 'sluice-root.pem' };
}

/** How to trust it, for people. No script and nothing from elsewhere: the page says what it is and how to check it. */
function rootPage(rootPem: string): Page {
  const { subject, validTo, fingerprint256 } = new X509Certificate(rootPem);
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Root certificate of this router</title>
<style>body{font:16px/1.5 system-ui;max-width:44em;margin:2em auto;padding:0 1em}code{overflow-wrap:anywhere}</style>
<h1>Root certificate of this router</h1>
<p>The router signs certificates for names that no public CA signs, such as <code>nas.lan</code> or <code>app.localhost</code>.
Browsers accept them without a warning once they trust its root. It can sign names of private networks only (and domains that
were given to the router), so trusting it puts no other site at risk.</p>
<p><a href="root.pem">Download the root certificate</a></p>
<dl>
<dt>Name</dt><dd>${escapeHtml(subject.replace(/^CN=/, ''))}</dd>
<dt>Valid until</dt><dd>${escapeHtml(validTo)}</dd>
<dt>SHA-256</dt><dd><code>${fingerprint256}</code></dd>
</dl>
<p>Compare the SHA-256 with what <code>sluice certs root | openssl x509 -noout -fingerprint -sha256</code> prints on the server.</p>
<h2>How to trust it</h2>
<ul>
<li><b>Debian, Ubuntu:</b> <code>sudo cp sluice-root.pem /usr/local/share/ca-certificates/sluice.crt &amp;&amp; sudo update-ca-certificates</code></li>
<li><b>Fedora:</b> <code>sudo trust anchor sluice-root.pem</code></li>
<li><b>macOS:</b> <code>sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain sluice-root.pem</code></li>
<li><b>Windows:</b> <code>certutil -addstore -f Root sluice-root.pem</code>, as administrator</li>
<li><b>Firefox:</b> Settings, Certificates, Authorities, Import</li>
<li><b>iOS:</b> open the file, install the profile, then switch it on in Settings, General, About, Certificate Trust Settings</li>
<li><b>Android:</b> Settings, Security, Install a certificate, CA certificate</li>
</ul>
</html>
`;
  return { type: 'text/html; charset=utf-8', body };
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
