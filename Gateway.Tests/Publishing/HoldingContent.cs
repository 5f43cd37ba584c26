using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace RigKafka.Tests.Publishing;

/// <summary>A JSON body of which the last byte is held back until it is released.</summary>
internal sealed class HoldingContent : HttpContent
{
    private readonly byte[] _body;
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HoldingContent(string body)
    {
        _body = Encoding.UTF8.GetBytes(body);
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    /// <summary>Completes when everything but the last byte is on its way.</summary>
    public Task Sent => _sent.Task;

    public void Release() => _released.TrySetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(_body.AsMemory(0, _body.Length - 1));
        await stream.FlushAsync();
        _sent.TrySetResult();
        await _released.Task;
        await stream.WriteAsync(_body.AsMemory(_body.Length - 1));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
