// What a first visit loads must stay small: node tests/budget.mjs FOLDER fails beyond 200 kB of compressed JavaScript.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const folder = process.argv[2];
const most = 200_000;
const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
const first = new Set();
const take = (name) => {
  if (first.has(name)) return;
  first.add(name);
  for (const other of manifest[name].imports ?? []) take(other);
};
take('index.html');
let sum = 0;
for (const name of first) {
  const { file } = manifest[name];
  const size = gzipSync(readFileSync(join(folder, file)), { level: 9 }).length;
  sum += size;
  console.log(`${String(size).padStart(8)}  ${file}`);
}
console.log(`${String(sum).padStart(8)}  first-load JavaScript, compressed (at most ${most})`);
process.exit(sum > most ? 1 : 0);
