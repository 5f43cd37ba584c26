import { poll } from "/operator/api.js";
import { Chart } from "/operator/chart.js";
import { ago, count, duration, element, figure, metricName, moment, renew, table } from "/operator/elements.js";
import { listen } from "/operator/feed.js";

const most = 450;
const betweenNodes = 4000;
const sum = connections => Object.values(connections ?? {}).reduce((all, open) => all + open, 0);

// What is counted, in groups that an operator asks for together. A metric that is in none is listed under "Others".
const groups = {
  "Streams": ["rig_connections", "rig_connections_limit", "rig_connections_closed_total", "rig_connections_refused_total", "rig_tcp_connections", "rig_tcp_connections_limit", "rig_tcp_reset_total", "rig_outbox_size_bytes"],
  "Messages": ["rig_messages_read_total", "rig_deliveries_total", "rig_messages_published_total", "rig_messages_poison_total", "rig_delivery_duration_seconds"],
  "Log": ["rig_log_lag", "rig_log_partition_lag", "rig_log_degraded", "rig_log_gaps_total"],
  "Clients that came back": ["rig_resumes_total", "rig_resumes_gaps_total", "rig_resumes_messages_total", "rig_resumes_duration_seconds", "rig_rewind_passes_total", "rig_rewind_records_total", "rig_rewind_duration_seconds", "rig_history_reach_seconds", "rig_history_size_bytes", "rig_history_size_limit_bytes", "rig_history_messages"],
  "Tables": ["rig_table_entries", "rig_table_skipped_total"],
  "Node": ["rig_ready", "rig_tls_certificate_not_after_seconds", "rig_build_info"],
  "Proxied calls": ["rig_proxy_refused_total", "rig_proxy_failed_total", "rig_proxy_headers_dropped_total", "rig_request_log_dropped_total"],
};

export function overview(signal) {
  const parts = {
    changes: element("p.heard", { id: "changes", role: "status" }),
    troubles: element("div", { id: "troubles" }),
    nodes: element("div", { id: "nodes" }),
    counted: element("div", { id: "counted" }),
  };
  const charts = [
    new Chart({ name: "Connections", metric: "rig_connections", value: point => sum(point.connections), show: value => count(value ?? 0) }),
    new Chart({ name: "Deliveries a second", metric: "rig_deliveries_total", value: point => point.deliveries, show: value => count(value ?? 0) }),
    new Chart({ name: "Messages read a second", metric: "rig_messages_read_total", value: point => point.read, show: value => count(value ?? 0) }),
    new Chart({ name: "Published here a second", metric: "rig_messages_published_total", value: point => point.published, show: value => count(value ?? 0) }),
    new Chart({ name: "Delivery latency, p50", metric: "rig_delivery_duration_seconds", value: point => point.p50, show: duration }),
    new Chart({ name: "Delivery latency, p99", metric: "rig_delivery_duration_seconds", value: point => point.p99, show: duration }),
    new Chart({ name: "Records yet to be read", metric: "rig_log_lag", value: point => point.lag, show: value => count(value ?? 0) }),
  ];
  const view = { points: [], now: null, nodes: [], lost: null };

  const changes = new Changes();
  const header = document.querySelector("#node");

  function showTroubles() {
    const troubles = troublesOf(view);
    renew(parts.troubles, troublesList(troubles, view.now));
    renew(parts.changes, changes.since(troubles, view.now !== null));
    if (view.now) {
      renew(header, self(view));
    }
  }

  listen("/v1/node/events", (name, data) => {
    view.lost = name === "lost" ? data : null;
    if (name === "past") {
      view.points = data;
    } else if (name === "now") {
      view.now = data;
      if (data.load.time !== undefined && data.load.time !== view.points.at(-1)?.time) {
        view.points = [...view.points, data.load].slice(-most);
      }

      charts.forEach(chart => chart.draw(view.points));
      renew(parts.counted, counted(data.metrics));
    }

    showTroubles();
  }, signal);

  function showNodes(nodes, unknown) {
    view.nodes = nodes;
    renew(parts.nodes, unknown ? element("p.empty", {}, unknown) : nodesTable(nodes));
    showTroubles();
  }

  poll("/v1/nodes", betweenNodes, signal, nodes => showNodes(nodes), error =>
    showNodes(view.nodes, error.status === 404 ? "Only this node is known: the others are told of by presence, and PRESENCE_ENABLED is false." : error.message));

  return [
    parts.changes,
    parts.troubles,
    element("section", {}, element("h2", {}, "Nodes"), parts.nodes),
    element("section", {}, element("h2", {}, "This node, over the last 15 minutes"), element("div.charts", {}, charts.map(chart => chart.element))),
    element("section", {}, element("h2", {}, "This node, since it started"), parts.counted),
  ];
}

// A version may end with the commit that it was built of.
const short = version => version.replace(/(\+.{7}).*/, "$1");

function self({ now: { name, id, version, state: said, started }, lost }) {
  const state = lost ? "lost" : said;
  return [element(`span.state.${state}`, {}, state), ` ${name}, node ${id}, version ${short(version)}, started ${ago(started)}`];
}

function troublesOf({ now, nodes, lost }) {
  return [
    ...(lost ? [{ severity: "bad", text: lost, key: "lost" }] : []),
    ...(now?.troubles ?? []),
    ...nodes.filter(node => node.silent && !node.self).map(node => ({ severity: "bad", text: `Node ${node.name ?? node.id} is silent: it has missed heartbeats.`, key: `silent ${node.id}` })),
    ...nodes.filter(node => !node.self && !node.silent && node.state && node.state !== "ready")
      .map(node => ({ severity: "bad", text: `Node ${node.name ?? node.id} is ${node.state}${node.trouble ? `: ${node.trouble}` : ""}`, key: `${node.state} ${node.id}` })),
    ...(new Set(nodes.map(node => node.version)).size > 1 ? [{ severity: "warning", text: "The nodes are of different versions, as during a roll." }] : []),
  ];
}

// A trouble whose figure changes is the same trouble.
const keyOf = ({ key, text, metric }) => key ?? `${text.replace(/\d+/g, "0")} ${metric ?? ""}`;

function troublesList(all, now) {
  if (all.length === 0) {
    return now ? element("p.well", {}, "Nothing is wrong.") : element("p.empty", {}, "Asking this node…");
  }

  return element("ul.troubles", { "aria-label": "What is wrong" },
    all.map(trouble => element(`li.${trouble.severity}`, { "data-key": keyOf(trouble) }, element("span", {}, trouble.text), trouble.metric ? metricName(trouble.metric) : null)));
}

/** What is read aloud: the troubles that are new, and that the last one is over. */
class Changes {
  #known = null;
  #said = "";

  since(troubles, isAnswered) {
    if (!isAnswered && troubles.length === 0) {
      return this.#said;
    }

    const before = this.#known;
    this.#known = new Set(troubles.map(keyOf));
    const came = troubles.filter(trouble => !before?.has(keyOf(trouble)));
    if (came.length > 0) {
      this.#said = came.map(({ text }) => text).join(". ");
    } else if (before?.size !== troubles.length) {
      this.#said = troubles.length === 0 ? "Nothing is wrong." : "";
    }

    return this.#said;
  }
}

function nodesTable(nodes) {
  const rate = value => value === undefined ? "–" : count(value);
  return table(
    ["Node", "State", "Version", "Up", "SSE", "WebSocket", "Long polling", "Messages/s", "Deliveries/s", "Lag"],
    nodes.map(node => [
      [element("b", {}, node.name ?? "of an older version"), " ", element("code", {}, node.id), " ", node.self ? element("span.tag", {}, "this one") : null],
      element(`span.state.${node.silent ? "silent" : node.state ?? "unknown"}`, {}, node.silent ? "silent" : node.state ?? "unknown"),
      element("span", { title: node.version }, short(node.version ?? "–")),
      element("span", { title: moment(node.started) }, duration((Date.now() - node.started) / 1000)),
      ...["sse", "websocket", "longpoll"].map(transport => node.connections ? count(node.connections[transport] ?? 0) : "–"),
      rate(node.read), rate(node.deliveries), rate(node.lag),
    ]),
    "No node has been heard yet.",
    nodes.map(node => node.id));
}

function counted(metrics) {
  const shown = new Set(Object.values(groups).flat());
  const others = metrics.map(metric => metric.name).filter(name => !shown.has(name));
  return Object.entries({ ...groups, "Others": others })
    .map(([name, names]) => [name, names.map(one => metrics.find(metric => metric.name === one)).filter(metric => metric)])
    .filter(([, found]) => found.length > 0)
    .map(([name, found]) => element("details.group", { "data-key": name, open: ["Streams", "Messages", "Log"].includes(name) },
      element("summary", {}, name),
      element("dl", {}, found.map(entry))));
}

const shown = ({ name, unit }, value) => name === "rig_tls_certificate_not_after_seconds" ? moment(value * 1000) : figure(value, unit);

function entry(metric) {
  const told = metric.values.filter(({ value, tags }) => value !== 0 || Object.keys(tags).length === 0);
  const values = metric.kind === "histogram"
    ? [element("span.value", {}, `p50 ${duration(metric.p50)}, p99 ${duration(metric.p99)}`)]
    : told.length === 0 ? [element("span.value.none", {}, "0")]
    : told.map(({ tags, value }) => element("span.value", {}, ...Object.values(tags).flatMap(tag => [element("span.tag", {}, tag), " "]), shown(metric, value)));
  return element("div", { "data-key": metric.name }, element("dt", { title: metric.description }, metric.description, metricName(metric.name)), element("dd", {}, values));
}
