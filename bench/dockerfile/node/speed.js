// npm's dockerfile-ast over the files of a folder: parses each, asks for the image of every FROM and the flags of every COPY.
const fs = require('fs'), path = require('path');
const { DockerfileParser } = require('dockerfile-ast');
const folder = process.argv[2];
const files = fs.readdirSync(folder, { recursive: true }).map(f => path.join(folder, f)).filter(f => fs.statSync(f).isFile()).sort().map(f => fs.readFileSync(f, 'utf8'));
let sink = 0;
function round(seconds) {
  const end = process.hrtime.bigint() + BigInt(seconds * 1e9), start = process.hrtime.bigint();
  let count = 0;
  while (process.hrtime.bigint() < end) {
    const file = DockerfileParser.parse(files[count++ % files.length]);
    for (const from of file.getFROMs()) sink += (from.getImage() || '').length;
    for (const copy of file.getCOPYs()) sink += copy.getFlags().length;
  }
  return count / Number(process.hrtime.bigint() - start) * 1e9;
}
round(4);
const rates = [1, 2, 3, 4, 5].map(() => round(2));
console.log('dockerfile-ast (npm ' + require('dockerfile-ast/package.json').version + '), parse and ask: ' + Math.round(rates.reduce((a, b) => a + b) / rates.length) + ' files/s' + (sink ? '' : ' '));
