using System.Net;

namespace RigKafka.Proxy;

/// <summary>
/// The body of a request to a service. One of unknown length is sent part by part as it comes: a client that streams may wait for an answer
/// to what it sent so far, and the framework would keep a small part until there is more. One that the service refuses on the way ends
/// there.
/// </summary>
internal sealed class ServiceBody : HttpContent
{
    /// <summary>
    /// A longer body that is refused ends as if there were no answer: a client can claim any length, and to fill it costs time.
    /// </summary>
    private const long MostFilled = 1L << 36;

    private static readonly byte[] Filling = new byte[1 << 20];

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

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        IsStarted = true;
        var sent = new SentStream(stream, flushes: Headers.ContentLength is null);
        await _body.CopyToAsync(sent, context, cancellationToken);
        if (sent.IsRefused)
        {
            await Fill((Headers.ContentLength ?? 0) - sent.Count, stream, cancellationToken);
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

    /// <summary>
    /// The framework reads the answer only after the promised number of bytes. These are not sent: the connection drops them.
    /// </summary>
    private static async Task Fill(long count, Stream stream, CancellationToken cancellationToken)
    {
        if (count > MostFilled)
        {
            return;
        }

        for (; count > 0; count -= Math.Min(count, Filling.Length))
        {
            await stream.WriteAsync(Filling.AsMemory(0, (int)Math.Min(count, Filling.Length)), cancellationToken);
        }
    }

    /// <summary>Where the body is written to; notes that the service takes no more.</summary>
    /// <param name="inner">The framework's stream.</param>
    /// <param name="flushes">Whether each part is sent at once.</param>
    private sealed class SentStream(Stream inner, bool flushes) : ForwardOnlyStream
    {
        public bool IsRefused { get; private set; }

        /// <summary>The number of bytes written, including those of a write that failed.</summary>
        public long Count { get; private set; }

        public override bool CanWrite => true;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                Count += buffer.Length;
                await inner.WriteAsync(buffer, cancellationToken);
                if (flushes)
                {
                    await inner.FlushAsync(cancellationToken);
                }
            }
            catch (ServiceLostException)
            {
                IsRefused = true;
                throw;
            }
        }

        public override async Task FlushAsync(CancellationToken cancellationToken)
        {
            try
            {
                await inner.FlushAsync(cancellationToken);
            }
            catch (ServiceLostException)
            {
                IsRefused = true;
                throw;
            }
        }

        public override void Flush() => inner.Flush();
    }
}
