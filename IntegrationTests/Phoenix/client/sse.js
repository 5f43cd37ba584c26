'use strict';
// One of the libraries for Server-Sent Events; it says on its output, in lines of JSON, what its page would hear.
//   node sse.js <eventsource-1|eventsource-2|fetch> <address> [number of streams; each has its number at the end of the address]
const [library, address, streams] = process.argv.slice(2);
const say = what => process.stdout.write(JSON.stringify(what) + '\n');

if (library === 'fetch') {
  require('./browser.js');
  const { fetchEventSource } = require('@microsoft/fetch-event-source');
  fetchEventSource(address, { onmessage: ({ event, data, id }) => say({ what: 'heard', event, data, id }) });
} else {
  const EventSource = require(library);
  for (let number = 0; number < Number(streams); number++) {
    const source = new EventSource(`${address}${number}`);
    source.addEventListener('message', ({ lastEventId }) => say({ what: 'message', number, id: lastEventId }));
    source.addEventListener('back', () => {
      source.close();
      say({ what: 'back', number });
    });
  }
}

process.stdin.resume().on('close', () => process.exit(0));
