// A server of faces, without a framework:   node server.mjs MODEL [PORT]
//   /            a page of faces       /123.png?psi=0.7    the face of seed 123, to look at
//   /123.png?download                  the same, to keep
import http from 'node:http';
import { encodePng, loadGenerator } from 'ssdgan/node';

const [model = 'model.safetensors', port = '8080'] = process.argv.slice(2);
const generator = await loadGenerator(model);
const size = generator.imageSize;

/** A page with as many links as faces. */
function page() {
  const seeds = Array.from({ length: 60 }, () => Math.floor(1e9 * Math.random()));
  const faces = seeds.map((seed) => `<a href="/${seed}.png?download"><img src="/${seed}.png" alt="Face ${seed}"></a>`);
  return `<!doctype html><html lang="en"><title>Faces</title><h1>Click to download</h1>${faces.join('')}</html>`;
}

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const [, seed] = /^\/(\d{1,15})\.png$/.exec(pathname) ?? [];
  const psi = Number(searchParams.get('psi') ?? 1);
  if (pathname === '/') return response.writeHead(200, { 'Content-Type': 'text/html' }).end(page());
  if (!seed || !(psi >= 0 && psi <= 2)) return response.writeHead(404).end('There is no such face.');
  const png = encodePng({ width: size, height: size, data: generator.generateRgba([Number(seed)], psi) });
  const name = searchParams.has('download') ? { 'Content-Disposition': `attachment; filename="face-${seed}.png"` } : {};
  // A seed always gives the same face, so browsers may keep it.
  response.writeHead(200, { 'Content-Type': 'image/png', 'Cache-Control': 'max-age=31536000, immutable', ...name });
  response.end(png);
});
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
