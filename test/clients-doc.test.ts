/** docs/clients.md shows the code of test/recipes word for word, which the tests beside this one run. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const recipes = resolve(import.meta.dirname, 'recipes');
const page = readFileSync(resolve(import.meta.dirname, '../docs/clients.md'), 'utf8');

const regions = new Map(
  readdirSync(recipes).flatMap((name) =>
    [
      ...readFileSync(join(recipes, name), 'utf8').matchAll(/\/\/ #region (\S+)\n(.*?)\n\/\/ #endregion/gs),
    ].map(([, region = '', code = '']) => [region, code] as const),
  ),
);

describe('docs/clients.md', () => {
  it('has each recipe as it is run', () => {
    const shown = [...page.matchAll(/<!-- (\S+) -->\n```tsx?\n(.*?)\n```/gs)].map(
      ([, region = '', code = '']) => [region, code] as const,
    );
    expect(new Map(shown), 'docs/clients.md and test/recipes differ: change both').toEqual(regions);
  });

  it('has the settings of Relay’s compiler with which its recipes are compiled, but for where things lie', () => {
    const [, shown = ''] = /`relay.config.json`:\n\n```json\n(.*?)\n```/s.exec(page) ?? [];
    const places = { src: './src', schema: './schema.graphql' };
    const used: object = JSON.parse(readFileSync(join(recipes, 'relay.config.json'), 'utf8'));
    expect(JSON.parse(shown)).toEqual({ ...used, ...places });
  });

  it('has no other TypeScript', () => {
    expect([...page.matchAll(/```tsx?\n/g)]).toHaveLength(regions.size);
  });
});
