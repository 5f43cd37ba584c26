namespace RigKafka.IntegrationTests.Nodes;

/// <summary>Something that goes on until it is told to stop; also where a test fails before that.</summary>
internal sealed class Ongoing : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _going;

    public Ongoing(Func<CancellationToken, Task> something) => _going = something(_stop.Token);

    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _going.Soon();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(_going.Soon());
        _stop.Dispose();
    }
}
