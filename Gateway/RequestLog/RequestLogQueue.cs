using System.Threading.Channels;
using RigKafka.Apis;
using RigKafka.Auth;
using RigKafka.Telemetry;

namespace RigKafka.RequestLog;

/// <summary>
/// Takes proxied calls for the request log without making them wait: what cannot be written as fast as it comes is dropped, and counted.
/// </summary>
internal sealed class RequestLogQueue(RequestLogOptions options, GatewayMetrics metrics, TimeProvider time)
{
    private const int Capacity = 10_000;

    private readonly bool _isOn = options.ToConsole || options.ToKafka;
    private readonly Channel<RequestLogEntry> _entries = Channel.CreateBounded<RequestLogEntry>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    public ChannelReader<RequestLogEntry> Entries => _entries.Reader;

    public void Note(HttpContext context, ApiRoute route, Identity? identity)
    {
        if (!_isOn)
        {
            return;
        }

        var (path, address) = (context.Request.Path.Value ?? "", context.Connection.RemoteIpAddress);
        if (!_entries.Writer.TryWrite(new RequestLogEntry(time.GetUtcNow(), route, path, address, identity)))
        {
            metrics.RequestLogDropped();
        }
    }

    /// <summary>Takes no more calls.</summary>
    public void Close() => _entries.Writer.TryComplete();
}
