'use strict';
// One real Phoenix client, told by lines of JSON on its input what to do; it says on its output, in lines of JSON, what it notices.
//   node client.js <1.2|1.3|1.4|1.7|1.8> <websocket|longpoll> <url of the socket> <token> <heartbeat in ms> [authToken]
const { createInterface } = require('node:readline');

// With authToken the token goes the way of the newest client, and not into the address.
const [version, transport, url, token, heartbeat, authToken] = process.argv.slice(2);
require('./browser.js');

const { Socket, LongPoll, Presence } = require(`phoenix-${version}`);
const say = what => process.stdout.write(JSON.stringify(what) + '\n');
const channels = {};

const socket = new Socket(url, {
  transport: transport === 'longpoll' ? LongPoll : global.WebSocket,
  ...(authToken ? { authToken: token } : { params: { token } }),
  heartbeatIntervalMs: Number(heartbeat),
  // Clients 1.2 and 1.3 join a channel again whenever this time is over and no reply has come, on a connection that is there as well.
  reconnectAfterMs: tries => [200, 500, 2_000][tries - 1] ?? 10_000,
  rejoinAfterMs: () => 200,
  logger: (kind, message) => {
    if (kind === 'push' && message.startsWith('phoenix heartbeat')) {
      say({ what: 'heartbeat' });
    } else if (kind === 'receive' && message.startsWith('ok phoenix phx_reply')) {
      say({ what: 'alive' });
    }
  },
});
socket.onOpen(() => say({ what: 'open' }));
socket.onClose(event => say({ what: 'close', code: event && event.code }));
socket.onError(() => say({ what: 'error' }));

const commands = {
  join({ topic, since }) {
    const params = since === undefined ? {} : { since };
    const channel = socket.channel(topic, params);
    channels[topic] = channel;
    const keep = id => {
      if (since !== undefined) {
        params.since = id;
      }
    };
    for (const what of ['message', 'position', 'gap']) {
      channel.on(what, (payload, ref) => {
        say({ what, topic, payload, ref });
        keep(ref);
      });
    }
    channel.on('closing', payload => say({ what: 'closing', topic, payload }));
    let present = {};
    const tell = now => {
      present = now;
      say({ what: 'presence', topic, refs: Presence.list(present, (_, { metas }) => metas.map(meta => meta.phx_ref)).flat() });
    };
    channel.on('presence_state', state => tell(Presence.syncState(present, state)));
    channel.on('presence_diff', diff => tell(Presence.syncDiff(present, diff)));
    channel.onClose(() => say({ what: 'closed', topic }));
    const push = channel.join();
    push.receive('ok', response => {
      say({ what: 'joined', topic, response });
      keep(response.id);
    });
    push.receive('error', response => say({ what: 'denied', topic, response }));
    push.receive('timeout', () => say({ what: 'timeout', topic }));
  },
  leave({ topic }) {
    channels[topic].leave().receive('ok', () => say({ what: 'left', topic }));
  },
  renew({ topic, token: renewed }) {
    channels[topic].push('access_token', { access_token: renewed })
      .receive('ok', response => say({ what: 'renewed', topic, response }))
      .receive('error', response => say({ what: 'refused', topic, response }));
  },
  end() {
    socket.disconnect(() => process.exit(0));
    setTimeout(() => process.exit(0), 500);
  },
};

createInterface({ input: process.stdin })
  .on('line', line => {
    const command = JSON.parse(line);
    commands[command.do](command);
  })
  .on('close', () => process.exit(0));
process.on('uncaughtException', error => say({ what: 'thrown', error: String((error && error.stack) || error) }));
socket.connect();
