using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace RigKafka.Tests.Publishing;

/// <summary>A JSON body that is held back until it is released.</summary>
internal sealed class HoldingContent : HttpContent
{
    private readonly byte[] _body;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HoldingContent(string body)
    {
        _body = Encoding.UTF8.GetBytes(body);
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    /// <summary>Completes when it is to be sent; after an expectation, when the server reads it.</summary>
    public Task Begun => _begun.Task;

    public void Release() => _released.TrySetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        _begun.TrySetResult();
        await _released.Task;
        await stream.WriteAsync(_body);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
