using System.Text.Json;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Transports;

namespace RigKafka.Tests.Delivery;

/// <summary>A client with one event stream of several topics.</summary>
internal sealed class StoryStream(string name, ResumeView view, List<string> topics) : StoryClient(name, name)
{
    private Task _opening = Task.CompletedTask;
    private SseParser _parser = new(_ => { });
    private bool _isTold;
    private string? _id;
    private bool _hasRole = true;

    public override bool IsBusy => !_opening.IsCompleted;

    public override bool IsWhole => IsThere;

    public override IEnumerable<ResumeView> Views => [view];

    protected override void Open(StoryNode node, StoryWire wire) => _opening = Begin(node, wire);

    protected override void Take(byte[] bytes) => _parser.Feed(bytes);

    protected override void Choose(Random random)
    {
        _id = Some(random, view, _id);
        if (random.Next(200) == 0)
        {
            _id = "1";
        }

        _hasRole = random.Next(20) > 0;
    }

    private async Task Begin(StoryNode node, StoryWire wire)
    {
        var since = Since.Of(_id);
        if (!await node.Membership.HasReached(since, topics))
        {
            return;
        }

        var visitor = StoryNode.Visitor(Name, _hasRole);
        var connection = node.Registry.Add(wire, SseFormat.Plain, "sse", visitor.Identity.ToHolder());
        (_parser, _isTold) = (new SseParser(Hear, Keep), false);
        var joined = node.Membership.Join(connection, visitor, topics, since);
        if (!joined.IsAllowed)
        {
            connection.Close(CloseReason.JoinDenied);
            return;
        }

        view.ComeBack(_id);
        wire.Put(SseFormat.Plain.Write(joined.Id, "phx_reply", "{}"u8));
        Connection = connection;
        connection.Start();
    }

    /// <summary>Some libraries keep an id as soon as its line is read, though the event may break off there: all before it must be there (H8).</summary>
    private void Keep(SseEvent begun)
    {
        if (begun.Name is "message" or "gap" or "phx_reply" && begun.Data is null)
        {
            Fault(ResumeFaultKind.IdSaysMore, $"{begun.Id} comes before what it is the id of, {begun.Name}");
        }
    }

    private void Hear(SseEvent heard)
    {
        switch (heard.Name)
        {
            case "phx_reply":
                view.Reply(heard.Id);
                Node!.Note(User, view);
                _isTold = true;
                break;
            case "message":
                view.Message(heard.Id!, heard.Data!);
                break;
            case "gap":
                using (var gap = JsonDocument.Parse(heard.Data!))
                {
                    view.Gap(heard.Id!, gap.RootElement.GetProperty("reason").GetString()!);
                }

                break;
            case "heartbeat" or "position" when heard.Id is not null:
                view.Passed(heard.Id);
                break;
            case "heartbeat" or "closing" or "closing connection":
                break;
            default:
                Fault(ResumeFaultKind.OfOthers, heard.ToString());
                break;
        }

        if (!_isTold)
        {
            Fault(ResumeFaultKind.OutOfOrder, $"{heard} before the reply");
        }
    }
}
