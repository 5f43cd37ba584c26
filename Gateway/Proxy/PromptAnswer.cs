namespace RigKafka.Proxy;

/// <summary>
/// The body of an answer whose length nobody knows. When the service has sent the head of it and nothing more yet, as an event stream without an event does,
/// the client gets the head at once: it may wait for that to know that it is connected.
/// </summary>
internal sealed class PromptAnswer(Stream body, HttpResponse response) : OneWayBody
{
    private bool _isBegun;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = body.ReadAsync(buffer, cancellationToken);
        if (_isBegun || reading.IsCompleted)
        {
            _isBegun |= buffer.Length > 0;
            return reading;
        }

        _isBegun = true;
        return SendHeadFirst(reading, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> SendHeadFirst(ValueTask<int> reading, CancellationToken cancellation)
    {
        var pending = reading.AsTask();
        await response.Body.FlushAsync(cancellation);
        return await pending;
    }
}
