using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Balancers;

/// <summary>A client of Server-Sent Events, on the parser of the framework, that comes back whenever its stream ends: as a browser does.</summary>
internal sealed class ReturningClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly List<int> _numbers = [];
    private readonly List<string> _troubles = [];
    private readonly Task _coming;
    private volatile int _heard;

    public ReturningClient(HttpClient http, Uri server, string user)
    {
        User = user;
        var stream = new Uri(server, $"/socket/sse?users[]={user}&token={Token.Of(user)}");
        _coming = Task.Run(() => ComeAgainAndAgain(http, stream));
    }

    public string User { get; }

    /// <summary>The numbers of the messages that it has heard, in their order. To be looked at when it is over.</summary>
    public IReadOnlyList<int> Numbers => _numbers;

    /// <summary>What was no stream, no message and no orderly end. To be looked at when it is over.</summary>
    public IReadOnlyList<string> Troubles => _troubles;

    /// <summary>How many messages it has heard.</summary>
    public int Heard => _heard;

    /// <summary>How often it has been let in.</summary>
    public int Streams { get; private set; }

    /// <summary>Whether it is let in now.</summary>
    public bool IsIn { get; private set; }

    public async ValueTask DisposeAsync()
    {
        if (!_coming.IsCompleted)
        {
            await _over.CancelAsync();
            await _coming.Soon();
        }

        _over.Dispose();
    }

    private async Task ComeAgainAndAgain(HttpClient http, Uri stream)
    {
        var id = "";
        var retry = TimeSpan.FromSeconds(1);
        while (!_over.IsCancellationRequested)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, stream) { Version = http.DefaultRequestVersion, VersionPolicy = http.DefaultVersionPolicy };
                request.Headers.Add("Accept", "text/event-stream");
                request.Headers.Add("Last-Event-ID", id);
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _over.Token);
                if (!response.IsSuccessStatusCode)
                {
                    _troubles.Add($"answered {(int)response.StatusCode}");
                }

                var events = System.Net.ServerSentEvents.SseParser.Create(await response.Content.ReadAsStreamAsync(_over.Token));
                await foreach (var one in events.EnumerateAsync(_over.Token))
                {
                    Take(one);
                    // The parser knows this stream alone; where it tells nothing, what was told before holds.
                    id = events.LastEventId.Length > 0 ? events.LastEventId : id;
                    retry = events.ReconnectionInterval < TimeSpan.Zero ? retry : events.ReconnectionInterval;
                }
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException)
            {
                _troubles.Add($"broken off: {failure.Message}");
            }
            catch (OperationCanceledException)
            {
                return;
            }
            finally
            {
                IsIn = false;
            }

            await Task.Delay(retry, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Take(SseItem<string> one)
    {
        switch (one.EventType)
        {
            case "phx_reply":
                Streams++;
                IsIn = true;
                break;
            case "message":
                _numbers.Add(JsonElement.Parse(one.Data).GetProperty("n").GetInt32());
                _heard = _numbers.Count;
                break;
            case "gap":
                _troubles.Add(string.Create(CultureInfo.InvariantCulture, $"gap {one.Data} after {_numbers.Count} messages"));
                break;
        }
    }
}
