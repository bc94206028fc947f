import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { docsPage, docsSecurityPolicy } from '../../../functions/shared/http/docs-page.ts';
import { typeHtml } from '../../../functions/shared/http/docs-schema.ts';
import { openapiOf } from '../../../functions/shared/http/openapi.ts';
import { routeFor } from '../../../functions/shared/http/route.ts';
import { everyFeature } from '../../support/openapi-routes.ts';

const document = openapiOf(everyFeature(), { title: 'Made-up services', version: '1.0.0' });
const page = docsPage(document);

const unescaped = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('the page', () => {
  test('shows each route of each service with method, path, permission and summary', () => {
    for (const { name, routes } of everyFeature()) {
      expect(page).toContain(`<h2 id="service-${name}">${name}</h2>`);
      for (const { method, path, summary, permission } of routes) {
        const operation = document.paths[path.replace('+}', '}')]?.[method.toLowerCase()];
        const article = new RegExp(`<article id="${operation?.operationId}"[^]*?</article>`).exec(page)?.[0] ?? '';
        const text = unescaped(article);
        expect(text).toContain(`${method} ${path.replace('+}', '}')}`);
        expect(text).toContain(summary);
        expect(text).toContain(
          typeof permission === 'string' ? permission : `${permission.resource}:${permission.scope}:${permission.action}`,
        );
      }
    }
  });

  test('shows bodies, answers and parameters in words that people read', () => {
    const text = unescaped(page);
    expect(text).toContain('permissions: string[]  // at most 200 items');
    expect(text).toContain('description?: string  // at most 1000 characters · default ""');
    expect(text).toContain('unless?: Condition');
    expect(text).toContain('1 to 100 · default 50');
    expect(text).toContain('id?: unknown  // read only · ignored');
    expect(text).toContain('matches ^[a-z0-9][a-z0-9_-]{0,62}$');
  });

  test('links to nothing that is not there', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href);
    expect(new Set(ids).size).toBe(ids.length);
    expect(links.length).toBeGreaterThan(20);
    for (const href of links) expect(href === '/openapi.json' || ids.includes(href.slice(1)), href).toBe(true);
  });

  test('runs no script and loads nothing from anywhere', () => {
    expect(page).not.toMatch(/<(script|img|iframe|link|object|embed|form|base)\b/i);
    expect(page).not.toMatch(/ (on\w+|style|src|srcset|action)=/i);
    expect(page).not.toMatch(/@import|url\(|expression\(/i);
    expect(page).not.toMatch(/https?:\/\//);
  });

  test('comes with a policy that allows its own style sheet and nothing else', () => {
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(docsSecurityPolicy).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(page.match(/<style/g)).toHaveLength(1);
  });

  test('can be used by keyboard and screen reader, in light and dark', () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toContain('<a class="skip" href="#main">');
    expect(page).toContain('<main id="main">');
    expect(page).toContain('<nav aria-label="Routes">');
    expect(page).toContain('@media (prefers-color-scheme: dark)');
    expect(page.match(/<pre /g)).toHaveLength(page.match(/<pre tabindex="0" role="region" aria-label="[^"]+"/g)?.length ?? 0);
    expect(page.match(/<h1/g)).toHaveLength(1);
  });

  test('is the same for the same document', () => {
    expect(docsPage(structuredClone(document))).toBe(page);
  });
});

describe('a hostile text', () => {
  const evil = `</code><script>alert("x")</script><img src=x onerror='y'>&amp;\``;
  const route = routeFor<Record<never, never>>()({
    method: 'POST',
    path: '/v1/orgs/{org}/x',
    summary: evil,
    permission: { resource: 'iam', action: 'read', scope: evil },
    query: z.strictObject({ [evil]: z.string().describe(evil).default(evil) }),
    body: z.strictObject({ [evil]: z.enum([evil]), pattern: z.string().regex(/<script>/), named: z.literal(evil).describe(evil) }),
    readOnly: [evil],
    answers: { 200: z.object({ it: z.string() }).meta({ id: `X${evil}` }), 202: { contentType: evil } },
    event: { type: evil },
    run: async () => ({ status: 200 }),
  });
  const hostile = docsPage(
    openapiOf([{ name: evil, description: evil, routes: [route] }], { title: evil, version: evil, description: evil }),
  );

  test('wherever it stands, is shown and never taken for markup', () => {
    expect(hostile).not.toContain('<script');
    expect(hostile).not.toContain('<img');
    expect(hostile.match(/<[^>]* onerror=/g)).toBeNull();
    expect(hostile).toContain('&lt;script&gt;');
  });

  test('leaves the page whole: what opens, closes', () => {
    for (const tag of ['article', 'section', 'code', 'pre', 'table', 'span', 'p', 'a', 'h3', 'details']) {
      expect(hostile.match(new RegExp(`<${tag}[ >]`, 'g'))?.length, tag).toBe(hostile.match(new RegExp(`</${tag}>`, 'g'))?.length);
    }
  });
});

describe('a type', () => {
  test.each([
    [{}, 'unknown'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ anyOf: [{ type: 'string' }, { type: 'string' }, { type: 'integer' }] }, 'string | integer'],
    [{ type: 'array', items: { enum: ['a', 'b'] } }, '("a" | "b")[]'],
    [{ type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'integer' } }, '[string, ...integer[]]'],
    [{ type: 'object', additionalProperties: { type: 'string' } }, '{\n  [name]: string\n}'],
    [{ type: 'object', properties: { 'a-b': { const: 1 } } }, '{\n  "a-b"?: 1\n}'],
    [{ allOf: [{ type: 'string' }, { $ref: '#/components/schemas/A' }] }, 'string & A'],
  ])('%j reads %s', (schema, text) => {
    expect(unescaped(typeHtml(schema))).toBe(text);
  });
});
