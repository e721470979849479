/** What axe-core finds serious or critical on a page, by the rules of WCAG 2 at its levels A and AA, and its best practices. */
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** One line for each finding: the rule, and where. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.addScriptTag({ path: source });
  const { violations }: AxeResults = await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}
