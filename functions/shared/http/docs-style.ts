// The style sheet of the documentation page, and the security policy that lets this very text through and nothing else.
import { createHash } from 'node:crypto';

export const docsStyle = `
:root { color-scheme: light dark; --text: #1c2126; --soft: #4d5761; --back: #fff; --panel: #f4f6f8; --line: #d5dbe1; --link: #0b57a8; --mark: #7a3e00;
  --get: #0b57a8; --post: #196b2c; --put: #7a4d00; --patch: #6a3a9c; --delete: #a6222a; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ec; --soft: #a9b4bf; --back: #14181c; --panel: #1d2329; --line: #39424c; --link: #7ab8ff; --mark: #f0b36b;
  --get: #7ab8ff; --post: #6fd08a; --put: #e8b54a; --patch: #c9a2f5; --delete: #ff8e8e; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code, pre { font: 0.875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: 0.25rem 0 0.75rem; padding: 0.75rem 1rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
.skip { position: absolute; left: -999em; }
.skip:focus { left: 1rem; top: 1rem; padding: 0.5rem 1rem; background: var(--back); }
.page { display: grid; grid-template-columns: 20rem minmax(0, 1fr); max-width: 90rem; margin: 0 auto; }
header { grid-column: 1 / -1; padding: 1.5rem 2rem; border-bottom: 1px solid var(--line); }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 1rem 1rem 2rem 2rem; font-size: 0.875rem; }
nav ul { margin: 0 0 1rem; padding: 0; list-style: none; }
nav li { margin: 0.15rem 0; overflow-wrap: anywhere; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
main { padding: 1rem 2rem 4rem; }
h1 { margin: 0; font-size: 1.75rem; }
h2 { margin: 2.5rem 0 0.5rem; }
nav h2 { margin: 1rem 0 0.25rem; font-size: 1rem; }
h3 { margin: 0 0 0.25rem; font-size: 1.05rem; overflow-wrap: anywhere; }
h4 { margin: 1rem 0 0.25rem; font-size: 0.95rem; }
article { margin: 1rem 0; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: 8px; }
article p { margin: 0.25rem 0; }
.method { display: inline-block; min-width: 4em; font: 700 0.8em ui-monospace, monospace; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); } .patch { color: var(--patch); } .delete { color: var(--delete); }
.soft, .note { color: var(--soft); }
.key { color: var(--mark); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
caption { text-align: left; font-weight: 700; padding: 0.75rem 0 0.25rem; }
th, td { padding: 0.35rem 0.75rem 0.35rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
summary { cursor: pointer; color: var(--link); }
@media (max-width: 60rem) { .page { display: block; } nav { position: static; max-height: none; padding: 1rem 2rem 0; } main, header { padding-left: 1rem; padding-right: 1rem; } }
@media print { nav { display: none; } .page { display: block; } }
`;

const styleHash = createHash('sha256').update(docsStyle).digest('base64');

/** The `Content-Security-Policy` to send with the page: its one style sheet, no script, no request to anywhere. */
export const docsSecurityPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
