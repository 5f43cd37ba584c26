using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>What one stream, or one channel, was given each time that its client came, and from which id it went on.</summary>
internal sealed class ComingView(string name, IReadOnlyList<string> users)
{
    private readonly List<(string? Since, List<SseEvent> Events)> _comings = [];

    /// <summary>How often it was joined.</summary>
    public int Comings => _comings.Count;

    /// <summary>From where it goes on.</summary>
    public string? Id { get; private set; }

    /// <summary>It is joined anew, and goes on from its id.</summary>
    public void Begin() => _comings.Add((Id, []));

    public void Hear(SseEvent heard)
    {
        _comings[^1].Events.Add(heard);
        Id = heard.Id ?? Id;
    }

    /// <summary>Goes on from one of the ids that it was given the last time: mostly the newest.</summary>
    public void Choose(Random random)
    {
        List<string> ids = _comings.Count == 0 ? [] : [.. _comings[^1].Events.Select(heard => heard.Id).OfType<string>()];
        if (ids.Count > 0)
        {
            Id = ids[random.Next(4) == 0 ? random.Next(ids.Count) : ids.Count - 1];
        }
    }

    /// <summary>Whether it has everything up to a place.</summary>
    public bool IsAt(Position end)
    {
        if (Id is null)
        {
            return false;
        }

        var at = TestPosition.Parse(Id).Places().ToDictionary(place => place.Place, place => place.Next);
        return end.Places().All(place => place.Next <= at.GetValueOrDefault(place.Place));
    }

    public override string ToString() => $"{name} at {(Id is null ? "no place" : TestPosition.Parse(Id).Text())}";

    /// <summary>Tells the history checker all that it was given.</summary>
    public ResumeView Judge(ResumeTruth truth)
    {
        var view = new ResumeView(name, truth, users.ToHashSet());
        foreach (var (since, events) in _comings)
        {
            view.ComeBack(since);
            events.ForEach(heard => Tell(view, heard));
        }

        view.End();
        return view;
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
