using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>A client of an event stream of some users. It reads as much at a time as it happens to, sometimes slowly.</summary>
internal sealed class ComingStream(string name, IReadOnlyList<string> users, Random random) : ComingClient(random)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };

    private readonly ComingView _view = new(name, users);

    public override IReadOnlyList<ComingView> Views => [_view];

    protected override async Task Visit(Uri node, Func<bool> isEnough, CancellationToken cancellation)
    {
        var query = string.Join('&', users.Select(user => $"users[]={user}"));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node, $"/socket/sse?{query}&token={Token.Of("someone", "support")}"));
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (_view.Id is not null)
        {
            request.Headers.Add("Last-Event-ID", _view.Id);
        }

        var (isJoined, isOver) = (false, false);
        var parser = new SseParser(heard =>
        {
            if (heard.Name == "phx_reply" && !isJoined)
            {
                isJoined = true;
                _view.Begin();
            }

            Refusals += isJoined ? 0 : 1;
            if (isJoined && !isOver)
            {
                _view.Hear(heard);
                isOver = heard.Id is not null && isEnough();
            }
        });
        try
        {
            using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                return;
            }

            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            var buffer = new byte[4096];
            var most = IsRestless && Random.Next(4) == 0 ? 100 : buffer.Length;
            while (!isOver && await stream.ReadAsync(buffer.AsMemory(0, Random.Next(1, most)), cancellation) is var read and > 0)
            {
                parser.Feed(buffer.AsSpan(0, read));
                await Task.Delay(most < buffer.Length ? Random.Next(20) : 0, cancellation);
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            // It goes, or its node did.
        }
    }
}
