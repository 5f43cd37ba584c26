using System.Net;

namespace RigKafka.Proxy;

/// <summary>
/// The body of a request to a service. One of unknown length is sent on part by part as it comes: a client that streams may wait for an answer to what
/// it sent so far, and the framework would keep a small part until there is more. One that the service refuses in the middle ends there.
/// </summary>
internal sealed class ServiceBody : HttpContent
{
    /// <summary>A body that is longer, and refused, ends as if there were no answer; else a length that a client only claims would cost time.</summary>
    private const long MostLeftOut = 1L << 36;

    private static readonly byte[] LeftOut = new byte[1 << 20];

    private readonly HttpContent _body;

    public ServiceBody(HttpContent body)
    {
        _body = body;
        foreach (var (name, values) in body.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    /// <summary>Whether a byte of it may have been sent, or read.</summary>
    public bool IsStarted { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        IsStarted = true;
        var sent = new ServiceBodyStream(stream, flushes: Headers.ContentLength is null);
        await _body.CopyToAsync(sent, context, cancellationToken);
        if (sent.IsRefused)
        {
            await LeaveOut((Headers.ContentLength ?? 0) - sent.Count, stream, cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>The framework reads an answer only after as many bytes as were promised. Nobody gets these: the connection takes none any more.</summary>
    private static async Task LeaveOut(long count, Stream stream, CancellationToken cancellationToken)
    {
        if (count > MostLeftOut)
        {
            return;
        }

        for (; count > 0; count -= Math.Min(count, LeftOut.Length))
        {
            await stream.WriteAsync(LeftOut.AsMemory(0, (int)Math.Min(count, LeftOut.Length)), cancellationToken);
        }
    }
}
