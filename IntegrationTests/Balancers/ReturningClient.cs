using System.Net.ServerSentEvents;
using System.Text.Json;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Balancers;

/// <summary>A client of Server-Sent Events, on the parser of the framework, that comes back whenever its stream ends: as a browser does.</summary>
internal sealed class ReturningClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly HttpClient _http;
    private readonly Uri _server;
    private readonly Func<string> _token;
    private readonly Action<int>? _hears;
    private readonly List<int> _numbers = [];
    private readonly List<HeardGap> _gaps = [];
    private readonly List<long> _joins = [];
    private readonly List<string> _troubles = [];
    private readonly Task _coming;
    private CancellationTokenSource? _visit;
    private volatile Task _reads = Task.CompletedTask;
    private long _heardAt;
    private string? _firstId;

    /// <param name="http">Its connections.</param>
    /// <param name="server">Where it comes.</param>
    /// <param name="user">Whose messages it listens to.</param>
    /// <param name="token">Its token each time that it comes; null for one that does not end.</param>
    /// <param name="heard">Is told the number of each message.</param>
    public ReturningClient(HttpClient http, Uri server, string user, Func<string>? token = null, Action<int>? heard = null)
    {
        (_http, _server, User, _token, _hears) = (http, server, user, token ?? (() => Token.Of(user)), heard);
        _coming = Task.Run(ComeAgainAndAgain);
    }

    public string User { get; }

    /// <summary>What was no stream and no orderly end. To be looked at when it is over.</summary>
    public IReadOnlyList<string> Troubles => _troubles;

    /// <summary>Whether it is let in now.</summary>
    public bool IsIn { get; private set; }

    /// <summary>What it has heard. It may be asked at any time.</summary>
    public ClientHistory History
    {
        get
        {
            lock (_numbers)
            {
                return new ClientHistory(User, IsIn, _firstId, [.. _numbers], [.. _gaps], [.. _joins], _heardAt);
            }
        }
    }

    /// <summary>Its connection is gone, without a word; it comes back.</summary>
    public void Vanish()
    {
        lock (_numbers)
        {
            _visit?.Cancel();
        }
    }

    /// <summary>It reads nothing until the task that is given has ended.</summary>
    public void Stall(Task until) => _reads = until;

    public async ValueTask DisposeAsync()
    {
        if (!_coming.IsCompleted)
        {
            await _over.CancelAsync();
            await _coming.Soon();
        }

        _over.Dispose();
    }

    private async Task ComeAgainAndAgain()
    {
        var id = "";
        var retry = TimeSpan.FromSeconds(1);
        while (!_over.IsCancellationRequested)
        {
            using var visit = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
            Come(visit);
            try
            {
                using var response = await Ask(id, visit.Token);
                if (!response.IsSuccessStatusCode)
                {
                    _troubles.Add($"answered {(int)response.StatusCode}");
                }

                var events = System.Net.ServerSentEvents.SseParser.Create(await response.Content.ReadAsStreamAsync(visit.Token));
                await foreach (var one in events.EnumerateAsync(visit.Token))
                {
                    Take(one, events.LastEventId);
                    // The parser knows this stream alone; where it tells nothing, what was told before holds.
                    id = events.LastEventId.Length > 0 ? events.LastEventId : id;
                    retry = events.ReconnectionInterval < TimeSpan.Zero ? retry : events.ReconnectionInterval;
                    await _reads.WaitAsync(visit.Token);
                }
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException)
            {
                _troubles.Add($"broken off: {failure.Message}");
            }
            catch (OperationCanceledException)
            {
                // It vanishes, or is over.
            }
            finally
            {
                Come(null);
            }

            await Task.Delay(retry, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task<HttpResponseMessage> Ask(string id, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server, $"/socket/sse?users[]={User}&token={_token()}"))
        {
            Version = _http.DefaultRequestVersion,
            VersionPolicy = _http.DefaultVersionPolicy,
        };
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Add("Last-Event-ID", id);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private void Come(CancellationTokenSource? visit)
    {
        lock (_numbers)
        {
            (_visit, IsIn) = (visit, false);
        }
    }

    private void Take(SseItem<string> one, string id)
    {
        lock (_numbers)
        {
            switch (one.EventType)
            {
                case "phx_reply":
                    IsIn = true;
                    _firstId ??= id;
                    _joins.Add(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
                    break;
                case "message":
                    _numbers.Add(JsonElement.Parse(one.Data).GetProperty("n").GetInt32());
                    _hears?.Invoke(_numbers[^1]);
                    _heardAt = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
                    break;
                case "gap":
                    _gaps.Add(new HeardGap(_numbers.Count, JsonElement.Parse(one.Data).GetProperty("reason").GetString()!, id));
                    break;
            }
        }
    }
}
