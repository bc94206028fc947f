// The page at `/docs`: the OpenAPI document for people. Plain HTML and one style sheet; it asks nothing of any other machine.
import { escapeHtml as esc, proseHtml, rulesOf, schemaAnchor, typeHtml } from './docs-schema.ts';
import { docsStyle } from './docs-style.ts';
import type { MediaType, OpenApiDocument, Operation, Parameter, Reference, Response } from './openapi-document.ts';
import type { JsonSchema } from './openapi-schemas.ts';

export { docsSecurityPolicy } from './docs-style.ts';

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const slug = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
const tagAnchor = (name: string): string => `service-${slug(name)}`;

const entriesOf = ({ paths }: OpenApiDocument): Entry[] =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
  );

const resolve = <T>(value: T | Reference, among: Readonly<Record<string, T>>): T | undefined =>
  typeof value === 'object' && value !== null && '$ref' in value ? among[value.$ref.split('/').at(-1) ?? ''] : (value as T);

/** A region that scrolls must be reachable by keyboard. */
const block = (html: string, label: string): string =>
  `<pre tabindex="0" role="region" aria-label="${esc(label)}"><code>${html}</code></pre>`;

const methodHtml = (method: string): string => `<span class="method ${esc(method)}">${esc(method.toUpperCase())}</span>`;

const exampleHtml = ({ example }: MediaType, label: string): string =>
  example === undefined ? '' : `<details><summary>Example</summary>${block(esc(JSON.stringify(example, null, 2)), label)}</details>`;

const contentHtml = (content: Readonly<Record<string, MediaType>>, label: string): string =>
  Object.entries(content)
    .map(
      ([type, media]) =>
        `<p class="soft"><code>${esc(type)}</code></p>${block(typeHtml(media.schema), label)}${exampleHtml(media, `${label}, example`)}`,
    )
    .join('');

const parameterHtml = ({ name, in: where, required, description, schema }: Parameter): string => {
  const rules = [...(description === undefined ? [] : [description]), ...rulesOf(schema)];
  return `<tr><th scope="row"><code>${esc(name)}</code></th><td>${esc(where)}${required ? ', required' : ''}</td><td><code>${typeHtml(schema)}</code></td><td>${rules.map(proseHtml).join(' · ')}</td></tr>`;
};

const parametersHtml = (operation: Operation, document: OpenApiDocument): string => {
  const rows = operation.parameters.flatMap((each) => resolve(each, document.components.parameters) ?? []);
  if (rows.length === 0) return '';
  const head = '<tr><th scope="col">name</th><th scope="col">in</th><th scope="col">type</th><th scope="col">rules</th></tr>';
  return `<div class="scroll" tabindex="0" role="region" aria-label="Parameters of ${esc(operation.operationId)}"><table><caption>Parameters</caption><thead>${head}</thead><tbody>${rows.map(parameterHtml).join('')}</tbody></table></div>`;
};

const isProblem = (response: Response | Reference): response is Reference => '$ref' in response;

const answersHtml = ({ responses, operationId }: Operation, document: OpenApiDocument): string => {
  const own = Object.entries(responses).flatMap(([status, response]) => {
    if (isProblem(response)) return [];
    const headers = Object.keys(response.headers ?? {}).map((name) => `<code>${esc(name)}</code>`);
    const shown = headers.length === 0 ? '' : ` <span class="soft">with ${headers.join(', ')}</span>`;
    return [
      `<h4>Answer ${esc(status)}</h4><p>${proseHtml(response.description)}${shown}</p>${contentHtml(response.content ?? {}, `Answer ${status} of ${operationId}`)}`,
    ];
  });
  const problems = Object.entries(responses).flatMap(([status, response]) => {
    if (!isProblem(response)) return [];
    const name = response.$ref.split('/').at(-1) ?? '';
    return [
      `<a href="#problem-${esc(name)}" title="${esc(document.components.responses[name]?.description ?? '')}">${esc(status === 'default' ? 'others' : status)}</a>`,
    ];
  });
  return own.join('') + (problems.length === 0 ? '' : `<p class="soft">Problems: ${problems.join(', ')}</p>`);
};

const entryHtml = ({ method, path, operation }: Entry, document: OpenApiDocument): string => {
  const { operationId, summary, description, requestBody } = operation;
  const event = operation['x-event'];
  return `<article id="${esc(operationId)}" aria-labelledby="${esc(operationId)}-title">
<h3 id="${esc(operationId)}-title">${methodHtml(method)} <a href="#${esc(operationId)}"><code>${esc(path)}</code></a></h3>
<p>${proseHtml(summary)}</p>
${description === undefined ? '' : `<p class="soft">${proseHtml(description)}</p>`}
<p>Permission: <code>${esc(operation['x-permission'])}</code>${event === undefined ? '' : ` · records <code>${esc(event)}</code>`}</p>
${parametersHtml(operation, document)}
${requestBody === undefined ? '' : `<h4>Body</h4>${contentHtml(requestBody.content, `Body of ${operationId}`)}`}
${answersHtml(operation, document)}
</article>`;
};

const serviceHtml = (name: string, description: string | undefined, entries: readonly Entry[], document: OpenApiDocument): string =>
  `<section aria-labelledby="${esc(tagAnchor(name))}"><h2 id="${esc(tagAnchor(name))}">${esc(name)}</h2>
${description === undefined ? '' : `<p>${proseHtml(description)}</p>`}
${entries.map((entry) => entryHtml(entry, document)).join('\n')}</section>`;

const problemsHtml = ({ components }: OpenApiDocument): string => {
  const rows = Object.entries(components.responses).map(([name, { description, content }]) => {
    const { status, code } = (content?.['application/problem+json']?.example ?? {}) as { status?: number; code?: string };
    return `<tr id="problem-${esc(name)}"><th scope="row">${esc(name === 'Other' ? 'others' : (status ?? ''))}</th><td><code>${esc(code ?? '')}</code></td><td>${proseHtml(description)}</td></tr>`;
  });
  return `<section aria-labelledby="problems"><h2 id="problems">Problems</h2>
<p>Every other answer is a <a href="#${schemaAnchor('Problem')}">Problem</a> (RFC 9457). Any path answers 405 with <code>Allow</code> to a method that it does not list.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Problems"><table><caption>Statuses</caption><thead><tr><th scope="col">status</th><th scope="col">code</th><th scope="col">meaning</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
};

const shapesHtml = ({ components }: OpenApiDocument): string => {
  const shapes = Object.entries(components.schemas).map(
    ([name, schema]: [string, JsonSchema]) =>
      `<article id="${esc(schemaAnchor(name))}"><h3><code>${esc(name)}</code></h3>${block(typeHtml(schema), `Shape of ${name}`)}</article>`,
  );
  return `<section aria-labelledby="shapes"><h2 id="shapes">Shapes</h2>${shapes.join('\n')}</section>`;
};

const navHtml = (groups: readonly { name: string; entries: readonly Entry[] }[]): string => {
  const lists = groups.map(({ name, entries }) => {
    const links = entries.map(
      ({ method, path, operation }) => `<li><a href="#${esc(operation.operationId)}">${methodHtml(method)} ${esc(path)}</a></li>`,
    );
    return `<h2><a href="#${esc(tagAnchor(name))}">${esc(name)}</a></h2><ul>${links.join('')}</ul>`;
  });
  return `<nav aria-label="Routes">${lists.join('')}<h2><a href="#problems">Problems</a></h2><h2><a href="#shapes">Shapes</a></h2></nav>`;
};

/** @returns a whole HTML page, to be sent as `text/html; charset=utf-8` with {@link docsSecurityPolicy} */
export const docsPage = (document: OpenApiDocument): string => {
  const { title, version, description } = document.info;
  const all = entriesOf(document);
  const groups = document.tags.map((tag) => ({ ...tag, entries: all.filter(({ operation }) => operation.tags.includes(tag.name)) }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${esc(title)}</title>
<style>${docsStyle}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the routes</a>
<div class="page">
<header><h1>${esc(title)}</h1><p class="soft">Version ${esc(version)} · <a href="/openapi.json">OpenAPI document</a></p>${description === undefined ? '' : `<p>${proseHtml(description)}</p>`}</header>
${navHtml(groups)}
<main id="main">
${groups.map(({ name, description: said, entries }) => serviceHtml(name, said, entries, document)).join('\n')}
${problemsHtml(document)}
${shapesHtml(document)}
</main>
</div>
</body>
</html>
`;
};
