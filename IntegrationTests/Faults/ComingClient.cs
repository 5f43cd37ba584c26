using System.Text.Json;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>A client of an event stream that stops anywhere, and comes back to any node with the id of an event that it was given.</summary>
internal sealed class ComingClient(string name, IReadOnlyList<string> users, Random random)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };

    private readonly List<(string? Since, List<SseEvent> Events)> _streams = [];
    private string? _id;

    /// <summary>How often it was sent away for a while.</summary>
    public int Refusals { get; private set; }

    /// <summary>How often it came.</summary>
    public int Streams => _streams.Count;

    /// <summary>Comes, reads for a moment, and goes, until it is told to stop.</summary>
    public async Task ComeAndGo(Func<Uri> anyNode, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var moment = CancellationTokenSource.CreateLinkedTokenSource(stop);
            moment.CancelAfter(random.Next(20, 1_500));
            await Read(anyNode(), _ => false, moment.Token);
            var ids = _streams.Count == 0 ? [] : _streams[^1].Events.Select(heard => heard.Id).OfType<string>().ToList();
            if (ids.Count > 0)
            {
                _id = ids[random.Next(4) == 0 ? random.Next(ids.Count) : ids.Count - 1];
            }

            await Task.Delay(random.Next(4) == 0 ? random.Next(1_000) : 0, CancellationToken.None);
        }
    }

    /// <summary>Comes once more, and stays until it has everything up to a place.</summary>
    public async Task ComeToTheEnd(Func<Uri> anyNode, Position end)
    {
        using var hang = new CancellationTokenSource(Limits.Hang);
        while (!await Read(anyNode(), IsAtEnd, hang.Token))
        {
            hang.Token.ThrowIfCancellationRequested();
        }

        bool IsAtEnd(string id)
        {
            var at = ResumePositions.Parse(id).Places().ToDictionary(place => place.Place, place => place.Next);
            return end.Places().All(place => place.Next <= at.GetValueOrDefault(place.Place));
        }
    }

    /// <summary>Tells the history checker all that it was given.</summary>
    public ResumeView Judge(ResumeTruth truth)
    {
        var view = new ResumeView(name, truth, users.ToHashSet());
        foreach (var (since, events) in _streams)
        {
            view.ComeBack(since);
            foreach (var heard in events)
            {
                Tell(view, heard);
            }
        }

        view.End();
        return view;
    }

    private async Task<bool> Read(Uri node, Func<string, bool> isEnough, CancellationToken cancellation)
    {
        var query = string.Join('&', users.Select(user => $"users[]={user}"));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node, $"/socket/sse?{query}&token={Token.Of("someone", "support")}"));
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (_id is not null)
        {
            request.Headers.Add("Last-Event-ID", _id);
        }

        var (events, isOver) = (new List<SseEvent>(), false);
        try
        {
            using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                return false;
            }

            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            var parser = new SseParser(heard =>
            {
                events.Add(heard);
                isOver |= heard.Id is not null && isEnough(heard.Id);
            });
            var buffer = new byte[4096];
            while (!isOver && await stream.ReadAsync(buffer.AsMemory(0, random.Next(1, buffer.Length)), cancellation) is var read and > 0)
            {
                parser.Feed(buffer.AsSpan(0, read));
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            // It goes, or its node did.
        }

        if (events.Exists(heard => heard.Name == "phx_reply"))
        {
            _streams.Add((_id, events));
            _id = events.LastOrDefault(heard => heard.Id is not null)?.Id ?? _id;
        }
        else if (events.Count > 0)
        {
            Refusals++;
        }

        return isOver;
    }

    private static void Tell(ResumeView view, SseEvent heard)
    {
        switch (heard)
        {
            case { Name: "phx_reply" }:
                view.Reply(heard.Id);
                break;
            case { Name: "message" }:
                view.Message(heard.Id!, heard.Data!);
                break;
            case { Name: "gap" }:
                using (var gap = JsonDocument.Parse(heard.Data!))
                {
                    view.Gap(heard.Id!, gap.RootElement.GetProperty("reason").GetString()!);
                }

                break;
            case { Id: not null }:
                view.Passed(heard.Id);
                break;
        }
    }
}
