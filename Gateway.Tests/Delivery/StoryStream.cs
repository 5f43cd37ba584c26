using System.Text.Json;
using RigKafka.Delivery;
using RigKafka.Transports;

namespace RigKafka.Tests.Delivery;

/// <summary>A client with one event stream of several topics.</summary>
internal sealed class StoryStream(string name, ResumeView view, List<string> topics) : StoryClient(name)
{
    private Task _opening = Task.CompletedTask;
    private SseParser _parser = new(_ => { });
    private bool _isTold;
    private string? _id;

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
    }

    private async Task Begin(StoryNode node, StoryWire wire)
    {
        var since = Since.Of(_id);
        if (!await node.Membership.HasReached(since, topics))
        {
            return;
        }

        var connection = node.Registry.Add(wire, SseFormat.Plain, "sse");
        (_parser, _isTold) = (new SseParser(Hear), false);
        view.ComeBack(_id);
        var joined = node.Membership.Join(connection, StoryNode.Visitor, topics, since);
        wire.Put(SseFormat.Plain.Write(joined.Id, "phx_reply", "{}"u8));
        Connection = connection;
        connection.Start();
    }

    private void Hear(SseEvent heard)
    {
        switch (heard.Name)
        {
            case "phx_reply":
                view.Reply(heard.Id);
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
