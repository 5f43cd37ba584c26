using System.Net;

namespace RigKafka.Proxy;

/// <summary>
/// A body of unknown length, sent on part by part as it comes: a client that streams may wait for an answer to what it sent so far, and the
/// framework would keep a small part until there is more.
/// </summary>
internal sealed class FlushingContent : HttpContent
{
    private readonly HttpContent _body;

    public FlushingContent(HttpContent body)
    {
        _body = body;
        foreach (var (name, values) in body.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) => _body.CopyToAsync(new FlushingStream(stream), context, cancellationToken);

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
}
