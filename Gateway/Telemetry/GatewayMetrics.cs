using System.Diagnostics.Metrics;
using System.Globalization;

namespace RigKafka.Telemetry;

/// <summary>
/// Every metric that the gateway has, under one meter. Methods are named after facts; the values of every tag are a fixed, small set.
/// What can be counted is counted 0 times at the start, see <see cref="TelemetryFeature.CountFromZero"/>.
/// </summary>
internal sealed class GatewayMetrics
{
    public const string MeterName = "RigKafka";

    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _tcpReset;
    private readonly Counter<long> _read;
    private readonly Counter<long> _poison;
    private readonly Counter<long> _published;
    private readonly Counter<long> _deliveries;
    private readonly Counter<long> _gaps;
    private readonly Counter<long> _rewinds;
    private readonly Counter<long> _rewindRecords;
    private readonly Histogram<double> _rewindDuration;
    private readonly Counter<long> _tableSkipped;
    private readonly Counter<long> _proxyRefused;
    private readonly Counter<long> _proxyFailed;
    private readonly Counter<long> _proxyHeadersDropped;
    private readonly Counter<long> _requestLogDropped;
    private readonly Counter<long> _resumes;
    private readonly Counter<long> _resumeGaps;
    private readonly Counter<long> _replayed;
    private readonly Histogram<double> _latency;
    private readonly Histogram<double> _resumeTime;
    private readonly Meter _meter;

    public GatewayMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _connections = _meter.CreateUpDownCounter<long>("rig.connections", "{connection}", "Open connections, by transport.");
        _closed = _meter.CreateCounter<long>("rig.connections.closed", "{connection}", "Connections that ended, by transport and reason.");
        _refused = _meter.CreateCounter<long>("rig.connections.refused", "{connection}",
            "Connections that were not let in, by transport and reason.");
        _tcpReset = _meter.CreateCounter<long>("rig.tcp.reset", "{connection}",
            "TCP connections that were reset because all were taken, by peer and reason.");
        _read = _meter.CreateCounter<long>("rig.messages.read", "{message}",
            "Messages read from the log, whether or not somebody listens.");
        _poison = _meter.CreateCounter<long>("rig.messages.poison", "{record}",
            "Records that were skipped, since they hold no valid message or one that is too large, by kind.");
        _published = _meter.CreateCounter<long>("rig.messages.published", "{message}", "Answers to a publisher, by outcome.");
        _deliveries = _meter.CreateCounter<long>("rig.deliveries", "{delivery}",
            "Messages handed to a connection, once for each connection.");
        _gaps = _meter.CreateCounter<long>("rig.log.gaps", "{gap}", "Times that records may have been missed, by reason.");
        _rewinds = _meter.CreateCounter<long>("rig.rewind.passes", "{pass}",
            "Times that a part of the log was read once more, for all clients that had come back and waited for it.");
        _rewindRecords = _meter.CreateCounter<long>("rig.rewind.records", "{record}", "Records that were read once more.");
        _rewindDuration = _meter.CreateHistogram(
            "rig.rewind.duration", "s", "How long a part of the log was read once more.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60] });
        _tableSkipped = _meter.CreateCounter<long>("rig.table.skipped", "{record}",
            "Records of a table topic that were skipped, since they hold no valid entry, by table and kind.");
        _proxyRefused = _meter.CreateCounter<long>("rig.proxy.refused", "{request}", "Proxied calls that were not let through, by reason.");
        _proxyFailed = _meter.CreateCounter<long>("rig.proxy.failed", "{request}",
            "Proxied calls that did not reach their end, by reason.");
        _proxyHeadersDropped = _meter.CreateCounter<long>("rig.proxy.headers_dropped", "{header}",
            "Headers of clients that were dropped, since services might trust them, by header.");
        _requestLogDropped = _meter.CreateCounter<long>("rig.request_log.dropped", "{entry}",
            "Entries of the request log that could not be written.");
        _latency = _meter.CreateHistogram(
            "rig.delivery.duration", "s",
            "From the time stamp of a record to the write on a socket; one sample for each message and delivery loop.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] });
        _resumes = _meter.CreateCounter<long>("rig.resumes", "{resume}",
            "Clients that came back with an id, by what became of it.");
        _resumeGaps = _meter.CreateCounter<long>("rig.resumes.gaps", "{gap}",
            "Clients that came back and were told that they may have missed something, by reason.");
        _replayed = _meter.CreateCounter<long>("rig.resumes.messages", "{message}", "Missed messages that were given to clients that came back.");
        _resumeTime = _meter.CreateHistogram(
            "rig.resumes.duration", "s", "From the join of a client that came back until what it missed was found, by outcome.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 30] });
        _read.Add(0);
        _replayed.Add(0);
        _deliveries.Add(0);
        _rewinds.Add(0);
        _rewindRecords.Add(0);
        _requestLogDropped.Add(0);
    }

    public void ConnectionOpened(string transport) => _connections.Add(1, Tag("transport", transport));

    public void ConnectionClosed(string transport, string reason, int connections = 1)
    {
        _connections.Add(-connections, Tag("transport", transport));
        _closed.Add(connections, Tag("transport", transport), Tag("reason", reason));
    }

    public void ConnectionRefused(string transport, string reason, int connections = 1) =>
        _refused.Add(connections, Tag("transport", transport), Tag("reason", reason));

    public void TcpConnectionReset(string peer, string reason, int connections = 1) =>
        _tcpReset.Add(connections, Tag("peer", peer), Tag("reason", reason));

    public void MessageRead() => _read.Add(1);

    public void PoisonSkipped(string kind, int records = 1) => _poison.Add(records, Tag("kind", kind));

    public void Published(string outcome, int messages = 1) => _published.Add(messages, Tag("outcome", outcome));

    public void Delivered(int deliveries) => _deliveries.Add(deliveries);

    public void GapFound(string reason, int gaps = 1) => _gaps.Add(gaps, Tag("reason", reason));

    public void Rewound(long records, double seconds)
    {
        _rewinds.Add(1);
        _rewindRecords.Add(records);
        _rewindDuration.Record(seconds);
    }

    public void Resumed(string outcome, int clients = 1) => _resumes.Add(clients, Tag("outcome", outcome));

    public void ResumedWithGap(string reason, int gaps = 1) => _resumeGaps.Add(gaps, Tag("reason", reason));

    public void ResumeTook(string outcome, double seconds, int messages)
    {
        _resumeTime.Record(seconds, Tag("outcome", outcome));
        _replayed.Add(messages);
    }

    public void TableRecordSkipped(string table, string kind, int records = 1) =>
        _tableSkipped.Add(records, Tag("table", table), Tag("kind", kind));

    public void ProxyRefused(string reason, int calls = 1) => _proxyRefused.Add(calls, Tag("reason", reason));

    public void ProxyFailed(string reason, int calls = 1) => _proxyFailed.Add(calls, Tag("reason", reason));

    public void ProxyHeaderDropped(string header, int headers = 1) => _proxyHeadersDropped.Add(headers, Tag("header", header));

    public void RequestLogDropped() => _requestLogDropped.Add(1);

    public void DeliveryTook(double seconds) => _latency.Record(seconds);

    /// <summary>Says which build this is.</summary>
    public void ObserveBuild(string version, string runtime)
    {
        var build = new Measurement<long>(1, Tag("version", version), Tag("runtime", runtime));
        _meter.CreateObservableGauge("rig.build.info", () => build, "1", "1, with the version of the gateway and the runtime that it runs on.");
    }

    /// <summary>Has the node asked, at each collection, whether it is ready.</summary>
    public void ObserveReady(Func<bool> ready) => _meter.CreateObservableGauge(
        "rig.ready", () => ready() ? 1 : 0, "1", "1 while /health/ready answers 200, else 0.");

    /// <summary>Says how many connections the node holds at most.</summary>
    public void ObserveConnectionLimit(long most) =>
        _meter.CreateObservableGauge("rig.connections.limit", () => most, "{connection}", "How many connections this node holds at most.");

    /// <summary>Has the outboxes asked, at each collection, how much waits in them.</summary>
    public void ObserveOutboxes(Func<long> bytes) => _meter.CreateObservableGauge(
        "rig.outbox.size", bytes, "By", "What waits in the outboxes of all connections for clients that have not taken it yet.");

    /// <summary>Has those that hold TCP connections asked, at each collection, how many there are.</summary>
    /// <param name="peer">With whom.</param>
    /// <param name="open">How many there are.</param>
    /// <param name="most">How many there may be.</param>
    public void ObserveTcpConnections(string peer, Func<long> open, long most)
    {
        var limit = new Measurement<long>(most, Tag("peer", peer));
        _meter.CreateObservableGauge(
            "rig.tcp.connections", () => new Measurement<long>(open(), Tag("peer", peer)), "{connection}", "Open TCP connections, by peer.");
        _meter.CreateObservableGauge(
            "rig.tcp.connections.limit", () => limit, "{connection}", "How many TCP connections there may be, by peer.");
    }

    /// <summary>Has the certificate in use asked, at each collection, until when it is valid.</summary>
    /// <param name="notAfter">In seconds since the Unix epoch.</param>
    public void ObserveCertificate(Func<long> notAfter) => _meter.CreateObservableGauge(
        "rig.tls.certificate.not_after", notAfter, "s", "When the certificate in use expires, in seconds since the Unix epoch.");

    /// <summary>Has the log asked, at each collection, how many records are yet to be read of each partition.</summary>
    public void ObserveLag(Func<IEnumerable<(string SourceTopic, int Partition, long Records)>> lags)
    {
        _meter.CreateObservableGauge(
            "rig.log.lag", () => lags().Sum(lag => lag.Records), "{record}", "Records that this node has yet to read, over all partitions.");
        _meter.CreateObservableGauge(
            "rig.log.partition.lag",
            () => lags().Select(lag => new Measurement<long>(
                lag.Records, Tag("source_topic", lag.SourceTopic), Tag("partition", lag.Partition.ToString(CultureInfo.InvariantCulture)))),
            "{record}",
            "Records that this node has yet to read of a partition, by source topic and partition.");
    }

    /// <summary>Has the log asked, at each collection, whether it is unwell.</summary>
    public void ObserveDegraded(Func<bool> degraded) => _meter.CreateObservableGauge(
        "rig.log.degraded", () => degraded() ? 1 : 0, "1", "1 while the log is out of reach or broken, else 0.");

    /// <summary>Has a table asked, at each collection, how many entries it holds.</summary>
    public void ObserveTable(string table, Func<long> entries) =>
        _meter.CreateObservableGauge(
            "rig.table.entries", () => new Measurement<long>(entries(), Tag("table", table)), "{entry}",
            "Entries of a table that this node holds, with expired ones that are not removed yet, by table.");

    /// <summary>Has the history asked, at each collection, how much it holds, and how many seconds it reaches back.</summary>
    public void ObserveHistory(Func<long> bytes, long limit, Func<long> messages, Func<double> reach)
    {
        _meter.CreateObservableGauge("rig.history.size", bytes, "By", "Memory that the history uses of HISTORY_MAX_BYTES.");
        _meter.CreateObservableGauge("rig.history.size.limit", () => limit, "By", "Memory that the history may use: HISTORY_MAX_BYTES.");
        _meter.CreateObservableGauge("rig.history.messages", messages, "{message}", "Messages in the history.");
        _meter.CreateObservableGauge(
            "rig.history.reach", reach, "s", "Age of the oldest message in the history; 0 while it is empty or off.");
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
