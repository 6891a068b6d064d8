/** Sets up, builds, and serves the page. `npm start -- --port 8080 --host` is passed on to the server. */
import { must, shell } from './shell.js';

must('bash scripts/setup page');
must('node scripts/build.js');
const options = process.argv.slice(2).map((arg) => `'${arg.replaceAll("'", "'\\''")}'`);
process.on('SIGINT', () => {});
shell(`vite preview ${options.join(' ')}`);
