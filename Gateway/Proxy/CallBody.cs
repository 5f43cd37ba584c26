using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace RigKafka.Proxy;

/// <summary>The body of a call, which is passed on as it comes. It tells the timer of the call when its last byte is read.</summary>
internal sealed class CallBody : ForwardOnlyStream
{
    private readonly PipeReader _body;
    private readonly CallTimer _timer;

    private CallBody(PipeReader body, CallTimer timer) => (_body, _timer) = (body, timer);

    public bool IsRead { get; private set; }

    public override bool CanRead => true;

    /// <summary>Takes the place of the request's body. Null if there can be none.</summary>
    /// <param name="context">The request of the client.</param>
    /// <param name="maxBytes">The largest body; 0 for no limit.</param>
    /// <param name="timer">The timer of the call.</param>
    public static CallBody? Take(HttpContext context, int maxBytes, CallTimer timer)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            return null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = maxBytes > 0 ? maxBytes : null;
        }

        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            // A client that streams may be quiet for a while.
            rate.MinDataRate = null;
        }

        var body = new CallBody(context.Request.BodyReader, timer);
        context.Request.Body = body;
        return body;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // The server is not given the token: it takes a read that a token ended for one that goes on, and closes the connection.
        using var ending = cancellationToken.UnsafeRegister(static body => ((PipeReader)body!).CancelPendingRead(), _body);
        while (true)
        {
            var result = await Next();
            var isEmpty = result.Buffer.IsEmpty;
            var count = result.IsCanceled ? 0 : (int)Math.Min(result.Buffer.Length, buffer.Length);
            var part = result.Buffer.Slice(0, count);
            part.CopyTo(buffer.Span);
            _body.AdvanceTo(part.End);
            if (result.IsCanceled)
            {
                throw new OperationCanceledException(cancellationToken);
            }

            if (isEmpty && result.IsCompleted && buffer.Length > 0)
            {
                IsRead = true;
                _timer.RequestSent();
            }

            if (!isEmpty || result.IsCompleted)
            {
                return count;
            }
        }
    }

    private async ValueTask<ReadResult> Next()
    {
        try
        {
            return await _body.ReadAsync(CancellationToken.None);
        }
        catch (ConnectionAbortedException aborted)
        {
            throw new TaskCanceledException("The request was aborted.", aborted);
        }
    }
}
