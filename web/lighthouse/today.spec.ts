// What Lighthouse says of Today with 200 tasks, signed in: npm run lighthouse. It is a package of its own, so that
// building the page does not install it. The report is in build/lighthouse.html afterwards.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { chromium } from '@playwright/test';
import { day, expect, signIn, test } from '../e2e/fixtures';
import { freePort } from '../e2e/program';

const count = 200;
const least = 95;
const kinds = ['performance', 'accessibility', 'best-practices'] as const;
const report = process.env.CUMULO_LIGHTHOUSE ?? resolve('../build/lighthouse.html');

interface Result {
  lhr: { categories: Record<(typeof kinds)[number], { score: number }>; audits: Record<string, { title: string; score: number | null; displayValue?: string }> };
  report: string;
}
type Lighthouse = (url: string, flags: object, config?: object) => Promise<Result>;

for (const preset of ['desktop', 'mobile'] as const) {
  test(`Today with ${count} tasks: ${preset}`, async ({ person }, info) => {
    test.setTimeout(240_000);
    for (let each = 0; each < count; ++each) await person.task({ title: `Task ${each}`, due: each % 4 ? day() : day(-1), labels: each % 3 ? [] : ['home'] });
    const folder = mkdtempSync(join(tmpdir(), 'cumulo-lighthouse-'));
    const port = await freePort();
    const options = info.project.use.launchOptions ?? {};
    const context = await chromium.launchPersistentContext(folder, { ...options, args: [...(options.args ?? []), `--remote-debugging-port=${port}`] });
    try {
      await signIn(await context.newPage(), person);
      const { default: lighthouse, desktopConfig } = (await import(resolve('lighthouse/node_modules/lighthouse/core/index.js'))) as { default: Lighthouse; desktopConfig: object };
      const flags = { port, output: 'html', onlyCategories: [...kinds], disableStorageReset: true, logLevel: 'error' };
      const result = await lighthouse(`${person.url}/app/today`, flags, preset === 'desktop' ? desktopConfig : undefined);
      mkdirSync(dirname(report), { recursive: true });
      writeFileSync(report.replace('.html', `-${preset}.html`), result.report);
      const { categories, audits } = result.lhr;
      const scores = Object.fromEntries(kinds.map((kind) => [kind, Math.round(categories[kind].score * 100)]));
      console.log(preset, scores);
      for (const name of ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift', 'speed-index']) console.log(`  ${audits[name]?.title}: ${audits[name]?.displayValue}`);
      for (const { title, score } of Object.values(audits)) if (score !== null && score < 0.9) console.log(`  below: ${title} (${score})`);
      if (preset === 'desktop') for (const kind of kinds) expect.soft(scores[kind], kind).toBeGreaterThanOrEqual(least);
    } finally {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
