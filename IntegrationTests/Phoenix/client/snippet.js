'use strict';
// Runs a snippet of docs/getting-started/never-miss-a-message as its page would; what that shows and reloads goes to the output, in lines of JSON.
//   node snippet.js <file> <package as it is named here> <address of the gateway> <token> <position> <fresh token>
const { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { basename, dirname, join } = require('node:path');
const { pathToFileURL } = require('node:url');

const [file, library, gateway, token, position, fresh] = process.argv.slice(2);
const say = what => process.stdout.write(JSON.stringify(what) + '\n');
require('./browser.js');
Object.assign(global, {
  gateway,
  token,
  page: { position },
  freshToken: async () => fresh,
  show: payload => say({ what: 'shown', payload }),
  reload: reason => say({ what: 'reloaded', reason }),
});

// Here a package may be installed in several versions, under names of our own; a page has one, under its proper name.
const folder = mkdtempSync(join(tmpdir(), 'snippet-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const modules = join(folder, 'node_modules');
const link = join(modules, library.replace(/-[\d.]+$/, ''));
mkdirSync(dirname(link), { recursive: true });
symlinkSync(join(__dirname, 'node_modules', library), link);
const copy = join(folder, basename(file));
copyFileSync(file, copy);
import(pathToFileURL(copy)).then(() => say({ what: 'running' }));

process.stdin.resume().on('close', () => process.exit(0));
