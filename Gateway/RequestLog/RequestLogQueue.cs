using System.Threading.Channels;
using RigKafka.Apis;
using RigKafka.Auth;
using RigKafka.Telemetry;

namespace RigKafka.RequestLog;

/// <summary>Takes note of proxied calls without holding one up: what cannot be written as fast as it comes is dropped, and counted.</summary>
internal sealed class RequestLogQueue(RequestLogOptions options, GatewayMetrics metrics, TimeProvider time)
{
    private const int Capacity = 10_000;

    private readonly bool _isOn = options.ToConsole || options.ToKafka;
    private readonly Channel<RequestLogEntry> _entries = Channel.CreateBounded<RequestLogEntry>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    public ChannelReader<RequestLogEntry> Entries => _entries.Reader;

    public void Note(HttpContext context, ApiRoute route, Identity? identity)
    {
        if (_isOn && !_entries.Writer.TryWrite(new RequestLogEntry(time.GetUtcNow(), route, context.Request.Path.Value ?? "", context.Connection.RemoteIpAddress, identity)))
        {
            metrics.RequestLogDropped();
        }
    }

    /// <summary>Nothing is noted any more.</summary>
    public void Close() => _entries.Writer.TryComplete();
}
