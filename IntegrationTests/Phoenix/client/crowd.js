'use strict';
// Many real Phoenix clients in one process, each on its own user's topic, that keep what they hear; told by lines of JSON on the input what to do.
//   node crowd.js <1.7|1.8> <http address>
const { createInterface } = require('node:readline');

const [version, address] = process.argv.slice(2);
require('./browser.js');

const { Socket, LongPoll } = require(`phoenix-${version}`);
const EventSource = require('eventsource-2');
const say = what => process.stdout.write(JSON.stringify(what) + '\n');
const clients = new Map();
const jittered = ms => ms / 2 + Math.random() * ms;

class Client {
  constructor(user, token) {
    Object.assign(this, { user, token, params: { since: '' }, isIn: false, firstId: null, numbers: [], gaps: [], joins: [], heardAt: 0 });
  }

  /** Goes on over a transport, from the last id, whatever it was on before. */
  open(transport) {
    this.leave();
    this.isIn = false;
    this.visit = (this.visit ?? 0) + 1;
    if (transport === 'sse') {
      this.stream();
    } else {
      this.socket(transport);
    }
  }

  socket(transport) {
    const visit = this.visit;
    const socket = new Socket(`${address.replace('http', 'ws')}/socket`, {
      transport: transport === 'longpoll' ? LongPoll : global.WebSocket,
      params: () => ({ token: this.token }),
      reconnectAfterMs: tries => jittered([100, 500, 1_000][tries - 1] ?? 2_000),
      rejoinAfterMs: () => jittered(200),
    });
    const channel = socket.channel(`user:${this.user}`, this.params);
    for (const what of ['message', 'position', 'gap']) {
      channel.on(what, (payload, id) => this.take(visit, what, payload, id));
    }
    channel.onError(() => this.out(visit));
    channel.join().receive('ok', ({ id }) => this.joined(visit, id));
    socket.onClose(() => this.out(visit));
    socket.connect();
    this.channel = channel;
    this.leave = () => socket.disconnect();
  }

  stream() {
    const visit = this.visit;
    const source = new EventSource(`${address}/socket/sse?users[]=${this.user}&token=${this.token}&lastEventId=${this.params.since}`);
    source.addEventListener('phx_reply', ({ lastEventId }) => this.joined(visit, lastEventId));
    for (const what of ['message', 'position', 'gap']) {
      source.addEventListener(what, ({ data, lastEventId }) => this.take(visit, what, JSON.parse(data), lastEventId));
    }
    let again;
    source.onerror = () => {
      this.out(visit);
      // The library says so first, and gives up then.
      again = setTimeout(() => {
        if (source.readyState === EventSource.CLOSED) {
          again = setTimeout(() => this.open('sse'), jittered(1_000));
        }
      });
    };
    this.leave = () => { clearTimeout(again); source.close(); };
  }

  leave() {}

  out(visit) {
    this.isIn = this.isIn && visit !== this.visit;
  }

  joined(visit, id) {
    if (visit !== this.visit) {
      return;
    }

    this.isIn = true;
    this.firstId ??= id;
    this.params.since = id;
    this.joins.push(Date.now());
  }

  take(visit, what, payload, id) {
    // What it was on before may still say something.
    if (visit !== this.visit) {
      return;
    }

    if (what === 'message') {
      this.numbers.push(payload.n);
      this.heardAt = Date.now();
    } else if (what === 'gap') {
      this.gaps.push({ after: this.numbers.length, reason: payload.reason, id });
    }
    this.params.since = id;
  }

  renew(token) {
    this.token = token;
    this.channel?.push('access_token', { access_token: token });
  }
}

const commands = {
  open: ({ user, token, transport }) => {
    const client = new Client(user, token);
    clients.set(user, client);
    client.open(transport);
  },
  move: ({ user, transport }) => clients.get(user).open(transport),
  renew: ({ user, token }) => clients.get(user).renew(token),
  count: () => say({ isIn: [...clients.values()].filter(client => client.isIn).length }),
  report: () => say({ clients: [...clients.values()].map(({ user, isIn, firstId, numbers, gaps, joins, heardAt }) => ({ user, isIn, firstId, numbers, gaps, joins, heardAt })) }),
  end: () => { clients.forEach(client => client.leave()); clients.clear(); say({}); },
};

createInterface({ input: process.stdin })
  .on('line', line => {
    const command = JSON.parse(line);
    commands[command.do](command);
  })
  .on('close', () => process.exit(0));
